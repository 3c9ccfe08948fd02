"""How far the confidence of sounds can be trusted."""

import numpy as np
from numpy.typing import NDArray

from ..scoring import KINDS, Prediction, Reference, is_scored, match


def outcomes(
    reference: Reference, prediction: Prediction, tolerance: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Confidence of each scored sound, nan where unknown, and 1 where it is right, else 0: shapes (n,)."""
    confidence, right = [np.zeros(0)], [np.zeros(0)]
    for kind in KINDS:
        centre = prediction.sounds[kind].mean(axis=1)
        hit = np.zeros(len(centre))
        hit[match(reference.sounds[kind].mean(axis=1), centre, tolerance)[1]] = 1.0
        scored = is_scored(centre, reference, tolerance) | (hit > 0)
        confidence.append(prediction.confidence[kind][scored])
        right.append(hit[scored])
    return np.concatenate(confidence), np.concatenate(right)


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.float64], bins: int = 15) -> float:
    """Expected calibration error over equal bins (Guo et al., ICML 2017)."""
    bin_index = np.minimum((confidence * bins).astype(int), bins - 1)
    error = [
        abs(confidence[bin_index == b].mean() - right[bin_index == b].mean()) * (bin_index == b).mean()
        for b in np.unique(bin_index)
    ]
    return float(sum(error)) if error else float("nan")


def risk_of_surest(confidence: NDArray[np.float64], right: NDArray[np.float64], share: float) -> float:
    """Share of errors among the surest sounds, nan without any: a point of the risk-coverage curve.

    share: part of the sounds that is kept, the surest first (selective risk: Geifman and El-Yaniv, NeurIPS 2017).
    """
    kept = np.argsort(-confidence, kind="stable")[: round(share * len(confidence))]
    return float(1 - right[kept].mean()) if len(kept) else float("nan")
