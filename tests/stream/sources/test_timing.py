"""What is made of the time stamps and flags of captured blocks."""

import numpy as np
import pytest

from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.sources.resample import Converter, held_back
from heartseg.stream.sources.timing import Continuity, Stamped, Timeline

RATE, BLOCK = 48_000, 480


def lost(late, flags=()):
    """Seconds said to be lost before each block, from the lateness of each block's stamp in s."""
    continuity, found = Continuity(RATE), []
    for n, seconds in enumerate(late):
        block = Stamped(100 + n * BLOCK / RATE + seconds, n in flags, np.full((BLOCK, 1), n, np.float32))
        found += continuity.push(block)
    found += continuity.flush()
    assert [part.samples[0, 0] for part in found] == list(range(len(late)))
    return {n: round(part.lost, 4) for n, part in enumerate(found) if part.lost}


def test_stamps_that_tremble_or_drift_lose_nothing():
    rng = np.random.default_rng(0)
    assert lost(rng.uniform(0, 0.14, 2_000)) == {}
    assert lost(np.linspace(0, 0.12, 60_000)) == {}  # 200 ppm for ten minutes
    assert lost(np.linspace(0, -0.12, 60_000)) == {}


def test_a_stall_that_is_caught_up_loses_nothing():
    late = np.zeros(1_000)
    late[500:700] = np.linspace(2.0, 0.01, 200)
    assert lost(late) == {}


@pytest.mark.parametrize("seconds", [0.2, 2.0, 3_600.0])
@pytest.mark.parametrize("flags", [(), (500,)])
def test_a_loss_has_its_true_length(seconds, flags):
    late = np.zeros(1_000)
    late[500:] = seconds
    late[500:505] += 0.03  # the first ones after it come late
    assert lost(late, flags) == {500: pytest.approx(seconds, abs=1e-3)}
    assert lost(late[:510], flags) == {500: pytest.approx(seconds, abs=1e-3)}  # the device goes right after


def test_a_flag_without_time_lost_is_a_block_at_least():
    late = np.zeros(1_000)
    assert lost(late, [500]) == {500: BLOCK / RATE}
    late[500:] = 0.08  # too little to believe without the flag
    assert lost(late) == {} and lost(late, [500]) == {500: 0.08}
    assert lost(np.zeros(100), [0]) == {}  # nothing was heard before it


@pytest.mark.parametrize("rate", [4_000, 16_000, 44_100, 48_000])
def test_the_conversion_holds_back_what_it_says(rate):
    block, most, given = rate // 100, 0, 0
    converter = Converter(rate)
    for n in range(1, 300):
        given += len(converter.push(np.zeros(block, np.float32)))
        most = max(most, -(-n * block * STREAM_RATE // rate) - given)
    assert most <= held_back(rate, block) < STREAM_RATE // 3
    assert given + len(converter.flush()) == round(299 * block * STREAM_RATE / rate)


def test_the_timeline_knows_when_a_sample_was_heard():
    timeline = Timeline()
    assert timeline.when(0) is None
    timeline.note(0, 10.0)
    timeline.note(STREAM_RATE, 15.0)  # four seconds lost, say
    assert timeline.when(STREAM_RATE // 2) == 10.5
    assert timeline.when(STREAM_RATE) == 15.0 and timeline.when(2 * STREAM_RATE) == 16.0
