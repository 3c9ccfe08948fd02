"""What training adds to its windows: noise, infrasound, and the devices that it simulates."""

import numpy as np
import pytest

from heartseg.offline.training import stethoscope
from heartseg.offline.training.augment import coloured_noise, disturb, drums, infrasound, make_no_heart
from heartseg.offline.training.network import WINDOW
from heartseg.stream.rates import PCG_RATE
from heartseg.stream.segmenter.highpass import HighPass


def test_disturbances_are_finite_and_new():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((8, WINDOW)).astype(np.float32)
    before = x.copy()
    y = disturb(rng, x, hard=True)
    np.testing.assert_array_equal(x, before)
    assert y.dtype == np.float32 and np.isfinite(y).all() and np.abs(y).max() < 20
    for hard in (False, True):
        assert np.isfinite(make_no_heart(rng, 8, WINDOW, hard=hard)).all()


def beats_of_a_tone(windows=4):
    """100 ms of a 60 Hz tone each second, and quiet noise all the while."""
    t = np.arange(WINDOW) / PCG_RATE
    tone = np.sin(2 * np.pi * 60 * t) * (t % 1 < 0.1)
    noise = np.random.default_rng(0).standard_normal((windows, WINDOW))
    return (tone + 0.03 * noise).astype(np.float32)


DEVICES = [device for device, _ in stethoscope._CHAIN] + [stethoscope.simulate_devices]


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.__name__)
def test_a_simulated_device_depends_on_the_seed_alone(device):
    x = beats_of_a_tone()
    original = x.copy()
    y = device(np.random.default_rng(5), x)
    np.testing.assert_array_equal(x, original)
    assert y.shape == x.shape and y.dtype == np.float32 and np.isfinite(y).all()
    np.testing.assert_array_equal(y, device(np.random.default_rng(5), x))
    assert not np.array_equal(y, device(np.random.default_rng(6), x))
    assert np.isfinite(device(np.random.default_rng(5), np.zeros_like(x))).all()


@pytest.mark.parametrize("device", [stethoscope.expand, stethoscope.denoise], ids=lambda device: device.__name__)
def test_a_device_that_suppresses_noise_lowers_the_quiet_parts(device):
    """Relative to the loud parts. Automatic gain control does the opposite."""

    def contrast(x):
        t = np.arange(WINDOW) / PCG_RATE % 1
        sound, silence = (t > 0.02) & (t < 0.08), (t > 0.3) & (t < 0.8)
        return np.sqrt(np.mean(x[:, sound] ** 2, axis=1) / np.mean(x[:, silence] ** 2, axis=1))

    x = beats_of_a_tone(16)
    ratio = contrast(device(np.random.default_rng(1), x)) / contrast(x)
    assert ratio.min() > 1 and ratio.max() > 10
    assert np.median(contrast(stethoscope.control_gain(np.random.default_rng(1), x)) / contrast(x)) < 0.5


def test_a_limited_band_holds_no_energy_outside():
    """White noise outside a band is mostly gone, below it or above it."""
    x = np.random.default_rng(0).standard_normal((64, WINDOW)).astype(np.float32)
    power = np.abs(np.fft.rfft(stethoscope.limit_band(np.random.default_rng(1), x))) ** 2
    f = np.fft.rfftfreq(WINDOW, 1 / PCG_RATE)
    low, high = power[:, f < 15].mean(axis=1), power[:, f > 700].mean(axis=1)
    assert (np.minimum(low, high) < 0.02 * power.max(axis=1)).all()
    assert np.median(high) < 1e-2 * np.median(power[:, (f > 120) & (f < 180)].mean(axis=1))


def test_the_inverse_of_a_short_time_spectrum_is_the_signal():
    x = np.random.default_rng(0).standard_normal(1001).astype(np.float32)
    for size in (64, 256):
        np.testing.assert_allclose(stethoscope._istft(stethoscope._stft(x, size), len(x)), x, atol=1e-5)


def test_noise_is_as_loud_as_its_level_says_behind_the_high_pass():
    x = coloured_noise(np.random.default_rng(0), 32, WINDOW)
    np.testing.assert_allclose((x**2).mean(axis=1), 1, rtol=1e-3)
    heard = np.stack([HighPass().push(row) for row in x])
    assert 10 * np.log10((heard**2).mean(axis=1)).min() > -2


@pytest.mark.parametrize("seed", range(5))
def test_a_drum_beats_evenly(seed):
    """A beat later, the loudness goes the same way. At other times it does not."""
    x = drums(np.random.default_rng(seed), 4, WINDOW)
    np.testing.assert_allclose((x**2).mean(axis=1), 1, rtol=1e-3)
    for row in x:
        loudness = stethoscope._rms_envelope(row, 0.02)[::21]
        alike = [np.corrcoef(loudness[:-n], loudness[n:])[0, 1] for n in range(30, 101)]  # 60 to 200 beats a minute
        assert max(alike) > 0.6 and min(alike) < 0.1


def test_infrasound_lies_below_the_sounds_of_a_heart():
    x = infrasound(np.random.default_rng(0), 8, WINDOW)
    np.testing.assert_allclose((x**2).mean(axis=1), 1, rtol=1e-3)
    power = np.abs(np.fft.rfft(x)) ** 2
    f = np.fft.rfftfreq(WINDOW, 1 / PCG_RATE)
    assert (power[:, f > 40].sum(axis=1) < 0.01 * power.sum(axis=1)).all()
