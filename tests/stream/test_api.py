"""Listening from Python: events to iterate over, or to be called with."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import soundfile

from heartseg.models import ModelError, load
from heartseg.stream import (
    JsonLines,
    Lag,
    Listening,
    Recording,
    Replay,
    Segmenter,
    SimulatedHeart,
    Sink,
    SinkError,
    Sound,
    SourceError,
    Systole,
    WavRecording,
    listen,
)


@pytest.fixture
def heart(tmp_path, monkeypatch):
    """heart.wav, 6 s, in the current folder; its samples."""
    x = np.concatenate(list(itertools.islice(SimulatedHeart(seed=2).blocks(), 60)))
    monkeypatch.chdir(tmp_path)
    soundfile.write("heart.wav", x, 44_100, "FLOAT")
    return x


def directly(x, lag=None):
    segmenter = Segmenter(lag=lag, rate=44_100)
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
    with Listening(Segmenter(rate=44_100), Replay(SimulatedHeart().blocks(), 1.0)) as events:
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
        Listening(Segmenter(rate=44_100), Replay(blocks(), None)) as events,
    ):
        heard.extend(events)
    assert heard == directly(heart)
    with pytest.raises(SourceError, match=r"none\.wav: no such file"):
        listen("none.wav")


class Notes(Sink):
    """A sink that keeps all that it is given."""

    def __init__(self):
        self.samples, self.events, self.closed = [], [], 0

    def on_samples(self, block):
        self.samples.append(block.copy())

    def on_event(self, event):
        self.events.append(event)

    def close(self, accounts):
        self.closed += 1


def test_sinks_get_samples_and_events(heart):
    notes = Notes()
    with listen("heart.wav", speed=None, sinks=[notes]) as events:
        assert list(events) == notes.events == directly(heart)
    np.testing.assert_array_equal(np.concatenate(notes.samples), heart)
    assert notes.closed == 1


def test_the_order_of_sinks_does_not_matter(heart):
    files = []
    for n, order in enumerate(itertools.permutations(range(3))):
        notes = Notes()
        sinks = [notes, WavRecording(f"{n}.wav"), JsonLines(f"{n}.jsonl", {"type": "session"})]
        with listen("heart.wav", speed=None, sinks=[sinks[i] for i in order]) as run:
            run.wait()
        begun, ended = (event for event in notes.events if isinstance(event, Recording))
        assert (begun.start, begun.ended) == (0, False) and (ended.end, ended.ended) == (len(heart), True)
        events = [event for event in notes.events if not isinstance(event, Recording)]
        written = Path(f"{n}.jsonl").read_text().replace(f"{n}.wav", "kept.wav")
        files.append((soundfile.read(f"{n}.wav")[0].tobytes(), written, events))
    assert all(each == files[0] for each in files)


def test_a_sink_that_fails_ends_the_run(heart):
    class Full(Notes):
        def on_event(self, event):
            raise SinkError("mine: the disk is full")

    full, notes = Full(), Notes()
    run = listen("heart.wav", speed=None, sinks=[full, notes])
    with pytest.raises(RuntimeError, match="mine: the disk is full"):
        run.wait()
    assert notes.closed == full.closed == 1 and notes.events
    assert "mine: the disk is full" in repr(run)


def test_a_source_of_ones_own(heart):
    with listen(source=Replay([heart], None, "mine")) as events:
        assert list(events) == directly(heart)
    assert repr(events) == "<Listening to mine: ended, 6.0 s captured, 0.00 s dropped>"


def test_a_lag_in_milliseconds(heart):
    with listen("heart.wav", speed=None, lag=200) as events:
        assert list(events) == directly(heart, Lag.within(200))
    for silly in (20, 2001):
        with pytest.raises(ValueError, match=rf"lag={silly:g}: a lag is 100 to 2000 ms"):
            listen("heart.wav", lag=silly)
    for wrong, error in ((Lag(25), TypeError), ("200", TypeError), (float("nan"), ValueError)):
        with pytest.raises(error, match="lag should be a number of milliseconds"):
            listen("heart.wav", lag=wrong)


def test_a_model_by_name_or_of_ones_own(heart):
    class Mine:
        def __init__(self):
            self.network, self.windows = load(), 0
            self.card = self.network.card

        def run(self, window):
            self.windows += 1
            return self.network.run(window)

    mine = Mine()
    for model in (mine, "heartseg-5"):
        with listen("heart.wav", speed=None, model=model) as events:
            assert list(events) == directly(heart)
    assert mine.windows > 100
    with pytest.raises(ModelError, match="none"):
        listen("heart.wav", model="none")


def test_arguments_that_do_not_go_together():
    for wrong in ({"device": 0}, {"wait": True}, {"source": Replay([])}, {"speed": 0}):
        with pytest.raises(ValueError):
            listen("heart.wav", **wrong)
    with pytest.raises(ValueError):
        listen(source=Replay([]), device=0)
    with pytest.raises(TypeError, match=r"heartseg\.segment\(x, rate=\.\.\.\) takes an array"):
        listen(np.zeros(9))


def test_a_channel(heart):
    soundfile.write("both.wav", np.stack([0 * heart, heart], axis=1), 44_100, "FLOAT")
    with listen("both.wav", channel=2, speed=None) as events:
        assert list(events) == directly(heart)
    with pytest.raises(SourceError, match="no channel 3; it has 2"):
        listen("both.wav", channel=3)
    with pytest.raises(ValueError, match="channel does not go with a source"):
        listen(source=Replay([]), channel=1)


def test_answers_about_systole_come_where_they_are_wanted(tmp_path):
    x = np.concatenate(list(itertools.islice(SimulatedHeart(bpm=100, seed=2).blocks(), 100)))
    soundfile.write(tmp_path / "heart.wav", x, 44_100, "FLOAT")
    with listen(tmp_path / "heart.wav", speed=None, systole=True) as run:
        events = list(run)
    answers = [event for event in events if isinstance(event, Systole)]
    assert answers and [event for event in events if not isinstance(event, Systole)] == directly(x)
