"""The spectrogram of a phonocardiogram, small enough to go into a page."""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ...stream.rates import PCG_RATE, Samples

HOP, _WINDOW, _FFT = 42, 126, 168  # PCG samples: 20, 60 and 80 ms
COLUMN_RATE = PCG_RATE // HOP
"""Columns a second."""

FINE_HOP = 21
"""PCG samples from one column of a mean to the next: 10 ms."""

HIGHEST_HZ = 500
BANDS = HIGHEST_HZ * _FFT // PCG_RATE + 1
"""Bands of 12.5 Hz, from 0 Hz to `HIGHEST_HZ`."""

_RANGE_DB = 50.0
_NOISE, _LOUDEST = 0.4, 0.999  # quantiles: the ends of the scale. One knock does not darken all else
_CHUNK = 4_096  # columns at a time, which bounds the memory
_SILENCE = 1e-9


def spectrogram(pcg: Samples) -> NDArray[np.uint8]:
    """Levels of a PCG, shape (n,) at 2,100 Hz, without nan: shape (columns, `BANDS`), 0 to 255 from the
    recording's noise to its loud parts, over 50 dB at most. Column k has its centre at k / `COLUMN_RATE` seconds.
    """
    return _scaled(_decibels(pcg, HOP))


def mean_spectrogram(pcg: Samples, firsts: Sequence[int], length: int) -> NDArray[np.uint8]:
    """The mean over stretches of a PCG, as that of `spectrogram`: shape (columns, `BANDS`).

    firsts: the PCG samples at which the stretches begin. length: of each, in PCG samples. Column k has its centre
    k * `FINE_HOP` PCG samples after the beginning. The mean is one of levels in dB, so that a knock in one stretch
    counts as one stretch.
    """
    stretches = [np.pad(pcg[first : first + length], (0, max(0, first + length - len(pcg)))) for first in firsts]
    return _scaled(np.mean([_decibels(stretch, FINE_HOP) for stretch in stretches], axis=0))


def _decibels(pcg: Samples, hop: int) -> Samples:
    """Levels in dB, shape (columns, `BANDS`)."""
    padded = np.pad(pcg, _WINDOW // 2)
    windows = sliding_window_view(padded, _WINDOW)[::hop]
    taper = np.hanning(_WINDOW).astype(np.float32)
    parts = [
        np.abs(np.fft.rfft(windows[i : i + _CHUNK] * taper, _FFT)[:, :BANDS]).astype(np.float32)
        for i in range(0, len(windows), _CHUNK)
    ]
    decibels: Samples = 20 * np.log10(np.concatenate(parts) + _SILENCE)
    return decibels


def _scaled(decibels: Samples) -> NDArray[np.uint8]:
    """Levels in dB to 0 to 255, from the noise to the loud parts."""
    noise, top = np.quantile(decibels, [_NOISE, _LOUDEST])
    bottom = max(float(noise), float(top) - _RANGE_DB)
    share = (decibels - bottom) / max(float(top) - bottom, 1.0)
    levels: NDArray[np.uint8] = np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)
    return levels
