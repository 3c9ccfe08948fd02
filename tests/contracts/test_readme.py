"""What the code blocks of the README and of all other pages show works as it is shown."""

import itertools
import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pages import NAMES, PAGES, ROOT, blocks, commands, outputs

from heartseg import Segmentation
from heartseg.cli import main as heartseg
from heartseg.offline.cli import main as offline
from heartseg.stream import Gap, Marker, Onset, Recording, SimulatedHeart, Sound
from heartseg.stream.cli import main as live
from heartseg.stream.commandline.settings import KEYS, read_settings

RUN = {"heartseg": heartseg, "heartseg-live": live, "heartseg-offline": offline}
QUICK = ("segment", "plot", "report", "score", "data", "plan", "status", "verify", "merge")
"""Commands that need neither a network nor hours."""

NEEDY = {"--play", "--loop", "--scheduler"}
"""Options that need an output device, somebody who ends the run, or a cluster."""

FEWEST_RUN = {"README.md": 5, "files.md": 3, "archives.md": 7, "microphone.md": 1, "errors.md": 2}

PYTHON = {page: len(found) for page in PAGES if (found := blocks(page, "python"))}


@pytest.mark.slow
@pytest.mark.parametrize("page", PYTHON, ids=lambda page: page.name)
def test_the_python_examples(page, tmp_path, monkeypatch, capsys, request):
    for library in ("pandas", "matplotlib", "librosa"):
        pytest.importorskip(library, reason=f"the extra 'test' brings {library}")
    x = np.concatenate(list(itertools.islice(SimulatedHeart().blocks(), 50)))
    soundfile.write(tmp_path / "heart.wav", x, 44_100, "FLOAT")
    monkeypatch.chdir(tmp_path)
    if "$HEARTSEG_DATA" in "".join(blocks(page, "python")):
        monkeypatch.setenv("HEARTSEG_DATA", str(request.getfixturevalue("data")))
    names = {}
    for example in blocks(page, "python"):
        exec(compile(example, page.name, "exec"), names)
    out = capsys.readouterr().out
    printed = len(re.findall(r"^(?:Sound\(|S[12] )", out, re.M))
    if page.name == "article.md":
        assert f"# {out}" in page.read_text() and (tmp_path / "article.png").stat().st_size > 10_000
    if page.name in ("README.md", "python.md"):
        assert isinstance(names["found"], Segmentation) and printed >= 8
    if page.name == "python.md":
        assert len([event for event in names["events"] if isinstance(event, Sound)]) >= 8 and printed >= 16


def test_there_are_python_examples():
    fewest = {"README.md": 1, "docs/python.md": 3, "docs/article.md": 2}
    assert {name: PYTHON[ROOT / name] for name in fewest} == fewest


@pytest.fixture
def folder(data, tmp_path, monkeypatch):
    """The current folder: what the pages name is there, made of a recording of a child."""
    audio = min((data / "circor/dev").glob("*.flac"))
    x, rate = soundfile.read(audio, frames=24_000, dtype="float32")
    for place in ("heart.wav", "recordings/a.wav", "archive/ward/b_MV.wav", "circor/dev/c.wav", "data/circor/d.wav"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / place, x, rate)
        shutil.copy(audio.with_suffix(".tsv"), (tmp_path / place).with_suffix(".tsv"))
    np.repeat(x, 2).tofile(tmp_path / "board.raw")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def runnable(words, folder):
    """Whether a command can run here: quickly, without a device and a network, and on files that are there."""
    if NEEDY & set(words) or any("://" in word for word in words):
        return False
    if words[0] == "heartseg-live" or words[:2] == ["heartseg", "live"]:
        replayed = words[words.index("--replay") + 1] if "--replay" in words else "-"
        return (folder / replayed).is_file()
    inputs = [os.path.expandvars(w) for w in itertools.takewhile(lambda w: not w.startswith("-"), words[2:])]
    return words[1] in QUICK and all((folder / name).exists() or any(folder.glob(name)) for name in inputs)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_commands_run(page, folder, capsys):
    ran = 0
    for line, words in commands(page):
        if not runnable(words, folder):
            continue
        program, *args = map(os.path.expandvars, words)
        args += ["--speed", "max"] * ("--replay" in args and "--speed" not in args)
        assert RUN[program](args) == 0, f"{line}: {capsys.readouterr().err}"
        for option in {"-o", "--out", "--jsonl", "--plots"} & set(args):
            written = Path(args[args.index(option) + 1])
            assert written.is_file() or any(written.iterdir()), line
        ran += 1
    assert ran >= FEWEST_RUN.get(page.name, 0)


def test_the_tutorial_shows_what_is_printed(data, monkeypatch, capsys):
    monkeypatch.setenv("HEARTSEG_DATA", str(data))
    shown = [(line, text) for line, text in outputs(ROOT / "docs/article.md") if "heartseg-offline data " in line]
    assert len(shown) == 1
    for line, text in shown:
        assert offline(os.path.expandvars(line).split()[1:]) == 0
        assert capsys.readouterr().out == text


def test_the_json_lines_shown_are_those_written():
    (block,) = [b for b in blocks(ROOT / "README.md", "") if b.startswith('{"type"')]
    shown = {line["type"]: line for line in map(json.loads, block.replace("{…}", "{}").splitlines())}
    events = [Sound("S1", 0, 1, 0.5, 1), Onset("S1", 0, 0.5, 1), Gap(0, 1, ""), Marker(0), Recording("", 0, 1, False)]
    for event in events:
        assert list(shown[event.as_dict()["type"]]) == list(event.as_dict())
    assert shown.keys() - {event.as_dict()["type"] for event in events} == {"session", "end"}


def test_the_settings_shown_are_settings(tmp_path, monkeypatch):
    (block,) = blocks(ROOT / "docs/install.md", "toml")
    (tmp_path / "config.toml").write_text(block)
    monkeypatch.setenv("HEARTSEG_CONFIG", str(tmp_path / "config.toml"))
    assert set(read_settings()) == set(KEYS)
