"""The same sound, the same events, byte for byte: every cut, every pace, every timing of the threads, every lag."""

import functools
import io
import itertools
import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from renew import FOLDER, LAGS, events_of, head, recording

from heartseg.models import load
from heartseg.stream.engine import Engine
from heartseg.stream.events import Gap, Sound
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.segmenter.segmenter import Segmenter
from heartseg.stream.sinks.base import Sink
from heartseg.stream.sources.replay import Replay
from heartseg.stream.sources.simulated import SimulatedHeart

NETWORKS = {lag.network: load(lag.network) for lag in LAGS.values()}
SHORT = recording()


@functools.cache
def long():
    """Over a minute: the short recording, and another heart."""
    return np.concatenate([SHORT, *itertools.islice(SimulatedHeart(bpm=90, seed=2).blocks(), 530)])


def sound_of(name):
    """Sound for a lag: a minute costs much with a hop of less than 50 ms."""
    return long() if LAGS[name].hop >= 5 else SHORT


RENEW = "if this is meant: python tests/golden/renew.py"


class Lines(Sink):
    """A sink that keeps the bytes of the events, and is slow at times."""

    def __init__(self, delays=(0.0,)):
        self._file, self._delays, self.accounts = io.StringIO(), itertools.cycle(delays), None

    def on_samples(self, block):
        time.sleep(next(self._delays))

    def on_missing(self, length):
        raise AssertionError("a replay loses nothing")

    def on_event(self, event):
        time.sleep(next(self._delays))
        self._file.write(json.dumps(event.as_dict()) + "\n")

    def close(self, accounts):
        self.accounts = accounts

    @property
    def text(self):
        return self._file.getvalue()


def lines_of(events):
    sink = Lines()
    for event in events:
        sink.on_event(event)
    return sink.text


def cut(x, sizes):
    """Blocks of these sizes, as far as there is sound, and one of the rest."""
    return np.split(x, np.minimum(np.cumsum(sizes), len(x)))


def segmenter_of(name):
    lag = LAGS[name]
    return Segmenter(NETWORKS[lag.network], lag, rate=STREAM_RATE)


def paused(blocks, pauses):
    for block, pause in zip(blocks, itertools.cycle(pauses), strict=False):
        time.sleep(pause)
        yield block


@functools.cache
def whole(name, is_long=False):
    """The events of a recording that comes as one block."""
    lag = LAGS[name]
    return lines_of(events_of([sound_of(name) if is_long else SHORT], NETWORKS[lag.network], lag))


SIZES = st.lists(
    st.one_of(st.integers(0, 50), st.integers(0, STREAM_RATE), st.integers(0, 60 * STREAM_RATE)), max_size=40
)
PAUSES = st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.001, 0.004]), min_size=1, max_size=20)


@pytest.mark.slow
@settings(deadline=None, max_examples=6)
@given(st.sampled_from([*LAGS]), SIZES)
def test_blocks_from_nothing_to_a_minute(name, sizes):
    lag = LAGS[name]
    assert lines_of(events_of(cut(sound_of(name), sizes), NETWORKS[lag.network], lag)) == whole(name, is_long=True)


@pytest.mark.slow
@settings(deadline=None, max_examples=15)
@given(st.sampled_from([*LAGS]), SIZES, PAUSES, PAUSES, st.sampled_from([None, 16.0, 60.0]))
def test_the_timing_of_the_threads(name, sizes, feeding, working, speed):
    sink = Lines(working)
    feeder = Replay(paused(cut(SHORT, sizes), feeding), speed)
    engine = Engine(segmenter_of(name), feeder, [sink])
    engine.start()
    assert engine.wait(60)
    assert engine.failure is None
    assert not sink.accounts.uncounted and sink.accounts.captured == len(SHORT)
    assert sink.text == whole(name)


