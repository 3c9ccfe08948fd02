"""What sounds between the heart sounds, as numbers: band levels of the parts of a beat, and features of several beats.

Systole is compared with diastole of the same beat, so that neither the gain of a device nor its steady noise shows as
a sound in systole. This contrast is old (Lehner and Rangayyan, IEEE TBME 34(7), 1987).
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..rates import FRAME, PCG_RATE, Samples

PARTS = ("S1", "early systole", "mid systole", "late systole", "S2", "early diastole", "mid diastole", "late diastole")
"""Parts of a beat. Systole and diastole, from a sound's offset to the next onset, are cut into thirds."""

BANDS_HZ = (45, 90, 140, 190, 260, 380, 560, 810)
"""Edges of the bands, low to high."""

BEFORE, AFTER = 31, 32
"""PCG samples that `beat_levels` needs before a beat's first frame and after its last."""

_WINDOW = BEFORE + FRAME + AFTER  # 40 ms, so that the lines of a spectrum are 25 Hz apart
_FLOOR = 1e-6  # of a band's largest power in the beat; a device's silence is no lower than 60 dB below
_SYSTOLE, _MID_DIASTOLE = slice(1, 4), 6  # of PARTS
_GROUPS = (slice(1, 3), slice(3, 5), slice(5, 7))  # bands of 90 to 190, 190 to 380 and 380 to 810 Hz
_HALF, _SOFTNESS = (
    0.5,
    0.3,
)  # natural log of power: the contrast that counts half, and how soon a larger one counts more


class BeatMarks(NamedTuple):
    """Onset and offset of S1, onset and offset of S2, and onset of the next S1, in frames from some origin."""

    s1: int
    systole: int
    s2: int
    diastole: int
    end: int


def _transform() -> tuple[Samples, Samples]:
    """Hann-windowed cosines and sines, shape (84, 2 lines), and which lines make up a band, shape (lines, bands)."""
    spacing = PCG_RATE // _WINDOW
    lines = np.arange(BANDS_HZ[0] // spacing + 1, BANDS_HZ[-1] // spacing + 1) * spacing
    phase = 2 * np.pi / PCG_RATE * np.outer(np.arange(_WINDOW), lines)
    waves = np.hanning(_WINDOW + 2)[1:-1, None] * np.concatenate([np.cos(phase), np.sin(phase)], axis=1)
    edges = np.array(BANDS_HZ)
    member = (lines[:, None] >= edges[:-1]) & (lines[:, None] < edges[1:])
    return waves.astype(np.float32), member.astype(np.float32)


_WAVES, _MEMBER = _transform()


def beat_levels(pcg: Samples, marks: BeatMarks) -> NDArray[np.float64]:
    """Mean log power of each band in each of `PARTS`: shape (parts, bands), natural logarithm.

    pcg: shape (21 frames + 63,), at 2,100 Hz, from `BEFORE` samples before the beat's first frame to `AFTER` samples
    after its last. Systole and diastole should last three frames or more.
    """
    windows = np.lib.stride_tricks.sliding_window_view(pcg, _WINDOW)[::FRAME]
    squares = np.square(windows @ _WAVES)
    lines = len(_MEMBER)
    power = ((squares[:, :lines] + squares[:, lines:]) @ _MEMBER).astype(np.float64)
    level = np.log(power + _FLOOR * power.max(axis=0) + 1e-30)
    first, *others = marks
    systole, s2, diastole, end = (mark - first for mark in others)
    bounds = [0, *_thirds(systole, s2), *_thirds(diastole, end)]
    return np.stack([level[a:b].mean(axis=0) for a, b in pairwise(bounds)])


def _thirds(start: int, end: int) -> tuple[int, int, int, int]:
    """The bounds of three parts of about equal length."""
    length = end - start
    return start, start + (length + 1) // 3, start + (2 * length + 1) // 3, end


def beats_features(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """How steadily each third of systole is louder than mid diastole: shape (9,), 0 to 1.

    Bands of 90 to 190, 190 to 380 and 380 to 810 Hz; of each, early, mid and late systole. A beat's contrast counts
    from 0 to 1, half where it is 2 dB, so that one loud beat counts no more than another. levels: shape (beats, parts,
    bands).
    """
    groups = np.stack([levels[:, :, group].mean(axis=2) for group in _GROUPS], axis=1)
    contrast = groups[:, :, _SYSTOLE] - groups[:, :, _MID_DIASTOLE, None]
    return np.asarray((1 / (1 + np.exp((_HALF - contrast) / _SOFTNESS))).mean(axis=0).ravel())
