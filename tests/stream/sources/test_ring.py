"""The ring buffer loses nothing without saying so, to the frame, and its writer allocates nothing."""

import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartseg.stream.sources.ring import RingBuffer, Signal


def ramp(first, length):
    return np.arange(first, first + length, dtype=np.float32)


@settings(deadline=None)
@given(
    st.integers(1, 50),
    st.integers(1, 5),
    st.integers(1, 3),
    st.booleans(),
    st.lists(st.one_of(st.tuples(st.just("w"), st.integers(0, 80)), st.tuples(st.just("r"), st.integers(1, 80)))),
)
def test_what_is_read_and_what_is_dropped_make_up_what_was_written(capacity, notes, channels, stamped, steps):
    ring, sent, blocks = RingBuffer(capacity, channels, 1, notes), 0, []
    for kind, n in steps:
        if kind == "w":
            frames = np.repeat(ramp(sent, n)[:, None], channels, axis=1)
            ring.write(frames, float(sent) if stamped else None, stamped and sent % 3 == 0)
            sent += n
        else:
            blocks.append(ring.read(n))
    ring.close()
    while not ring.finished:
        blocks.append(ring.read(1000))
    assert ring.write(np.ones((1, channels), np.float32)) == 0 and ring.read(1) is None
    position = 0
    for block in filter(None, blocks):
        position += block.lost
        assert block.lost or len(block.samples)
        np.testing.assert_array_equal(
            block.samples, np.repeat(ramp(position, len(block.samples))[:, None], channels, 1)
        )
        if stamped and len(block.samples):
            assert block.began == position and block.overflow == (position % 3 == 0)
        position += len(block.samples)
    assert position == sent == ring.captured == ring.written + ring.dropped


def test_an_overrun_is_told_where_it_happened():
    ring = RingBuffer(10, seconds=1)
    assert ring.write(np.ones(14, np.float32)) == 10
    assert ring.read(100).samples[:, 0].tolist() == [1.0] * 10
    ring.write(np.full(3, 2.0, np.float32))
    block = ring.read(100)
    assert block.lost == 4 and block.samples[:, 0].tolist() == [2.0] * 3
    assert ring.read(100) is None


def test_stamped_blocks_are_read_as_they_were_written():
    ring = RingBuffer(100, seconds=1)
    for n in range(5):
        ring.write(ramp(10 * n, 10), n / 10, overflow=n == 3)
    found = [ring.read(3) for _ in range(5)]
    assert [(len(b.samples), b.began, b.overflow) for b in found] == [(10, n / 10, n == 3) for n in range(5)]


def test_blocks_without_stamps_are_read_together():
    ring = RingBuffer(100, seconds=1)
    for n in range(5):
        ring.write(ramp(10 * n, 10))
    assert [len(ring.read(30).samples), len(ring.read(30).samples)] == [30, 20]


def test_without_room_for_a_note_a_block_is_dropped_and_counted():
    ring = RingBuffer(1000, seconds=1, notes=2)
    assert [ring.write(np.ones(1, np.float32), 0.0) for _ in range(100)] == [1, 1] + [0] * 98
    ring.close()
    found = [ring.read(1000) for _ in range(3)]
    assert [(b.lost, len(b.samples)) for b in found] == [(0, 1), (0, 1), (98, 0)] and ring.finished


def test_two_threads():
    ring, total = RingBuffer(4_000, seconds=1), 2_000_000
    sizes = np.random.default_rng(0).integers(1, 1500, 10_000)

    def write():
        sent = 0
        for n in sizes:
            n = min(int(n), total - sent)
            ring.write(ramp(sent, n))
            sent += n
        ring.close()

    writer = threading.Thread(target=write)
    writer.start()
    position = 0
    while not ring.finished:
        block = ring.read(777)
        if block is None:
            ring.data_ready.wait()  # without end: what fails to wake us hangs here
            continue
        position += block.lost
        if len(block.samples):
            first, last = block.samples[0, 0], block.samples[-1, 0]
            assert first == position and last == position + len(block.samples) - 1
            assert (np.diff(block.samples[:, 0]) == 1).all()
        position += len(block.samples)
    writer.join()
    assert position == total


@pytest.mark.parametrize("reading", [True, False])
def test_writing_allocates_nothing_that_stays(reading):
    """Ten minutes of callbacks: with a reader, and with none, so that all but ten seconds is dropped."""
    ring, block = RingBuffer(44_100, 2), np.ones((441, 2), np.float32)

    def write(count):
        for n in range(count):
            ring.write(block, 0.01 * n, n % 7 == 0)
            if reading:
                ring.read(1)

    write(3_000)
    tracemalloc.start()
    write(100)
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    write(60_000)
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 1_000
    assert peak - before < (10_000 if reading else 1_000)  # reading copies a block of 3,528 bytes


def test_a_signal_set_before_or_while_somebody_waits_wakes_once():
    signal = Signal()
    assert not signal.wait(0)
    for _ in range(3):
        signal.set()
    assert signal.wait() and not signal.wait(0)
    woken = []
    waiting = threading.Thread(target=lambda: woken.append(signal.wait()))
    waiting.start()
    signal.set()
    waiting.join(20)
    assert woken == [True]


def test_many_threads_may_set_a_signal():
    signal, rounds = Signal(), 2_000
    errors = []

    def set_often():
        try:
            for _ in range(rounds):
                signal.set()
        except RuntimeError as error:
            errors.append(error)

    setters = [threading.Thread(target=set_often) for _ in range(4)]
    for thread in setters:
        thread.start()
    while any(thread.is_alive() for thread in setters):
        signal.wait(0.001)
    assert not errors
