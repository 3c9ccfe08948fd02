"""From rings to one stream: unchanged, mixed or converted, with gaps of their true length, and every frame counted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.sources.intake import Intake, Missing, in_stream
from heartseg.stream.sources.resample import Converter
from heartseg.stream.sources.ring import RingBuffer


def drained(intake, limit=1 << 30):
    """All parts there are by now."""
    parts = []
    while (part := intake.read(limit)) is not None:
        parts.append(part)
    return parts


def lengths(parts):
    """Samples in a row, and gaps."""
    found = []
    for part in parts:
        if isinstance(part, Missing):
            found.append((part.length, part.reason))
        elif found and isinstance(found[-1], int):
            found[-1] += len(part)
        else:
            found.append(len(part))
    return found


def noise(length, channels=1, seed=0):
    return np.random.default_rng(seed).standard_normal((length, channels)).astype(np.float32)


def deliver(ring, frames, began, flags=()):
    """Blocks of 10 ms, stamped by a clock that does not tremble; the time after them."""
    size = ring.rate // 100
    for n in range(0, len(frames), size):
        ring.write(frames[n : n + size], began + n / ring.rate, n // size in flags)
    return began + len(frames) / ring.rate


@settings(deadline=None)
@given(st.lists(st.integers(0, 300), max_size=20), st.integers(1, 500))
def test_a_plain_ring_passes_unchanged(sizes, limit):
    intake, ring, x = Intake(), RingBuffer(), noise(sum(sizes))[:, 0]
    intake.add(ring)
    start = 0
    for size in sizes:
        ring.write(x[start : start + size])
        start += size
    intake.close()
    parts = drained(intake, limit)
    assert intake.finished and all(0 < len(part) <= limit for part in parts)
    np.testing.assert_array_equal(np.concatenate([x[:0], *parts]), x)


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 2), (48_000, 1), (48_000, 2), (16_000, 3), (8_000, 1)])
def test_channels_are_mixed_and_rates_converted_as_in_one_piece(rate, channels):
    intake, ring, x = Intake(), RingBuffer(rate, channels), noise(3 * rate, channels)
    intake.add(ring)
    deliver(ring, x, 100.0)
    intake.close()
    converter = Converter(rate)
    mono = x[:, 0] if channels == 1 else x.mean(axis=1, dtype=np.float64).astype(np.float32)
    expected = np.concatenate([converter.push(mono), converter.flush()])
    np.testing.assert_array_equal(np.concatenate(drained(intake)), expected)
    assert intake.finished and intake.captured == intake.taken == 3 * STREAM_RATE


def test_a_device_that_comes_back_with_another_rate_goes_on_in_one_stream():
    intake, first, second = Intake(), RingBuffer(48_000, 2), RingBuffer(16_000, 1)
    intake.add(first)
    end = deliver(first, noise(48_000, 2), 100.0)
    drained(intake)
    assert intake.captured == STREAM_RATE
    first.close()
    intake.add(second)
    assert lengths(drained(intake))
    deliver(second, noise(16_000, 1), end + 2.5)
    assert intake.captured == 2 * STREAM_RATE  # the gap is not found yet
    parts = drained(intake)
    assert intake.captured == 4.5 * STREAM_RATE
    intake.close()
    parts += drained(intake)
    gap, samples = lengths(parts)
    assert gap == (pytest.approx(2.5 * STREAM_RATE, abs=1), "device lost") and samples == STREAM_RATE
    assert intake.finished and intake.captured == intake.taken == 2 * STREAM_RATE + gap[0]
    assert intake.timeline.when(STREAM_RATE // 2) == pytest.approx(100.5, abs=0.01)
    assert intake.timeline.when(4 * STREAM_RATE) == pytest.approx(104.0, abs=0.01)


def test_a_device_that_brings_nothing_is_part_of_the_gap():
    intake, rings = Intake(), [RingBuffer() for _ in range(3)]
    intake.add(rings[0])
    end = deliver(rings[0], noise(STREAM_RATE), 100.0)
    rings[0].close()
    intake.add(rings[1])
    rings[1].close()
    intake.add(rings[2])
    deliver(rings[2], noise(STREAM_RATE), end + 3.0)
    intake.close()
    assert lengths(drained(intake)) == [STREAM_RATE, (3 * STREAM_RATE, "device lost"), STREAM_RATE]
    assert intake.finished


def test_a_device_that_is_still_lost_at_the_end_leaves_a_gap_to_the_end():
    intake, ring = Intake(), RingBuffer()
    intake.add(ring)
    end = deliver(ring, noise(STREAM_RATE), 100.0)
    intake.close(lost_until=end + 4.0)
    assert lengths(drained(intake)) == [STREAM_RATE, (4 * STREAM_RATE, "device lost")]
    assert intake.finished and intake.captured == intake.taken == 5 * STREAM_RATE


def test_a_device_that_never_came_leaves_nothing():
    intake = Intake()
    intake.close(lost_until=100.0)
    assert drained(intake) == [] and intake.finished and intake.captured == 0


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_what_the_ring_dropped_is_no_loss_of_the_device(rate):
    """A gap of the exact length, at once; the time stamps after it are no reason for another."""
    intake, ring = Intake(), RingBuffer(rate, 1, seconds=1)
    intake.add(ring)
    end = deliver(ring, noise(3 * rate), 100.0)
    parts = drained(intake)
    deliver(ring, noise(rate // 2), end)
    parts += drained(intake)
    intake.close()
    parts += drained(intake)
    assert lengths(parts) == [STREAM_RATE, (2 * STREAM_RATE, "overflow"), STREAM_RATE // 2]
    assert intake.captured == intake.taken


def test_lost_frames_at_the_very_end_are_counted():
    intake, ring = Intake(), RingBuffer(48_000, 1, seconds=1)
    intake.add(ring)
    deliver(ring, noise(48_000 + 480), 100.0)
    intake.close()
    assert lengths(drained(intake)) == [STREAM_RATE, (441, "overflow")] and intake.finished


def test_an_overflow_of_the_device_is_a_gap_by_the_time_stamps():
    intake, ring = Intake(), RingBuffer(48_000, 1)
    intake.add(ring)
    end = deliver(ring, noise(48_000), 100.0)
    deliver(ring, noise(48_000), end + 0.5, flags=[0])
    intake.close()
    first, gap, second = lengths(drained(intake))
    assert gap == (pytest.approx(STREAM_RATE / 2, abs=1), "overflow") and first == second == STREAM_RATE
    assert intake.captured == intake.taken


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([44_100, 48_000, 16_000, 11_025]),
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from([0.0, 0.3, 2.0]), st.booleans(), st.booleans()), max_size=8),
)
def test_every_frame_is_counted_whatever_happens(rate, spans):
    """Losses of the device, drops of the ring, reopenings: what was captured comes out or is missing, to the sample."""
    intake, time, ring = Intake(), 100.0, RingBuffer(rate, 1, seconds=0.2)
    intake.add(ring)
    for n, (blocks, lost, read, reopen) in enumerate(spans):
        time = deliver(ring, noise(blocks * (rate // 100), seed=n), time + lost, flags=[0] if lost else [])
        if read:
            drained(intake)
        if reopen:
            ring.close()
            ring = RingBuffer(rate, 1, seconds=0.2)
            intake.add(ring)
        assert intake.captured >= intake.taken
    intake.close()
    drained(intake)
    assert intake.finished and intake.captured == intake.taken


@settings(deadline=None)
@given(st.integers(0, 10**7), st.sampled_from([1_000, 8_000, 11_025, 44_100, 48_000, 96_000, 192_000]))
def test_frames_become_the_nearest_number_of_samples(frames, rate):
    assert abs(in_stream(frames, rate) - frames * STREAM_RATE / rate) <= 0.5


@pytest.mark.parametrize(
    "rate", [1_000, 8_000, 11_025, 16_000, 22_050, 32_000, 37_123, 44_100, 48_000, 96_000, 192_000]
)
def test_the_conversion_rounds_as_we_count(rate):
    rng = np.random.default_rng(rate)
    for _ in range(10):
        converter, frames, samples = Converter(rate), 0, 0
        for length in rng.integers(0, rate // 20, rng.integers(0, 30)):
            samples += len(converter.push(np.zeros(length, np.float32)))
            frames += int(length)
        assert samples + len(converter.flush()) == in_stream(frames, rate)
