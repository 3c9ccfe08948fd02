"""Who may import whom: models ← stream ← offline ← package, and inside each room by its layers. Read by `ast`."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("models", "stream", "offline", "package")

LAYERS = {
    "models": ["__init__", "loader systole", "errors"],
    "stream": ["__init__", "cli", "api run", "commandline display", "engine", "sinks", "vitals",
               "segmenter sources", "events", "rates numba_cache"],
    "offline": ["__init__", "cli", "commands", "article", "training", "archive evaluation figures", "formats",
                "scoring", "datasets", "beats console segmentation"],
    "package": ["__main__", "cli", "__init__", "segmentation", "samples"],
}  # fmt: skip
"""From the top to the bottom: folders and files. One may import what stands below it; those on one line, nothing of
each other."""

OWN = {"NOTICE", "heartseg_version"}
"""Names that a package holds for its own modules."""

FORBIDDEN = ("heartseg.offline", "tensorflow", "keras", "tf2onnx", "librosa", "matplotlib", "scipy.signal")
"""What the live engine never imports: too heavy, or above it."""


def modules():
    """The path of each module, by its name: ("stream", "sources", "ring")."""
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return {path.relative_to(ROOT).with_suffix("").parts: path for path in paths}


def absolute(node, module):
    """The dotted name of the package or module that an import statement starts from."""
    if not node.level:
        return node.module
    package = ("heartseg", *(module[1:] if module[0] == "package" else module))[: -node.level]
    return ".".join((*package, *([node.module] if node.module else [])))


def imports(module, path):
    """Dotted names that a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = absolute(node, module)
            yield from (f"{start}.{name.name}" for name in node.names if name.name not in OWN)


MODULES = modules()


def target(dotted):
    """The module of this project that an imported name belongs to, None for another project's."""
    first, *parts = dotted.split(".")
    while first == "heartseg" and parts:
        for module in (tuple(parts), (*parts, "__init__"), ("package", *parts)):
            if module in MODULES:
                return module
        parts.pop()
    return None


ARROWS = {
    module: {found for name in imports(module, path) if (found := target(name)) not in (None, module)}
    for module, path in MODULES.items()
}


def layer(module):
    """Row in `LAYERS` of a module, and the entry that it belongs to: the longest that fits."""
    room, name = module[0], ".".join(module[1:])
    entries = [(entry, i) for i, row in enumerate(LAYERS[room]) for entry in row.split()]
    fitting = [(entry, i) for entry, i in entries if f"{name}.".startswith(f"{entry}.")]
    assert fitting, f"{room}/{name.replace('.', '/')}.py has no layer yet: give it one in LAYERS"
    return max(fitting, key=lambda found: len(found[0]))


def test_imports_are_found():
    assert ("stream", "engine") in ARROWS["stream", "run"]
    assert ("models", "loader") in ARROWS["models", "__init__"]
    assert ("stream", "api") in ARROWS["package", "__init__"]
    assert sum(map(len, ARROWS.values())) > 200


def test_models_know_nobody_and_the_stream_knows_models():
    allowed = {room: ROOMS[: i + 1] for i, room in enumerate(ROOMS)}
    assert [(m, t) for m, targets in ARROWS.items() for t in targets if t[0] not in allowed[m[0]]] == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_module_imports_only_what_is_below_it(room):
    wrong = []
    for module in (m for m in ARROWS if m[0] == room):
        entry, row = layer(module)
        for below in (t for t in ARROWS[module] if t[0] == room):
            other, other_row = layer(below)
            if other != entry and other_row <= row:
                wrong.append(f"{'.'.join(module)} imports {'.'.join(below)}")
    assert wrong == []


def test_no_cycle():
    remaining = {module: set(targets) for module, targets in ARROWS.items()}
    while remaining:
        targets = {target for found in remaining.values() for target in found}
        kept = {m: found & remaining.keys() for m, found in remaining.items() if found & remaining.keys()}
        kept = {m: found for m, found in kept.items() if m in targets}
        assert len(kept) < len(remaining), kept
        remaining = kept


def test_the_live_engine_imports_nothing_heavy():
    wrong = [
        f"{'.'.join(module)} imports {name}"
        for module, path in MODULES.items()
        if module[0] in ("models", "stream")
        for name in imports(module, path)
        if any(f"{name}.".startswith(f"{heavy}.") for heavy in FORBIDDEN)
    ]
    assert wrong == []


def test_the_architecture_page_shows_every_layer():
    page = (ROOT / "docs/development/architecture.md").read_text()
    (picture,) = re.findall(r"^```\n(stream .*?)^```", page, re.M | re.S)
    shown = dict(zip(("stream", "offline"), re.split(r"^offline ", picture, flags=re.M), strict=True))
    for room, text in shown.items():
        entries = {entry for row in LAYERS[room] for entry in row.split()} - {"__init__", "numba_cache"}
        assert {entry for entry in entries if "." not in entry} <= set(re.findall(r"\w+", text))