@pytest.mark.parametrize("name", LAGS)
def test_events_are_those_of_earlier_versions(name):
    """Kinds and samples exactly; confidence as far as machines agree on the last bits of a network."""
    first, *then = map(json.loads, (FOLDER / f"{name}.jsonl").read_text().splitlines())
    assert first == head(SHORT, NETWORKS[LAGS[name].network]), f"another recording or another network; {RENEW}"
    now = [json.loads(line) for line in whole(name).splitlines()]
    assert len(now) > 20
    assert [without_confidence(line) for line in now] == [without_confidence(line) for line in then], RENEW
    for a, b in zip(now, then, strict=True):
        assert a.get("confidence") == pytest.approx(b.get("confidence"), abs=2e-3), RENEW


def without_confidence(line):
    return {key: value for key, value in line.items() if key != "confidence"}


def test_there_is_a_golden_file_for_each_lag_and_no_other():
    assert {path.stem for path in FOLDER.glob("*.jsonl")} == {*LAGS}


# ---- a year of sound


FRAMES = 1024 * 3_079_688  # a year and some minutes; the decoder's rings wrap at 1,024
YEAR = FRAMES * 441


def later(event, by):
    """An event as a later stream has it."""
    places = ("start", "end") if isinstance(event, Gap) else ("onset", "offset", "emitted", "announced")
    moved = {p: getattr(event, p) + by for p in places if getattr(event, p, None) is not None}
    return type(event)(**{**vars(event), **moved})


@pytest.mark.parametrize("name", LAGS)
def test_after_a_gap_of_a_year(name):
    segmenter, lag = segmenter_of(name), LAGS[name]
    gap = segmenter.gap(YEAR, "device lost")
    assert gap == [Gap(0, YEAR, "device lost")]
    events = segmenter.push(SHORT) + segmenter.flush()
    assert events == [later(event, YEAR) for event in events_of([SHORT], NETWORKS[lag.network], lag)]
    assert segmenter.position == YEAR + len(SHORT)


def age(segmenter):
    """Make a segmenter believe that it has listened for a year more, as all its counters and sums would say."""
    segmenter.processed += YEAR
    segmenter._decimator._inputs += YEAR
    segmenter._decimator._outputs += YEAR // 21
    segmenter._windows._frames += FRAMES
    decoder = segmenter._decoder
    decoder._confirmed_end += FRAMES
    decoder._onset += FRAMES
    viterbi = decoder._viterbi
    viterbi.frame += FRAMES
    open_segment = viterbi.committed
    viterbi.committed = open_segment._replace(start=open_segment.start + FRAMES, end=open_segment.end + FRAMES)
    begin_score, end_score, _, cumulative_emission = viterbi._trellis
    cumulative_emission -= 4.0 * FRAMES  # what log posteriors of a state that is mostly absent come to
    for scores in (end_score, begin_score):
        scores += 3.5 * FRAMES
    gate = segmenter._presence_gate
    assert gate.is_heart and not gate._withheld
    gate._frame += FRAMES
    gate._evidence_frame += FRAMES
    gate._previous = gate._previous._replace(start=gate._previous.start + FRAMES, end=gate._previous.end + FRAMES)
    gate._starts = [start + FRAMES for start in gate._starts]
    segmenter._announced = type(segmenter._announced)((later(o, YEAR) for o in segmenter._announced), maxlen=16)


@pytest.mark.slow
@pytest.mark.parametrize("name", LAGS)
def test_a_year_of_sound_without_a_gap(name):
    heart = long()[len(SHORT) :][: 35 * STREAM_RATE]
    before, after = np.split(heart, [15 * STREAM_RATE])  # more than the decoder looks back
    plain, old = segmenter_of(name), segmenter_of(name)
    assert plain.push(before) == old.push(before)
    age(old)
    expected = [later(event, YEAR) for event in plain.push(after) + plain.flush()]
    assert len([e for e in expected if isinstance(e, Sound)]) > 40
    assert old.push(after) + old.flush() == expected


def test_the_ring_after_a_year():
    replay = Replay([SHORT], None)
    engine = Engine(Segmenter(rate=STREAM_RATE), replay, [sink := Lines()])
    ring = replay._ring
    ring.written = ring.frames_read = engine._intake.taken = YEAR
    engine.start()
    assert engine.wait(60)
    assert sink.text == whole("390ms")
    assert sink.accounts.captured == YEAR + len(SHORT)
