"""The threaded engine: what goes in is accounted for, whatever happens."""

import itertools
import threading
import time

import numpy as np
import pytest
from waiting import until

from heartseg.stream.engine import Engine
from heartseg.stream.events import Gap, Marker, Onset, Sound
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.segmenter.segmenter import Segmenter
from heartseg.stream.sinks.base import Accounts, OutputClosed, Sink, SinkError
from heartseg.stream.sources.intake import Intake
from heartseg.stream.sources.replay import Replay
from heartseg.stream.sources.ring import RingBuffer
from heartseg.stream.sources.simulated import SimulatedHeart


class Notes(Sink):
    """A sink that remembers."""

    def __init__(self):
        self.events, self.samples, self.missing, self.accounts = [], [], 0, None

    def on_samples(self, block):
        self.samples.append(block)

    def on_missing(self, length):
        self.missing += length

    def on_event(self, event):
        self.events.append(event)

    def close(self, accounts):
        assert self.accounts is None
        self.accounts = accounts


def heart_blocks(seconds, seed=1):
    return list(itertools.islice(SimulatedHeart(seed=seed).blocks(), seconds * 10))


def run(source, network, *sinks, seconds=30):
    engine = Engine(Segmenter(network, rate=STREAM_RATE), source, sinks)
    engine.start()
    assert engine.wait(seconds)
    return engine


def directly(blocks, network):
    segmenter = Segmenter(network, rate=STREAM_RATE)
    return [e for b in blocks for e in segmenter.push(b)] + segmenter.flush()


@pytest.mark.parametrize("speed", [None, 8.0])
def test_threads_change_nothing(network, speed):
    blocks, notes = heart_blocks(12), Notes()
    engine = run(Replay(blocks, speed), network, notes)
    assert notes.events == directly(blocks, network)
    np.testing.assert_array_equal(np.concatenate(notes.samples), np.concatenate(blocks))
    assert engine.failure is None
    assert not notes.accounts.uncounted and notes.accounts.captured == notes.accounts.processed == 12 * STREAM_RATE


def test_a_replay_longer_than_the_ring_waits_for_room(network):
    notes = Notes()
    run(Replay([np.zeros(25 * STREAM_RATE, np.float32)], None), network, notes)
    assert notes.accounts.processed == 25 * STREAM_RATE and notes.accounts.dropped == 0


class Hasty:
    """A capture device: it does not wait for room."""

    failure, state = None, "listening"

    def __init__(self, blocks):
        self._blocks = blocks

    def start(self, intake):
        ring = RingBuffer()
        intake.add(ring)

        def write():
            for block in self._blocks:
                ring.write(block)
            intake.close()

        self._thread = threading.Thread(target=write)
        self._thread.start()

    def stop(self):
        self._thread.join()


def test_an_overflow_is_a_gap_of_its_true_length(network):
    blocks, notes = heart_blocks(40), Notes()
    engine = run(Hasty(blocks), network, notes)
    accounts = notes.accounts
    assert engine.failure is None and not accounts.uncounted
    assert accounts.captured == 40 * STREAM_RATE and accounts.dropped > 0
    gaps = [e for e in notes.events if isinstance(e, Gap)]
    assert sum(g.end - g.start for g in gaps) == accounts.dropped == notes.missing
    assert {g.reason for g in gaps} == {"overflow"}
    for sound in (e for e in notes.events if isinstance(e, Sound)):
        assert not any(sound.onset < g.end and g.start < sound.offset for g in gaps)


@pytest.mark.slow
def test_stopping_flushes_the_tail(network):
    notes = Notes()
    engine = Engine(Segmenter(network, rate=STREAM_RATE), Replay(SimulatedHeart().blocks(), 1.0), [notes])
    engine.start()
    until(lambda: sum(map(len, notes.samples)) > 2 * STREAM_RATE)
    engine.ask_to_stop()
    assert engine.wait(10)
    assert engine.failure is None and not notes.accounts.uncounted
    heard = np.concatenate(notes.samples)
    assert notes.accounts.processed == len(heard) > STREAM_RATE
    assert notes.events == directly([heard], network)


def test_marks_come_in_order_and_disturb_nothing(network):
    blocks, notes = heart_blocks(12), Notes()
    engine = Engine(Segmenter(network, rate=STREAM_RATE), Replay(blocks, 8.0), [notes])
    engine.start()
    while not engine.wait(0.1):
        engine.mark()
    marks = [e for e in notes.events if isinstance(e, Marker)]
    assert len(marks) >= 3 and [m.at for m in marks] == sorted(m.at for m in marks)
    assert all(0 <= m.at <= 12 * STREAM_RATE for m in marks)
    assert [e for e in notes.events if not isinstance(e, Marker)] == directly(blocks, network)
    heard = 0
    for event in notes.events:
        if isinstance(event, Marker):
            assert event.at > heard - STREAM_RATE // 2  # all that the worker reads at a time
        else:
            heard = event.emitted
    engine.mark()  # after the end: nothing to mark, and nothing breaks


class Broken(Segmenter):
    """Fails in the middle."""

    def push(self, block):
        if self.position > 3 * STREAM_RATE:
            raise RuntimeError("it broke")
        return super().push(block)


