"""The pages, and what stands in their code blocks."""

import re
import shlex
from pathlib import Path

from heartseg.cli import parser as both
from heartseg.offline.cli import parser as offline
from heartseg.stream.cli import parser as live

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "models").glob("*.md"))]
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
PARSERS = {"heartseg": both, "heartseg-live": live, "heartseg-offline": offline}


def blocks(page, language):
    """The code blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.M | re.S)


def commands(page):
    """Each command of heartseg in a console block: the line that it stands in, and its words."""
    for block in blocks(page, "console"):
        for line in re.findall(r"^\$ (.*?)(?: +#.*)?$", block.replace("\\\n", " "), re.M):
            words = shlex.split(line)
            starts = [0, *(i + 1 for i, word in enumerate(words) if word in ("|", "&&"))]
            for start, end in zip(starts, [*(i - 1 for i in starts[1:]), None], strict=True):
                part = words[start:end]
                if part[:3] == ["python", "-m", "heartseg"]:
                    part = part[2:]
                if part[0] in PARSERS:
                    yield line, part


def outputs(page):
    """Each command line of a console block with the lines that stand below it."""
    for block in blocks(page, "console"):
        yield from re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M)


_NO_PROSE = (
    r"\A---\n.*?^---$",  # front matter
    r"^ *```.*?^ *```$",
    r"<!--.*?-->",
    r"^ *(?:#|\||!\[|:::|<).*$",  # headings, tables, pictures, what mkdocstrings fills in
)


def sentences(text):
    """The sentences of a page, a help text or a message. A span of code is one word. A list may follow a colon."""
    for pattern in _NO_PROSE:
        text = re.sub(pattern, "\n", text, flags=re.M | re.S if ".*?" in pattern else re.M)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"`([^`]*)`", lambda code: "CODE_" + re.sub(r"\W+", "_", code[1]), text)
    text = re.sub(r"^ *(?:[-*]|\d+\.) ", "\n\n", text, flags=re.M)
    ends = r"(?<=[.!?])[)\"*]*\s+(?=[(\"*]*(?:[A-Z0-9]|heartseg\b))|(?<=:)\s+"
    return [
        sentence
        for paragraph in re.split(r"\n\s*\n", text)
        for sentence in re.split(ends, " ".join(paragraph.split()))
        if sentence
    ]
