"""Simulated devices: the processing of other stethoscopes and microphones, applied to windows at 2,100 Hz.

All functions take a NumPy generator and windows of shape (batch, samples), float32, and return new ones. Each window
gets its own random settings.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...stream.rates import PCG_RATE, Samples

_Device = Callable[[np.random.Generator, Samples], Samples]


def _random_gain(rng: np.random.Generator, low_db: float, high_db: float) -> float:
    """A random amplitude from low_db to high_db."""
    return float(10 ** (rng.uniform(low_db, high_db) / 20))


def _rms_envelope(row: Samples, seconds: float) -> Samples:
    """RMS of the `seconds` around each sample: shape (samples,); never 0."""
    half = max(1, int(seconds * PCG_RATE / 2))
    padded = np.pad(np.square(row, dtype=np.float64), (half, half), mode="edge")
    total = np.concatenate([[0.0], np.cumsum(padded)])
    mean = (total[2 * half :] - total[: -2 * half])[: len(row)] / (2 * half)
    rms: Samples = np.sqrt(np.maximum(mean, 0) + 1e-18).astype(np.float32)
    return rms


def _stft(row: Samples, size: int) -> NDArray[np.complex128]:
    """Short-time Fourier transform, frames of `size` samples overlapping by half: shape (frames, size // 2 + 1)."""
    hop = size // 2
    padded = np.pad(row, (hop, hop + -len(row) % hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    return np.fft.rfft(frames * _sine_window(size))


def _istft(spectrum: NDArray[np.complex128], samples: int) -> Samples:
    """Inverse of `_stft`: shape (samples,)."""
    size = 2 * (spectrum.shape[1] - 1)
    frames = np.fft.irfft(spectrum, size) * _sine_window(size)
    row = (frames[:-1, size // 2 :] + frames[1:, : size // 2]).ravel()
    return row[:samples].astype(np.float32)


def _sine_window(size: int) -> NDArray[np.float64]:
    """Its squares add up to 1 where frames overlap by half."""
    return np.sin(np.pi * (np.arange(size) + 0.5) / size)


def _expand_row(rng: np.random.Generator, row: Samples) -> Samples:
    envelope = _rms_envelope(row, rng.uniform(0.01, 0.06))
    gain = np.minimum(envelope / np.quantile(envelope, rng.uniform(0.3, 0.95)), 1) ** rng.uniform(0.5, 3)
    out: Samples = (row * np.maximum(gain, _random_gain(rng, -60, -10))).astype(np.float32)
    return out


def _control_gain_row(rng: np.random.Generator, row: Samples) -> Samples:
    envelope = _rms_envelope(row, np.exp(rng.uniform(np.log(0.05), np.log(2.0))))
    gain = (envelope / np.sqrt(np.mean(np.square(envelope)))) ** -rng.uniform(0.3, 0.9)
    out: Samples = (row * np.clip(gain, 0.1, _random_gain(rng, 6, 30))).astype(np.float32)
    return out


def _denoise_row(rng: np.random.Generator, row: Samples) -> Samples:
    spectrum = _stft(row, int(rng.choice([64, 128, 256])))
    magnitude = np.abs(spectrum) + 1e-9
    noise = np.quantile(magnitude, rng.uniform(0.1, 0.7), axis=0) * rng.uniform(1, 4)
    gain = 1 - np.minimum(noise / magnitude, 1) ** rng.uniform(0.5, 2)
    return _istft(spectrum * np.maximum(gain, _random_gain(rng, -50, -6)), len(row))


def _encode_row(rng: np.random.Generator, row: Samples) -> Samples:
    spectrum = _stft(row, int(rng.choice([64, 128, 256])))
    peak = np.abs(spectrum).max(axis=1, keepdims=True)
    floor = _random_gain(rng, -70, -30) * peak.max()
    step = np.maximum(peak * _random_gain(rng, -30, -6), floor) + 1e-9
    return _istft(np.round(spectrum / step) * step, len(row))


def _by_row(device: _Device, rng: np.random.Generator, x: Samples) -> Samples:
    return np.stack([device(rng, row) for row in x]).astype(np.float32)


def expand(rng: np.random.Generator, x: Samples) -> Samples:
    """Downward expander: quiet parts become quieter, down to near silence between the heart sounds."""
    return _by_row(_expand_row, rng, x)


def control_gain(rng: np.random.Generator, x: Samples) -> Samples:
    """Automatic gain control, slow or fast: quiet parts become louder."""
    return _by_row(_control_gain_row, rng, x)


def denoise(rng: np.random.Generator, x: Samples) -> Samples:
    """Spectral gating: each band is turned down where it does not rise above its own quiet moments."""
    return _by_row(_denoise_row, rng, x)


def encode(rng: np.random.Generator, x: Samples) -> Samples:
    """A lossy codec at a low bit rate: spectra are rounded in coarse steps, and smaller values are lost."""
    return _by_row(_encode_row, rng, x)


def quantise(rng: np.random.Generator, x: Samples) -> Samples:
    """Few bits a sample: 8 in mu-law, or 6 to 10 evenly spaced."""
    peak = np.abs(x).max(axis=1, keepdims=True) * rng.uniform(1, 3, (len(x), 1)) + 1e-9
    scaled = x / peak
    compressed = np.sign(scaled) * np.log1p(255 * np.abs(scaled)) / np.log(256)
    compressed = np.round(compressed * 127) / 127
    mu_law = np.sign(compressed) * np.expm1(np.abs(compressed) * np.log(256)) / 255
    steps = 2.0 ** rng.integers(5, 10, (len(x), 1))
    even = np.round(scaled * steps) / steps
    out: Samples = (peak * np.where(rng.random((len(x), 1)) < 0.5, mu_law, even)).astype(np.float32)
    return out


def saturate(rng: np.random.Generator, x: Samples) -> Samples:
    """A membrane or an amplifier at its limit: peaks are rounded off."""
    drive = rng.uniform(0.2, 1.5, (len(x), 1)) / np.sqrt(np.mean(np.square(x), axis=1, keepdims=True) + 1e-18)
    out: Samples = (np.tanh(x * drive) / drive).astype(np.float32)
    return out


_BANDS = (
    (20.0, 200.0, 2),  # bell
    (100.0, 500.0, 2),  # diaphragm
    (5.0, 230.0, 12),  # sampled at 500 Hz
    (5.0, 460.0, 12),  # sampled at 1 kHz
    (200.0, 1000.0, 2),  # microphone of a laptop
)
"""Low and high edge in Hz, order of the filter."""


def limit_band(rng: np.random.Generator, x: Samples) -> Samples:
    """Band pass of a bell, a diaphragm, a low sampling rate or a laptop, its edges varied a little."""
    f = np.fft.rfftfreq(x.shape[1], 1 / PCG_RATE)
    low, high, order = np.array(_BANDS)[rng.integers(len(_BANDS), size=len(x))].T[:, :, None]
    low, high = (edge * np.exp(rng.uniform(-0.3, 0.1, (len(x), 1))) for edge in (low, high))
    gain = 1 / np.sqrt((1 + (low / np.maximum(f, 1)) ** (2 * np.minimum(order, 4))) * (1 + (f / high) ** (2 * order)))
    return np.fft.irfft(np.fft.rfft(x) * gain, x.shape[1]).astype(np.float32)


_CHAIN: tuple[tuple[_Device, float], ...] = (
    (saturate, 0.08),
    (limit_band, 0.15),
    (control_gain, 0.1),
    (denoise, 0.15),
    (expand, 0.3),
    (encode, 0.06),
    (quantise, 0.06),
)
"""Devices in the order of the signal path, each with the share of the windows that it processes."""


def simulate_devices(rng: np.random.Generator, x: Samples) -> Samples:
    """Apply the chain to a copy; each window gets a random part of it."""
    x = x.copy()
    for device, share in _CHAIN:
        rows = np.flatnonzero(rng.random(len(x)) < share)
        if len(rows):
            x[rows] = device(rng, x[rows])
    return x
