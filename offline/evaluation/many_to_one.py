"""The score by which other works are published: within 40 ms, many to one, averaged over recordings.

A predicted sound is right if its centre lies within 40 ms of the centre of a reference sound of the same kind. Several
may be right at one reference sound, so a sound that is told twice costs nothing. F1 of each kind is averaged over the
recordings, and recordings with time inside that nobody annotated are left out. PCG_FTSeg is scored so (Park et al.,
2025); where no sound has two partners, the figures are those of its published code.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..scoring import KINDS, is_scored
from .evaluate import Evaluation
from .scored import ScoredRecording

TOLERANCE_S = 0.04

_ROUNDING_S = 1e-9


@dataclass(frozen=True)
class ManyToOne:
    """F1 of each kind as a mean over recordings, and of both kinds pooled over them; nan without any.

    recordings: how many of these there are. left_out: how many have time inside that nobody annotated, or no sound.
    """

    s1: float
    s2: float
    pooled: float
    recordings: int
    left_out: int

    @property
    def mean(self) -> float:
        """Mean F1 of the two kinds, a mean over recordings."""
        return (self.s1 + self.s2) / 2

    def as_dict(self) -> dict[str, float]:
        """The figures, for JSON."""
        return {
            "S1": self.s1, "S2": self.s2, "mean": self.mean, "pooled": self.pooled,
            "recordings": self.recordings, "left_out": self.left_out,
        }  # fmt: skip

    def table(self) -> str:
        """The figures as text."""
        return (
            f"{self.recordings} recordings; left out are {self.left_out} whose annotation has a hole or no sound\n"
            f"within 40 ms, many to one: mean F1 of the recordings {self.mean * 100:.2f} % (S1 {self.s1 * 100:.2f} %, "
            f"S2 {self.s2 * 100:.2f} %), pooled {self.pooled * 100:.2f} %"
        )


def many_to_one(evaluation: Evaluation) -> ManyToOne:
    """Score a set so."""
    whole = [s for s in evaluation.scored if len(s.reference.spans) == 1]
    counts = [[_counts(s, kind) for kind in KINDS] for s in whole]
    s1, s2 = (float(np.mean([_f1(c[i]) for c in counts if c[i][2]] or [np.nan])) for i in range(len(KINDS)))
    pooled = _f1([sum(c[field] for pair in counts for c in pair) for field in range(4)]) if counts else np.nan
    return ManyToOne(s1, s2, pooled, len(whole), len(evaluation.scored) - len(whole))


def _counts(s: ScoredRecording, kind: str) -> tuple[int, int, int, int]:
    """References found, predictions that are right, all references, all predictions that count."""
    true = s.reference.sounds[kind].mean(axis=1)
    centres = s.aligned.sounds[kind].mean(axis=1)
    predicted = centres[is_scored(centres, s.reference, TOLERANCE_S)]
    return _near(true, predicted), _near(predicted, true), len(true), len(predicted)


def _near(times: NDArray[np.float64], others: NDArray[np.float64]) -> int:
    """How many of the times lie within the tolerance of any of the others."""
    if not len(others):
        return 0
    distance = np.abs(times[:, None] - others[None, :])
    return int((distance.min(axis=1) <= TOLERANCE_S + _ROUNDING_S).sum())


def _f1(counts: Sequence[int]) -> float:
    found, right, references, predictions = counts
    if not (found and right):
        return 0.0
    sensitivity, precision = found / references, right / predictions
    return 2 * sensitivity * precision / (sensitivity + precision)
