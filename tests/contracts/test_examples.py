"""The examples run, and are short."""

import io
import itertools
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from heartseg.stream import SimulatedHeart

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def heart(tmp_path_factory):
    """Eight seconds of a heart at 72 beats a minute."""
    path = tmp_path_factory.mktemp("examples") / "heart.wav"
    blocks = itertools.islice(SimulatedHeart(seed=2).blocks(), 80)
    soundfile.write(path, np.concatenate(list(blocks)), 44_100, "FLOAT")
    return path


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs an example as a program. Returns the lines that it prints."""

    def run(name, *args):
        monkeypatch.setattr(sys, "argv", [name, *map(str, args)])
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capsys.readouterr().out.splitlines()

    return run


def test_each_is_short_and_tested():
    tests = Path(__file__).read_text()
    for path in EXAMPLES.glob("*.py"):
        assert len(path.read_text().splitlines()) < 40 and f'"{path.name}"' in tests


def test_listen_to_a_file(run, heart):
    *sounds, end = run("listen_to_file.py", heart)
    assert len(sounds) >= 12 and sounds[0].startswith("S") and "ended, 8.0 s captured, 0.00 s dropped" in end


def test_a_sink(run, heart, tmp_path):
    run("own_sink.py", heart, tmp_path / "rate.csv")
    header, *rows = (tmp_path / "rate.csv").read_text().splitlines()
    assert header == "onset_s,bpm" and len(rows) >= 6 and 68 <= float(rows[-1].split(",")[1]) <= 76


def test_a_source(run, heart, monkeypatch):
    raw = io.BytesIO(soundfile.read(heart, dtype="float32")[0].astype("<f4").tobytes() + b"\0")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw))
    lines = run("own_source.py")
    assert sum("S1 lub" in line for line in lines) >= 6


def test_a_network(run, heart):
    lines = run("own_network.py", heart)
    assert sum("S1 lub  1" in line for line in lines) >= 6 and sum("S2 dub" in line for line in lines) >= 6


def test_latency(run, heart):
    (line,) = run("measure_latency.py", heart, 250)
    median, high = (float(n) for n in re.search(r"median (\d+), 95 % (\d+)", line).groups())
    assert 0 < median <= high <= 260
