"""An unsupervised segmenter: the Shannon energy's peaks, named by the intervals between them.

After Liang, Lukkarinen and Hartimo, Heart sound segmentation algorithm based on heart sound envelogram, Computers in
Cardiology, 1997, with its rules for intervals replaced by one clustering: an S1 has the longer interval before it.
"""

import numpy as np
from numpy.typing import NDArray

from ...stream.rates import PCG_RATE

HOP = 21
"""PCG samples from one value of the envelope to the next (10 ms)."""

_WINDOW = 42  # PCG samples that a value of the envelope holds (20 ms)
_LOWEST_HZ, _HIGHEST_HZ = 25.0, 400.0
_LOUD = 0.995  # quantile of the amplitude that counts as 1: a click does not silence the rest
_CLOSEST_S = 0.18  # two sounds are further apart
_LONGEST_S = 1.0  # a pause longer than this counts as this
_LEAST = 1.0  # prominence of a peak, in standard deviations of the envelope


def envelogram(pcg: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean Shannon energy -x^2 log x^2 in windows of 20 ms, standardised. pcg: shape (n,), 2,100 Hz; gives (n // 21,).

    Value k is centred on PCG sample 21 k. (Liang et al. filter by decimating to 2,205 Hz; here, 25 to 400 Hz.)
    """
    from scipy.signal import butter, sosfiltfilt

    if len(pcg) < PCG_RATE // 10:
        return np.zeros(0)
    filtered = sosfiltfilt(butter(3, (_LOWEST_HZ, _HIGHEST_HZ), "bandpass", fs=PCG_RATE, output="sos"), pcg)
    power = np.minimum(1.0, np.abs(filtered) / max(float(np.quantile(np.abs(filtered), _LOUD)), 1e-9)) ** 2
    shannon = -power * np.log(np.maximum(power, 1e-12))
    total = np.concatenate([[0.0], np.cumsum(np.pad(shannon, _WINDOW // 2))])
    start = np.arange(len(pcg) // HOP) * HOP
    mean = (total[start + _WINDOW] - total[start]) / _WINDOW
    standard: NDArray[np.float64] = (mean - mean.mean()) / max(float(mean.std()), 1e-12)
    return standard


def peaks(pcg: NDArray[np.float32]) -> NDArray[np.float64]:
    """Where the envelope peaks, in seconds: shape (n,), ascending. pcg: shape (m,), 2,100 Hz."""
    from scipy.signal import find_peaks

    step_s = HOP / PCG_RATE
    indices, _ = find_peaks(envelogram(pcg), distance=round(_CLOSEST_S / step_s), prominence=_LEAST)
    return np.asarray(indices * step_s, np.float64)


def two_means(values: NDArray[np.float64]) -> float:
    """The middle between two clusters of numbers by k-means from the extremes (Lloyd). values: shape (n,), n > 0."""
    low, high = float(values.min()), float(values.max())
    for _ in range(100):
        middle = (low + high) / 2
        is_low = values <= middle
        if is_low.all():
            break
        new = float(values[is_low].mean()), float(values[~is_low].mean())
        if new == (low, high):
            break
        low, high = new
    return (low + high) / 2


def kinds(peaks_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """0 for S1, 1 for S2, of each peak: shape (n,). at: shape (n,), seconds.

    Two clusters of the difference between the interval before a peak and the one after it: diastole less systole
    at an S1, the reverse at an S2. The first and last peak are what their neighbour is not.
    """
    if len(peaks_s) < 3:
        return np.arange(len(peaks_s)) % 2
    difference = -np.diff(peaks_s, 2).clip(-_LONGEST_S, _LONGEST_S)
    inner = (difference <= two_means(difference)).astype(np.int64)
    return np.concatenate([[1 - inner[0]], inner, [1 - inner[-1]]])
