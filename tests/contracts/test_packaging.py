"""What is shipped: everything that runs needs, and nothing else. Built by setuptools alone, without the network."""

import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    path.parent.relative_to(ROOT).as_posix()
    for top in ("stream", "offline", "models")
    for path in (ROOT / top).rglob("*.py")
}
DATA = ("stream/py.typed", "offline/py.typed", "models/py.typed", "offline/figures/web/*", "models/*.onnx",
        "models/*.json", "models/*.md")  # fmt: skip


def build(kind, source, out):
    """A distribution by the build backend that pyproject.toml names, in a process of its own."""
    out.mkdir()
    code = f"import sys, setuptools.build_meta as backend; backend.build_{kind}({str(out)!r})"
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=source, check=True, capture_output=True, timeout=120
    )
    (made,) = out.iterdir()
    return made


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A copy of the project as git has it: building leaves files behind."""
    pytest.importorskip("setuptools", "77", reason="the extra 'test' brings setuptools")
    folder = tmp_path_factory.mktemp("packaging") / "source"
    names = ("build", "*.egg-info", ".*", "__pycache__", "dist", "runs")
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*names))
    return folder


@pytest.fixture(scope="module")
def sdist(source):
    return build("sdist", source, source.parent / "sdist")


@pytest.fixture(scope="module")
def wheel(source):
    return build("wheel", source, source.parent / "wheel")


def contents(wheel):
    with zipfile.ZipFile(wheel) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def test_the_wheel_holds_what_is_needed_and_nothing_else(wheel):
    held = contents(wheel)
    wanted = {f for folder in PACKAGES for f in (ROOT / folder).glob("*.py")}
    for pattern in DATA:
        found = set(ROOT.glob(pattern))
        assert found, pattern
        wanted |= found
    code = {name: content for name, content in held.items() if ".dist-info/" not in name}
    root = {f"heartseg/{f.name}": f.read_bytes() for f in (ROOT / "package").iterdir() if f.is_file()}
    assert code == root | {f"heartseg/{f.relative_to(ROOT).as_posix()}": f.read_bytes() for f in wanted}
    about = {name.split(".dist-info/")[1] for name in held if ".dist-info/" in name}
    assert about == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "top_level.txt", "licenses/LICENSE"}


def test_every_package_is_named():
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    named = [name.removeprefix("heartseg.").replace(".", "/") for name in setuptools["packages"]]
    assert len(PACKAGES) > 10 and sorted(name for name in named if name != "heartseg") == sorted(PACKAGES)


def test_the_wheel_is_small_and_needs_no_compiler(wheel):
    assert wheel.name.endswith("-py3-none-any.whl") and wheel.stat().st_size < 3_000_000
    assert max(map(len, contents(wheel).values())) < 2_000_000


def test_the_source_distribution_gives_the_same_wheel(sdist, wheel):
    with tarfile.open(sdist) as opened:
        names = opened.getnames()
        opened.extractall(sdist.parent / "unpacked", filter="data")
    assert sdist.stat().st_size < 3_000_000
    tops = {name.split("/")[1] for name in names if "/" in name}
    assert tops == {"LICENSE", "PKG-INFO", "README.md", "MANIFEST.in", "pyproject.toml", "setup.cfg",
                    "heartseg.egg-info", "package", "stream", "offline", "models"}  # fmt: skip
    (unpacked,) = (sdist.parent / "unpacked").iterdir()
    again = build("wheel", unpacked, sdist.parent.parent / "again")
    assert contents(again) == contents(wheel)


def test_the_wheel_runs_from_a_folder_of_its_own(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import heartseg.stream, heartseg.models, heartseg.offline.figures.html as page\n"
        "from heartseg.stream.cli import main\n"
        f"assert all({str(tmp_path)!r} in str(m.__file__) for m in (heartseg.stream, heartseg.models, page))\n"
        "heartseg.models.load(); sys.exit(main(['--explain-latency']))"
    )
    result = subprocess.run([sys.executable, "-S", "-c", NO_SITE + code], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0 and "decoder" in result.stdout, result.stderr


NO_SITE = f"import sys; sys.path += {[p for p in sys.path if 'packages' in p]!r}\n"
"""The packages that are installed, but for what editable installs hook in."""