def test_a_failing_worker_ends_the_run_with_a_message(network):
    notes = Notes()
    engine = Engine(Broken(network, rate=STREAM_RATE), Replay(SimulatedHeart().blocks(), None), [notes])
    engine.start()
    assert engine.wait(20)
    assert "it broke" in engine.failure and "\n" not in engine.failure
    assert notes.accounts is not None


def test_a_sink_that_fails_ends_the_run_with_its_message(network):
    class Full(Notes):
        def on_event(self, event):
            raise SinkError("disk: cannot be written (no space left)")

    notes = Notes()
    engine = Engine(Segmenter(network, rate=STREAM_RATE), Replay(SimulatedHeart().blocks(), None), [Full(), notes])
    engine.start()
    assert engine.wait(20)
    assert engine.failure == "disk: cannot be written (no space left)"
    assert notes.accounts is not None


@pytest.mark.parametrize("call", ["on_samples", "on_event", "on_missing"])
def test_a_sink_that_fails_leaves_the_accounts_balanced_and_the_others_whole(network, call):
    def fails(_):
        raise SinkError("disk: cannot be written (no space left)")

    full, notes = Notes(), Notes()
    setattr(full, call, fails)
    engine = run(Hasty(heart_blocks(40)), network, full, notes)
    assert engine.failure == "disk: cannot be written (no space left)"
    assert full.accounts == notes.accounts and not notes.accounts.uncounted
    assert notes.accounts.processed == sum(map(len, notes.samples))
    segmenter = Segmenter(network, rate=STREAM_RATE)
    directly = [e for block in notes.samples for e in segmenter.push(block)]
    directly += segmenter.gap(notes.missing, "overflow") if notes.missing else []
    assert notes.events == directly + segmenter.flush()


@pytest.mark.parametrize("call", ["on_event", "close"])
def test_a_closed_output_ends_the_run_in_good_order(network, call):
    def closed(*_):
        raise OutputClosed("standard output: is closed")

    full, notes = Notes(), Notes()
    setattr(full, call, closed)
    blocks = SimulatedHeart().blocks() if call == "on_event" else heart_blocks(4)
    engine = run(Replay(blocks, None), network, full, notes)
    assert engine.failure is None and not notes.accounts.pending
    assert notes.accounts.processed == notes.accounts.captured == sum(map(len, notes.samples))


def test_a_source_that_fails_keeps_what_was_heard(network):
    def blocks():
        yield from heart_blocks(5)
        raise OSError("the disk is gone")

    notes = Notes()
    engine = run(Replay(blocks(), None), network, notes)
    assert "the disk is gone" in engine.failure
    assert notes.accounts.processed == 5 * STREAM_RATE and notes.events


def test_a_quiet_engine_is_woken_by_sound_marks_and_the_end(network):
    """The worker waits without a time limit, so whatever fails to wake it would hang here."""

    class Silent:
        failure, state = None, "listening"

        def start(self, intake):
            self.intake, self.ring = intake, RingBuffer()
            intake.add(self.ring)

        def stop(self):
            self.intake.close()

    class Told(Notes):
        def __init__(self):
            super().__init__()
            self.marked, self.heard = threading.Event(), threading.Event()

        def on_event(self, event):
            super().on_event(event)
            self.marked.set()

        def on_samples(self, block):
            self.heard.set()

    source, notes, watched = Silent(), Told(), threading.Event()
    engine = Engine(Segmenter(network, rate=STREAM_RATE), source, [notes])
    engine.watch(watched.set)
    engine.start()
    time.sleep(0.1)  # the worker is most likely asleep by now
    engine.mark()
    assert notes.marked.wait(20) and notes.events == [Marker(0)]
    time.sleep(0.1)
    source.ring.write(np.zeros(441, np.float32))
    assert notes.heard.wait(20)
    time.sleep(0.1)
    assert not engine.ended and not watched.is_set()
    engine.ask_to_stop()
    assert watched.wait(20) and engine.ended and engine.wait(20)
    assert notes.accounts == Accounts(441, 441, 0, 0) and engine.failure is None


def test_watchers_are_told_of_each_onset_after_the_sinks(network):
    notes, seen = Notes(), []
    engine = Engine(Segmenter(network, rate=STREAM_RATE), Replay(heart_blocks(6), None), [notes])
    engine.watch(lambda: seen.append((sum(isinstance(e, Onset) for e in notes.events), engine.ended)))
    engine.start()
    assert engine.wait(30)
    onsets = sum(isinstance(e, Onset) for e in notes.events)
    assert onsets > 5 and seen[-1] == (onsets, True)
    assert [n for n, _ in seen[:-1]] == sorted({n for n, _ in seen[:-1]}) and not any(ended for _, ended in seen[:-1])


def test_samples_that_an_intake_loses_are_noticed(network, monkeypatch):
    """`captured` is counted apart from what comes out."""
    real = Intake.read

    def forgetful(self, limit):
        part = real(self, limit)
        if part is not None and self.taken > STREAM_RATE:
            self.taken -= len(part)
            return part[:0]
        return part

    monkeypatch.setattr(Intake, "read", forgetful)
    engine = run(Replay(heart_blocks(3), None), network, notes := Notes())
    assert "not processed" in engine.failure and notes.accounts.pending > 0
