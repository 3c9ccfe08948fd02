"""The high pass before the network keeps infrasound out, and to the last bit for every cut into blocks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import butter, sosfilt

from heartseg.stream.rates import PCG_RATE
from heartseg.stream.segmenter.highpass import CUTOFF_HZ, HighPass

PCG = np.random.default_rng(1).standard_normal(6000).astype(np.float32)


def test_is_the_butterworth_filter_of_scipy():
    direct = sosfilt(butter(2, CUTOFF_HZ, "highpass", fs=PCG_RATE, output="sos"), PCG.astype(np.float64))
    np.testing.assert_allclose(HighPass().push(PCG), direct, atol=1e-6)


@given(st.lists(st.integers(0, len(PCG)), max_size=8).map(sorted))
def test_every_cut_gives_the_same_bits(cuts):
    high_pass = HighPass()
    parts = [high_pass.push(block) for block in np.split(PCG, cuts)]
    np.testing.assert_array_equal(np.concatenate(parts), HighPass().push(PCG))


def test_infrasound_goes_and_a_heart_sound_stays():
    t = np.arange(4 * PCG_RATE) / PCG_RATE
    for hz, low, high in ((5, 0, 0.07), (10, 0, 0.25), (30, 0.9, 1), (60, 0.99, 1), (400, 0.999, 1.001)):
        out = HighPass().push(np.sin(2 * np.pi * hz * t).astype(np.float32))
        assert low <= np.abs(out[2 * PCG_RATE :]).max() <= high


def test_starts_over():
    high_pass = HighPass()
    high_pass.push(PCG)
    high_pass.clear()
    np.testing.assert_array_equal(high_pass.push(PCG), HighPass().push(PCG))
