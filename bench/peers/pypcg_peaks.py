"""pyPCG: the segmentation by peaks of its tutorial, with the filters, thresholds and drops that stand there.

Its module of segmentation does not load without hsmmlearn, which is on no package index. The peaks do not need it, so
empty modules stand in its place. The recordings are brought to 1,000 Hz: on 59 recordings of circor/train that was
better than 333 (the rate of its example), 2,000 and 4,000 Hz (F1 72.5, 69.2, 64.1 and 58.6 %).
"""

import sys
from types import ModuleType

import numpy as np
from tracks import PEAK_BEFORE_CENTRE_S, Sound, write_tracks

RATE = 1_000

for name, member in (("hsmmlearn", ""), ("hsmmlearn.emissions", "AbstractEmissions"), ("hsmmlearn.hsmm", "HSMMModel")):
    sys.modules[name] = ModuleType(name)
    setattr(sys.modules[name], member, object)

import pyPCG  # noqa: E402
from pyPCG import preprocessing  # noqa: E402
from pyPCG import segment as segmentation  # noqa: E402


def segment(x: np.ndarray, rate: int) -> list[Sound]:
    """The sounds of a recording."""
    signal = pyPCG.normalize(preprocessing.resample(pyPCG.pcg_signal(x, rate), RATE))
    passed = preprocessing.filter(preprocessing.filter(signal, 6, 100, "LP"), 6, 20, "HP")
    envelope = preprocessing.homomorphic(preprocessing.wt_denoise(passed))
    _, peaks = segmentation.adv_peak(envelope)
    sounds = []
    for kind, of_kind in zip(("S1", "S2"), segmentation.peak_sort_diff(peaks), strict=True):
        bounds = segmentation.segment_peaks(of_kind, envelope, start_drop=0.8, end_drop=0.7)
        for start, end in zip(*bounds, strict=True):
            sounds.append((start / RATE + PEAK_BEFORE_CENTRE_S, end / RATE + PEAK_BEFORE_CENTRE_S, kind))
    return sounds


if __name__ == "__main__":
    write_tracks(segment)
