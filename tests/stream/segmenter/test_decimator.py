"""The decimator keeps to its specification, and to the last bit for every cut into blocks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartseg.stream.rates import DECIMATION, PCG_RATE, STREAM_RATE
from heartseg.stream.segmenter.decimator import GROUP_DELAY, PASS_HZ, STEPS, Decimator, coefficients

RNG = np.random.default_rng(1)
SOUND = RNG.standard_normal(60_000).astype(np.float32)


def decimate(x, cuts=()):
    d, parts = Decimator(), []
    for block in np.split(x, cuts):
        parts.append(d.push(block))
    return np.concatenate([*parts, d.flush()])


def impulse_response():
    first, second = (h.astype(np.float64) for h in coefficients())
    spread = np.zeros((len(second) - 1) * STEPS[0] + 1)
    spread[:: STEPS[0]] = second
    return np.convolve(first, spread)


def gain_db(f):
    h = impulse_response()
    response = np.exp(-2j * np.pi * np.outer(f, np.arange(len(h))) / STREAM_RATE) @ h
    return 20 * np.log10(np.abs(response) + 1e-20)


def test_pass_band_is_flat():
    assert np.abs(gain_db(np.linspace(0, PASS_HZ, 2000))).max() < 0.1


def test_aliases_are_80_db_down():
    for k in range(1, STREAM_RATE // 2 // PCG_RATE + 1):
        assert gain_db(np.linspace(PCG_RATE * k - PASS_HZ, PCG_RATE * k + PASS_HZ, 2000)).max() < -80.0


def test_a_tone_that_aliases_is_not_heard():
    t = np.arange(STREAM_RATE) / STREAM_RATE
    out = decimate(np.sin(2 * np.pi * (2 * PCG_RATE + 300) * t).astype(np.float32))
    assert np.abs(out[100:-100]).max() < 1e-4


def test_matches_the_direct_convolution():
    h = impulse_response()
    padded = np.concatenate([np.zeros(GROUP_DELAY), SOUND, np.zeros(len(h))])
    direct = np.convolve(padded, h, "valid")[::DECIMATION]
    out = decimate(SOUND)
    np.testing.assert_allclose(out, direct[: len(out)], atol=2e-6)


def test_group_delay_is_taken_out():
    x = np.zeros(20_000, np.float32)
    x[DECIMATION * 300] = 1.0
    out = decimate(x)
    assert out.argmax() == 300
    np.testing.assert_array_equal(out[250:300][::-1], out[301:351])


def test_a_sample_is_there_after_the_group_delay():
    d = Decimator()
    for heard in range(1, 3 * DECIMATION + GROUP_DELAY + 2):
        if len(d.push(SOUND[heard - 1 : heard])):
            assert (heard - GROUP_DELAY - 1) % DECIMATION == 0


@pytest.mark.parametrize("length", [0, 1, 20, 21, 22, 244, 245, 4410, 44_100])
def test_length(length):
    assert len(decimate(SOUND[:length])) == -(-length // DECIMATION)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, len(SOUND)), max_size=40))
def test_every_cut_gives_the_same_bits(cuts):
    assert decimate(SOUND, sorted(cuts)).tobytes() == WHOLE.tobytes()


@pytest.mark.parametrize("block", [1, 17, 509, 44_100])
def test_block_sizes_give_the_same_bits(block):
    x = SOUND[:30_000]
    assert decimate(x, range(block, len(x), block)).tobytes() == decimate(x).tobytes()


def test_clear_starts_over():
    d = Decimator()
    d.push(SOUND[:12_345])
    d.clear()
    assert np.concatenate([d.push(SOUND), d.flush()]).tobytes() == WHOLE.tobytes()


WHOLE = decimate(SOUND)
