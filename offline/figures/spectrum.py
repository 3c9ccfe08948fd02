"""The spectrogram of a phonocardiogram, small enough to go into a page."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ...stream.rates import PCG_RATE, Samples

HOP, _WINDOW, _FFT = 42, 126, 168  # PCG samples: 20, 60 and 80 ms
COLUMN_RATE = PCG_RATE // HOP
"""Columns a second."""

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
    padded = np.pad(pcg, _WINDOW // 2)
    windows = sliding_window_view(padded, _WINDOW)[::HOP]
    taper = np.hanning(_WINDOW).astype(np.float32)
    parts = [
        np.abs(np.fft.rfft(windows[i : i + _CHUNK] * taper, _FFT)[:, :BANDS]).astype(np.float32)
        for i in range(0, len(windows), _CHUNK)
    ]
    decibels = 20 * np.log10(np.concatenate(parts) + _SILENCE)
    noise, top = np.quantile(decibels, [_NOISE, _LOUDEST])
    bottom = max(float(noise), float(top) - _RANGE_DB)
    share = (decibels - bottom) / max(float(top) - bottom, 1.0)
    levels: NDArray[np.uint8] = np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)
    return levels
