"""Other stethoscopes, simulated: what devices do to a heart sound before anybody hears it, at 2,100 Hz.

All functions take a NumPy generator and windows of shape (batch, samples), float32, and return new ones. Each window
meets a device of its own.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..stream.clock import PCG_RATE

FloatArray = NDArray[np.float32]

_Device = Callable[[np.random.Generator, FloatArray], FloatArray]


def _decibels(rng: np.random.Generator, low: float, high: float) -> float:
    """A random amplitude from low to high dB."""
    return float(10 ** (rng.uniform(low, high) / 20))


def _envelope(row: FloatArray, seconds: float) -> FloatArray:
    """RMS over that long around each sample: shape (samples,); never 0."""
    half = max(1, int(seconds * PCG_RATE / 2))
    padded = np.pad(np.square(row, dtype=np.float64), (half, half), mode="edge")
    total = np.concatenate([[0.0], np.cumsum(padded)])
    mean = (total[2 * half :] - total[: -2 * half])[: len(row)] / (2 * half)
    rms: FloatArray = np.sqrt(np.maximum(mean, 0) + 1e-18).astype(np.float32)
    return rms


def _expanded(rng: np.random.Generator, row: FloatArray) -> FloatArray:
    loud = _envelope(row, rng.uniform(0.01, 0.06))
    gain = np.minimum(loud / np.quantile(loud, rng.uniform(0.3, 0.95)), 1) ** rng.uniform(0.5, 3)
    out: FloatArray = (row * np.maximum(gain, _decibels(rng, -60, -10))).astype(np.float32)
    return out


def _levelled(rng: np.random.Generator, row: FloatArray) -> FloatArray:
    loud = _envelope(row, np.exp(rng.uniform(np.log(0.05), np.log(2.0))))
    gain = (loud / np.sqrt(np.mean(np.square(loud)))) ** -rng.uniform(0.3, 0.9)
    out: FloatArray = (row * np.clip(gain, 0.1, _decibels(rng, 6, 30))).astype(np.float32)
    return out


def _spectrum(row: FloatArray, size: int) -> NDArray[np.complex128]:
    """Short-time spectrum, frames of `size` samples half overlapping: shape (frames, size // 2 + 1)."""
    hop = size // 2
    padded = np.pad(row, (hop, hop + -len(row) % hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    return np.fft.rfft(frames * _half_hann(size))


def _wave(spectrum: NDArray[np.complex128], samples: int) -> FloatArray:
    """Back from a short-time spectrum: shape (samples,)."""
    size = 2 * (spectrum.shape[1] - 1)
    frames = np.fft.irfft(spectrum, size) * _half_hann(size)
    whole = (frames[:-1, size // 2 :] + frames[1:, : size // 2]).ravel()
    return whole[:samples].astype(np.float32)


def _half_hann(size: int) -> NDArray[np.float64]:
    """The window whose square, half overlapping, adds up to 1."""
    return np.sin(np.pi * (np.arange(size) + 0.5) / size)


def _denoised(rng: np.random.Generator, row: FloatArray) -> FloatArray:
    spectrum = _spectrum(row, int(rng.choice([64, 128, 256])))
    loud = np.abs(spectrum) + 1e-9
    noise = np.quantile(loud, rng.uniform(0.1, 0.7), axis=0) * rng.uniform(1, 4)
    gain = 1 - np.minimum(noise / loud, 1) ** rng.uniform(0.5, 2)
    return _wave(spectrum * np.maximum(gain, _decibels(rng, -50, -6)), len(row))


def _coded(rng: np.random.Generator, row: FloatArray) -> FloatArray:
    spectrum = _spectrum(row, int(rng.choice([64, 128, 256])))
    loudest = np.abs(spectrum).max(axis=1, keepdims=True)
    floor = _decibels(rng, -70, -30) * loudest.max()
    step = np.maximum(loudest * _decibels(rng, -30, -6), floor) + 1e-9
    return _wave(np.round(spectrum / step) * step, len(row))


def _each(
    make: Callable[[np.random.Generator, FloatArray], FloatArray], rng: np.random.Generator, x: FloatArray
) -> FloatArray:
    return np.stack([make(rng, row) for row in x]).astype(np.float32)


def expand(rng: np.random.Generator, x: FloatArray) -> FloatArray:
    """A downward expander: what is quiet becomes quieter, down to near silence between the sounds."""
    return _each(_expanded, rng, x)


def level(rng: np.random.Generator, x: FloatArray) -> FloatArray:
    """Automatic gain, slow or fast: what is quiet becomes louder."""
    return _each(_levelled, rng, x)


def denoise(rng: np.random.Generator, x: FloatArray) -> FloatArray:
    """Spectral gating: in each band, what does not rise above the band's quiet moments is turned down."""
    return _each(_denoised, rng, x)


def code(rng: np.random.Generator, x: FloatArray) -> FloatArray:
    """A lossy codec at a low rate: spectra in coarse steps, what is below a step gone."""
    return _each(_coded, rng, x)


def digitise(rng: np.random.Generator, x: FloatArray) -> FloatArray:
    """Few bits: 8 in mu-law, or 6 to 10 evenly spaced."""
    peak = np.abs(x).max(axis=1, keepdims=True) * rng.uniform(1, 3, (len(x), 1)) + 1e-9
    scaled = x / peak
    curved = np.sign(scaled) * np.log1p(255 * np.abs(scaled)) / np.log(256)
    curved = np.round(curved * 127) / 127
    mu_law = np.sign(curved) * np.expm1(np.abs(curved) * np.log(256)) / 255
    steps = 2.0 ** rng.integers(5, 10, (len(x), 1))
    even = np.round(scaled * steps) / steps
    out: FloatArray = (peak * np.where(rng.random((len(x), 1)) < 0.5, mu_law, even)).astype(np.float32)
    return out


def saturate(rng: np.random.Generator, x: FloatArray) -> FloatArray:
    """A membrane or an amplifier at its limit, which rounds off what is loud."""
    drive = rng.uniform(0.2, 1.5, (len(x), 1)) / np.sqrt(np.mean(np.square(x), axis=1, keepdims=True) + 1e-18)
    out: FloatArray = (np.tanh(x * drive) / drive).astype(np.float32)
    return out


_BANDS = (
    (20.0, 200.0, 2),  # bell
    (100.0, 500.0, 2),  # diaphragm
    (5.0, 230.0, 12),  # sampled at 500 Hz
    (5.0, 460.0, 12),  # sampled at 1 kHz
    (200.0, 1000.0, 2),  # microphone of a laptop
)
"""Low and high edge in Hz, order of the filter."""


def limit_band(rng: np.random.Generator, x: FloatArray) -> FloatArray:
    """Bell or diaphragm, low rates of sampling, the high pass of a laptop: nothing is left outside the band."""
    f = np.fft.rfftfreq(x.shape[1], 1 / PCG_RATE)
    low, high, order = np.array(_BANDS)[rng.integers(len(_BANDS), size=len(x))].T[:, :, None]
    low, high = (edge * np.exp(rng.uniform(-0.3, 0.1, (len(x), 1))) for edge in (low, high))
    gain = 1 / np.sqrt((1 + (low / np.maximum(f, 1)) ** (2 * np.minimum(order, 4))) * (1 + (f / high) ** (2 * order)))
    return np.fft.irfft(np.fft.rfft(x) * gain, x.shape[1]).astype(np.float32)


_CHAIN: tuple[tuple[_Device, float], ...] = (
    (saturate, 0.08),
    (limit_band, 0.15),
    (level, 0.1),
    (denoise, 0.15),
    (expand, 0.3),
    (code, 0.06),
    (digitise, 0.06),
)
"""In the order of the signal path, with the share of the windows that meet each."""


def listen(rng: np.random.Generator, x: FloatArray) -> FloatArray:
    """The whole chain, in each window some of it."""
    x = x.copy()
    for device, share in _CHAIN:
        rows = np.flatnonzero(rng.random(len(x)) < share)
        if len(rows):
            x[rows] = device(rng, x[rows])
    return x
