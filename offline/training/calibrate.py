"""Confidence that means something: from the mean posterior of a sound to its chance of being right.

Platt scaling (Platt, Advances in Large Margin Classifiers, 1999): confidence = sigmoid(a logit(p) + b).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ...models import load, whole
from ...stream.segmenter.lag import DEFAULT_LAG
from ..datasets.recording import Recording
from ..formats import prediction_of
from ..scoring import HEADLINE_S, outcomes, reference_of
from ..segment import segment
from .export import amend


def fit(confidence: NDArray[np.float64], right: NDArray[np.float64]) -> tuple[float, float]:
    """Slope a and intercept b of the curve from confidences to the chance of being right, arrays of shape (n,)."""
    p = np.clip(confidence, 1e-6, 1 - 1e-6)
    odds = np.log(p / (1 - p))

    def cost(w: NDArray[np.float64]) -> float:
        z = w[0] * odds + w[1]
        return float(np.mean(np.logaddexp(0.0, z) - right * z))

    slope, intercept = minimize(cost, np.array([1.0, 0.0]), method="BFGS").x
    return float(slope), float(intercept)


def calibrate(recordings: Sequence[Recording], folder: Path, name: str) -> tuple[float, float]:
    """Fit a network's confidence on annotated recordings and write it into its card; returns slope, intercept.

    The form for whole recordings gets the same, since its posteriors are of the same kind.

    Raises ModelError, SourceError.
    """
    amend(folder, name, calibration=[1.0, 0.0])
    network = load(name, folder)
    pairs = []
    for recording in recordings:
        events, *_ = segment(recording.audio, network, DEFAULT_LAG)
        pairs.append(outcomes(reference_of(recording), prediction_of(events), HEADLINE_S))
    found = fit(*(np.concatenate(column) for column in zip(*pairs, strict=True)))
    for form in (name, whole(name)):
        amend(folder, form, calibration=[round(v, 4) for v in found])
    return found
