"""Augmentation of training windows at 2,100 Hz: noise, other sounds, the equaliser, handling, level.

All functions take a NumPy generator and arrays of shape (batch, samples), float32. A training run is reproducible only
as long as the order of the random draws stays.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfftfreq

from ...stream.rates import PCG_RATE, Samples
from .stethoscope import simulate_devices

TILT_DB = 4.0
"""Standard deviation of the equaliser's tilt, in dB an octave."""


def rms(x: Samples) -> Samples:
    """Root mean square of each row: shape (batch, 1); never 0."""
    value: Samples = np.sqrt(np.mean(np.square(x), axis=1, keepdims=True)) + np.float32(1e-9)
    return value


def coloured_noise(rng: np.random.Generator, batch: int, samples: int) -> Samples:
    """Noise above 20 Hz whose power falls as 1/f^a, a from 0 (white) to 2.5, of RMS 1: shape (batch, samples).

    The network hears nothing below 20 Hz, so that the noise is as loud for it as the level says.
    """
    slope = rng.uniform(0, 1.25, (batch, 1))
    return _noise(rng, batch, samples, lambda f: np.where(f < 20, 0, np.maximum(f, 20.0) ** -slope))


def _noise(
    rng: np.random.Generator, batch: int, samples: int, gain: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> Samples:
    """Noise through a filter, of RMS 1: shape (batch, samples). gain: of frequencies in Hz, (n,) or (batch, n)."""
    size = next_fast_len(samples, real=True)
    f = rfftfreq(size, 1 / PCG_RATE)
    white = rng.standard_normal((batch, 2 * len(f)), np.float32).view(np.complex64)
    noise: Samples = irfft(white * gain(f).astype(np.float32), size)[:, :samples]
    return noise / rms(noise)


def _random_curves(rng: np.random.Generator, batch: int, samples: int, knots_per_second: float) -> Samples:
    """Piecewise linear curves: shape (batch, samples). Their values at the knots are standard normal."""
    knots = max(2, round(samples / PCG_RATE * knots_per_second) + 1)
    values = rng.standard_normal((batch, knots))
    x = np.linspace(0, knots - 1, samples)
    knot = np.minimum(x.astype(int), knots - 2)
    fraction = (x - knot).astype(np.float32)
    values = values.astype(np.float32)
    curve: Samples = values[:, knot] * (1 - fraction) + values[:, knot + 1] * fraction
    return curve


def bursts(rng: np.random.Generator, batch: int, samples: int) -> Samples:
    """Handling noise: coloured noise in a few short bursts, RMS 1 within a burst."""
    gate = np.zeros((batch, samples), np.float32)
    for row in gate:
        for _ in range(rng.integers(1, 6)):
            length = int(PCG_RATE * rng.uniform(0.01, 0.4))
            start = rng.integers(0, samples - length)
            row[start : start + length] = np.hanning(length) * rng.uniform(0.3, 1)
    return coloured_noise(rng, batch, samples) * gate


def knocks(rng: np.random.Generator, batch: int, samples: int) -> Samples:
    """Clicks, taps and steps at random moments, without a rhythm. Each rings for a while. RMS 1."""
    t = np.arange(PCG_RATE // 4) / PCG_RATE
    out = np.empty((batch, samples), np.float32)
    for row in out:
        ringing = np.exp(-t / rng.uniform(0.001, 0.05)) * np.cos(
            2 * np.pi * rng.uniform(20, 400) * t + rng.uniform(0, 6.3)
        )
        hits = rng.random(samples) < rng.uniform(0.5, 8) / PCG_RATE
        hits[rng.integers(samples)] = True
        impulses = hits * np.exp(rng.normal(0, rng.uniform(0, 1), samples)) * rng.choice([-1, 1], samples)
        size = samples + len(t)
        row[:] = np.fft.irfft(np.fft.rfft(impulses, size) * np.fft.rfft(ringing, size), size)[:samples]
    return out / rms(out)


def voices(rng: np.random.Generator, batch: int, samples: int) -> Samples:
    """Speech and music through a chest microphone: harmonic tones that glide, in syllables. RMS 1."""
    pitch = rng.uniform(80, 400, (batch, 1)) * np.exp(0.15 * _random_curves(rng, batch, samples, rng.uniform(1, 6)))
    pitch = pitch.astype(np.float32)
    phase = np.float32(2 * np.pi / PCG_RATE) * np.cumsum(pitch, axis=1)
    tone = np.zeros((batch, samples), np.float32)
    for harmonic in range(1, 7):
        amplitude = (rng.uniform(0, 1, (batch, 1)) / harmonic).astype(np.float32)
        tone += np.where(pitch * harmonic < 1000, amplitude * np.sin(harmonic * phase), np.float32(0))
    tone += 0.2 * coloured_noise(rng, batch, samples)
    tone *= np.clip(_random_curves(rng, batch, samples, rng.uniform(2, 9)) + 0.3, 0, None)
    return tone / rms(tone)


def ticks(rng: np.random.Generator, batch: int, samples: int) -> Samples:
    """A clock, a relay or a dripping tap: one short high click, repeated evenly. RMS 1."""
    t = np.arange(PCG_RATE // 8) / PCG_RATE
    out = np.zeros((batch, samples), np.float32)
    for row in out:
        decay = np.exp(-t / rng.uniform(0.0005, 0.012))
        click = decay * np.cos(2 * np.pi * rng.uniform(150, 900) * t + rng.uniform(0, 6.3))
        period = rng.uniform(0.12, 1.2) * PCG_RATE
        for start in np.arange(rng.uniform(0, period), samples - len(t), period).astype(int):
            row[start : start + len(t)] += (click * np.exp(rng.normal(0, 0.1))).astype(np.float32)
    return out / rms(out)


def syllables(rng: np.random.Generator, batch: int, samples: int) -> Samples:
    """Speech: voiced or hissing syllables of 60 to 350 ms, two to eight a second, with pauses. RMS 1."""
    out = np.zeros((batch, samples), np.float32)
    for row in out:
        base_pitch, per_second = rng.uniform(80, 350), rng.uniform(2, 8)
        start = rng.uniform(0, 0.5) * PCG_RATE
        while start < samples - PCG_RATE * 0.4:
            length = int(PCG_RATE * rng.uniform(0.06, 0.35))
            t, fraction = np.arange(length) / PCG_RATE, np.linspace(0, 1, length)
            pitch = base_pitch * np.exp(rng.normal(0, 0.15)) * (1 + rng.normal(0, 0.2) * t)
            harmonics = np.arange(1, 1 + rng.integers(1, 8))  # the highest may alias, and squeak
            amplitudes = rng.uniform(0, 1, len(harmonics)) / np.sqrt(harmonics)
            wave = amplitudes @ np.sin(2 * np.pi * np.outer(harmonics, pitch * t))
            if rng.random() < 0.25:
                wave = rng.standard_normal(length)
            attack = rng.uniform(0.05, 0.5)
            envelope = np.exp(rng.normal(0, 0.4)) * np.minimum(fraction / attack, (1 - fraction) / (1 - attack))
            row[int(start) : int(start) + length] += (envelope * wave).astype(np.float32)
            start += max(0.8 * length, PCG_RATE * rng.exponential(1 / per_second))
            if rng.random() < 0.08:
                start += PCG_RATE * rng.uniform(0.3, 1.2)
    return out / rms(out)


def hum(rng: np.random.Generator, batch: int, samples: int) -> Samples:
    """Mains hum at 50 or 60 Hz with harmonics, RMS 1."""
    t = np.arange(samples) / PCG_RATE
    base = rng.choice([50.0, 60.0], (batch, 1))
    wave = sum(
        rng.uniform(0, 1, (batch, 1)) / k * np.sin(2 * np.pi * k * base * t + rng.uniform(0, 6.3, (batch, 1)))
        for k in (1, 2, 3, 5)
    ) + np.zeros((batch, samples))
    out = wave.astype(np.float32)
    return out / rms(out)


def infrasound(rng: np.random.Generator, batch: int, samples: int) -> Samples:
    """What some stethoscopes pass below the sounds of a heart: noise in a band between 1 and 25 Hz, RMS 1."""
    low, high = rng.uniform(1, 6, (batch, 1)), rng.uniform(8, 25, (batch, 1))
    return _noise(
        rng, batch, samples, lambda f: ((1 + (low / np.maximum(f, 0.1)) ** 4) * (1 + (f / high) ** 8)) ** -0.5
    )


def drums(rng: np.random.Generator, batch: int, samples: int) -> Samples:
    """Music with a drum: struck chords that fade, on the even beat of a bass drum. RMS 1."""
    t = np.arange(PCG_RATE) / PCG_RATE
    out = np.zeros((batch, samples + PCG_RATE), np.float32)
    for row in out:
        period = PCG_RATE * 60 / rng.uniform(60, 200)
        drum = rng.uniform(0, 8) * np.exp(-t * rng.uniform(8, 30)) * np.sin(2 * np.pi * rng.uniform(40, 90) * t)
        key, fading = rng.uniform(80, 250), np.exp(-t * rng.uniform(1, 8)) * np.minimum(1, t * rng.uniform(30, 300))
        for start in np.arange(rng.uniform(0, period), samples, period).astype(int):
            tones = key * 2 ** (rng.integers(0, 17, (3, 1)) / 12) * np.arange(1, 6)
            chord = (np.sin(2 * np.pi * tones[..., None] * t) / np.arange(1, 6)[:, None]).sum(axis=(0, 1))
            row[start : start + len(t)] += (fading * chord + drum).astype(np.float32)
    out = out[:, :samples]
    return out / rms(out)


def equalise(rng: np.random.Generator, x: Samples) -> Samples:
    """A random frequency response: tilt, ripple, and sometimes a high pass, a low pass or a resonance."""
    batch, samples = x.shape
    f = np.fft.rfftfreq(samples, 1 / PCG_RATE)
    octave = np.log2(np.maximum(f, 10.0) / 10.0)
    knots = np.linspace(0, octave[-1], 7)
    gain_db = np.zeros((batch, len(f)))
    for row in gain_db:
        row += np.interp(octave, knots, rng.normal(0, 4, 7)) + rng.normal(0, TILT_DB) * (octave - 3)
        if rng.random() < 0.5:
            row -= 10 * np.log10(1 + (rng.uniform(20, 90) / np.maximum(f, 1)) ** (2 * rng.integers(1, 4)))
        if rng.random() < 0.5:
            row -= 10 * np.log10(1 + (f / np.exp(rng.uniform(np.log(120), np.log(900)))) ** (2 * rng.integers(1, 5)))
        if rng.random() < 0.2:
            row += rng.uniform(5, 15) * np.exp(-((octave - rng.uniform(1.5, 6)) ** 2) / 0.03)
    out = np.fft.irfft(np.fft.rfft(x) * 10 ** (gain_db / 20), samples)
    return out.astype(np.float32)


def _random_levels(rng: np.random.Generator, batch: int, low_db: float, high_db: float) -> Samples:
    """An amplitude for each row, uniform in dB: shape (batch, 1)."""
    level: Samples = (10 ** (rng.uniform(low_db, high_db, (batch, 1)) / 20)).astype(np.float32)
    return level


def _random_rows(rng: np.random.Generator, batch: int, share: float) -> NDArray[np.int64]:
    """Indices of the rows that get a disturbance: each row with probability `share`."""
    return np.flatnonzero(rng.random(batch) < share)


_Maker = Callable[[np.random.Generator, int, int], Samples]


def _add(rng: np.random.Generator, x: Samples, make: _Maker, share: float, low_db: float, high_db: float) -> None:
    """Add `make`'s sound to a share of the rows, in place, at a random level from low_db to high_db."""
    rows = _random_rows(rng, len(x), share)
    if len(rows):
        x[rows] += make(rng, len(rows), x.shape[1]) * _random_levels(rng, len(rows), low_db, high_db)


def make_no_heart(rng: np.random.Generator, batch: int, samples: int, *, hard: bool) -> Samples:
    """Windows without a heart: random mixtures of noise, voices, hum and knocks, or near silence. RMS about 1.

    hard: also clocks, syllables and drums, which have a rhythm.
    """
    x = coloured_noise(rng, batch, samples) * _random_levels(rng, batch, -60, 0)
    _add(rng, x, voices, 0.35, -20, 10)
    _add(rng, x, hum, 0.2, -20, 10)
    _add(rng, x, bursts, 0.35, -10, 20)
    _add(rng, x, knocks, 0.3, -5, 25)
    _add(rng, x, coloured_noise, 0.4, -20, 10)
    if hard:
        _add(rng, x, ticks, 0.2, 0, 25)
        _add(rng, x, syllables, 0.35, 0, 25)
        _add(rng, x, drums, 0.3, 0, 25)
    rows = _random_rows(rng, batch, 0.3)
    x[rows] *= 10 ** (0.4 * _random_curves(rng, len(rows), samples, 2.0))
    rows = _random_rows(rng, batch, 0.2)
    x[rows] *= _tremolo(rng, len(rows), samples)
    return x / rms(x)


def _tremolo(rng: np.random.Generator, batch: int, samples: int) -> Samples:
    """A gain that swings two to twelve times a second, like fans, alarms and engines: shape (batch, samples)."""
    rate = rng.uniform(2, 12, (batch, 1)) * (1 + rng.uniform(-0.3, 0.3, (batch, 1)) * np.linspace(0, 1, samples))
    swing = np.sin(2 * np.pi * np.cumsum(rate, axis=1) / PCG_RATE + rng.uniform(0, 6.3, (batch, 1)))
    gain: Samples = (10 ** (rng.uniform(0.1, 0.8, (batch, 1)) * swing)).astype(np.float32)
    return gain


def disturb(rng: np.random.Generator, x: Samples, *, hard: bool) -> Samples:
    """Apply the whole chain to a copy; each row gets a random part of it.

    In this order: equaliser, noise, handling, voices, hum, infrasound, simulated device, gain step, clipping, level and
    polarity, silence before the stream. hard: the noise may be louder than the heart.
    """
    batch, samples = x.shape
    x = x.copy()
    rows = _random_rows(rng, batch, 0.85)
    x[rows] = equalise(rng, x[rows])
    x /= rms(x)
    _add(rng, x, coloured_noise, 0.7, -35, 4 if hard else 0)
    _add(rng, x, bursts, 0.25, -10, 15)
    _add(rng, x, voices, 0.12, -25, 3)
    _add(rng, x, hum, 0.08, -25, 0)
    _add(rng, x, infrasound, 0.05, -10, 20)
    x = simulate_devices(rng, x)
    x /= rms(x)
    for i in _random_rows(rng, batch, 0.08):
        x[i, rng.integers(samples) :] *= 10 ** rng.uniform(-1, 1)
    x /= rms(x)
    for i in _random_rows(rng, batch, 0.1):
        ceiling = rng.uniform(1.0, 4.0)
        x[i] = np.clip(x[i], -ceiling, ceiling)
    x *= _random_levels(rng, batch, -60, -8) * rng.choice([-1, 1], (batch, 1))
    for i in _random_rows(rng, batch, 0.1):  # the stream has only just begun
        x[i, : rng.integers(samples)] = 0.0
    return x
