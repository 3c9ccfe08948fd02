"""Listening from Python: events to iterate over, or to be called with."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from heartseg.stream import Listening, Replay, Segmenter, SimulatedHeart, Sound, SourceError, listen

DOCS = (Path(__file__).parents[2] / "docs/microphone.md").read_text()


@pytest.fixture
def heart(tmp_path, monkeypatch):
    """heart.wav, 6 s, in the current folder; its samples."""
    x = np.concatenate(list(itertools.islice(SimulatedHeart(seed=2).blocks(), 60)))
    monkeypatch.chdir(tmp_path)
    soundfile.write("heart.wav", x, 44_100, "FLOAT")
    return x


def directly(x):
    segmenter = Segmenter()
    return segmenter.push(x) + segmenter.flush()


def test_events_are_iterated_over(heart):
    with listen("heart.wav", speed=None) as events:
        assert list(events) == directly(heart)
        assert list(events) == []
    assert events.accounts.processed == len(heart) and not events.accounts.uncounted


def test_events_are_called_back_with(heart):
    heard = []
    with listen("heart.wav", speed=None, on_event=heard.append) as run:
        assert run.wait(60)
    assert heard == directly(heart) and run.state == "listening"


def test_leaving_the_block_stops_a_run_without_end():
    with Listening(Segmenter(), Replay(SimulatedHeart().blocks(), 1.0)) as events:
        first = next(event for event in events if isinstance(event, Sound))
    assert first.kind in ("S1", "S2") and not events.accounts.uncounted
    assert events.wait(0)


def test_what_the_callback_raises_comes_out(heart):
    def broken(event):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"), listen("heart.wav", speed=None, on_event=broken) as run:
        run.wait()


def test_a_run_that_fails_raises(heart):
    def blocks():
        yield heart
        raise OSError("the disk is gone")

    heard = []
    with (
        pytest.raises(RuntimeError, match="the disk is gone"),
        Listening(Segmenter(), Replay(blocks(), None)) as events,
    ):
        heard.extend(events)
    assert heard == directly(heart)
    with pytest.raises(SourceError, match=r"none\.wav: no such file"):
        listen("none.wav")


def test_the_example(heart, capsys):
    (example,) = re.findall(r"```python\n(.*?)```", DOCS, re.S)
    exec(compile(example, "docs/microphone.md", "exec"), {})
    *sounds, sums = capsys.readouterr().out.splitlines()
    found = directly(heart)
    expected = [e for e in found if isinstance(e, Sound)]
    assert [line.split()[0] for line in sounds] == [e.kind for e in expected]
    assert sums == f"{len(found)} listening 0"
