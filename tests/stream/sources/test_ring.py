"""The ring buffer loses nothing without saying so, to the sample."""

import threading

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from heartseg.stream.sources.ring import Missing, RingBuffer


@settings(deadline=None)
@given(
    st.integers(1, 50),
    st.lists(st.one_of(st.tuples(st.just("w"), st.integers(0, 80)), st.tuples(st.just("r"), st.integers(1, 80)))),
)
def test_what_is_read_and_what_is_missing_make_up_what_was_written(capacity, steps):
    ring, sent, got = RingBuffer(capacity), 0, []
    for kind, n in steps:
        if kind == "w":
            ring.write(np.arange(sent, sent + n, dtype=np.float32))
            sent += n
        else:
            got.append(ring.read(n))
    ring.close()
    while not ring.finished:
        got.append(ring.read(1000))
    position = 0
    for part in got:
        if part is None:
            continue
        if isinstance(part, Missing):
            assert part.length > 0
            position += part.length
        else:
            np.testing.assert_array_equal(part, np.arange(position, position + len(part)))
            position += len(part)
    assert position == sent == ring.written + ring.dropped


def test_an_overrun_is_a_gap_where_it_happened():
    ring = RingBuffer(10)
    assert ring.write(np.ones(14, np.float32)) == 10
    assert ring.read(100).tolist() == [1.0] * 10
    ring.write(np.full(3, 2.0, np.float32))
    assert ring.read(100) == Missing(4, "overflow")
    assert ring.read(100).tolist() == [2.0] * 3
    assert ring.read(100) is None


def test_more_gaps_than_slots_are_still_counted():
    ring = RingBuffer(1000)
    for _ in range(1000):
        ring.lose(3, "overflow")
        ring.write(np.ones(1, np.float32))
    ring.close()
    missing = samples = 0
    while not ring.finished:
        part = ring.read(1000)
        if isinstance(part, Missing):
            missing += part.length
        else:
            samples += len(part)
    assert missing == ring.dropped >= 3000
    assert samples == ring.written and missing + samples == 4000


def test_two_threads():
    ring, total = RingBuffer(4_000), 2_000_000
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 1500, 10_000)

    def write():
        sent = 0
        for n in sizes:
            n = min(int(n), total - sent)
            ring.write(np.arange(sent, sent + n, dtype=np.float32))
            sent += n
        ring.close()

    writer = threading.Thread(target=write)
    writer.start()
    position = 0
    while not ring.finished:
        part = ring.read(777)
        if isinstance(part, Missing):
            position += part.length
        elif part is not None:
            assert part[0] == position and part[-1] == position + len(part) - 1
            assert (np.diff(part) == 1).all()
            position += len(part)
    writer.join()
    assert position == total
