"""Calibration of the confidence: from the mean posterior of a sound to its probability of being right.

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
from ..evaluation.evaluate import evaluate
from ..evaluation.networks import by_network
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
    slope, intercept = fit(*evaluate(recordings, by_network(network, DEFAULT_LAG)).outcomes)
    for form in (name, whole(name)):
        amend(folder, form, calibration=[round(slope, 4), round(intercept, 4)])
    return slope, intercept
