"""The model of sound in systole: a few weights in JSON, no network."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import ModelError, one_line

SYSTOLE = "systole-1"
"""The shipped model of sound in systole."""

_VECTORS = ("centre", "scale", "weights")
_NUMBERS = ("intercept", "heard", "not_heard", "confidence")


def probability(logit: float) -> float:
    """The logistic function.

    >>> probability(0.0)
    0.5
    """
    return 0.5 + 0.5 * math.tanh(logit / 2)


@dataclass(frozen=True)
class SystoleModel:
    """A logistic regression on the features of several beats, and the rule that makes three answers of it.

    Attributes
    ----------
    name
        Of the model.
    centre
        Mean of each feature, shape (features,).
    scale
        Standard deviation of each feature, shape (features,).
    weights
        Of each feature, shape (features,): logit = intercept + sum(weights (x - centre) / scale).
    intercept
        The constant of the logit. The logit is calibrated.
    person
        a and b of the logit of one person: a m + b, where m is the mean of the two highest logits of the positions.
    heard
        Least probability of "heard".
    not_heard
        Largest probability of "not heard". Between the two the model cannot tell.
    confidence
        Least mean confidence of the beats for "not heard".

    Examples
    --------
    >>> model = load_systole()
    >>> 0 < model.not_heard < model.heard < 1
    True
    """

    name: str
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]
    intercept: float
    person: tuple[float, float]
    heard: float
    not_heard: float
    confidence: float

    def logit(self, features: NDArray[np.float64]) -> float:
        """Log odds that something sounds in systole. features: shape (features,)."""
        return float(self.intercept + self.weights @ ((features - self.centre) / self.scale))

    def person_probability(self, logits: Sequence[float]) -> float:
        """Probability, 0 to 1, that a murmur is heard in a person. logits: of one position or more on the chest."""
        slope, intercept = self.person
        highest = sorted(logits)[-2:]
        return probability(slope * sum(highest) / len(highest) + intercept)

    def as_dict(self) -> dict[str, Any]:
        """The entries of its file."""
        vectors = {key: [round(float(v), 5) for v in getattr(self, key)] for key in _VECTORS}
        numbers = {key: round(float(getattr(self, key)), 4) for key in _NUMBERS}
        return {"name": self.name, **vectors, **numbers, "person": [round(v, 4) for v in self.person]}


def load_systole(model: str | Path = SYSTOLE) -> SystoleModel:
    """Load a model of sound in systole.

    Parameters
    ----------
    model
        The name of a shipped one, or the path of a .json file.

    Raises
    ------
    ModelError
        If it cannot be read, or is no such model.

    Examples
    --------
    >>> load_systole().name
    'systole-1'
    """
    path = model if isinstance(model, Path) else Path(__file__).parent / f"{model}.json"
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        vectors = {key: np.array(entries[key], np.float64) for key in _VECTORS}
        numbers = {key: float(entries[key]) for key in _NUMBERS}
        slope, intercept = (float(v) for v in entries["person"])
        name = str(entries["name"])
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(f"{path}: not a model of sound in systole ({one_line(error)})") from None
    shapes = {v.shape for v in vectors.values()}
    values = [*vectors.values(), np.array([*numbers.values(), slope, intercept])]
    if len(shapes) != 1 or not all(np.isfinite(v).all() for v in values) or not (vectors["scale"] > 0).all():
        raise ModelError(f"{path}: centre, scale and weights should be as many finite numbers, and scale above 0")
    return SystoleModel(
        name, vectors["centre"], vectors["scale"], vectors["weights"], numbers["intercept"], (slope, intercept),
        numbers["heard"], numbers["not_heard"], numbers["confidence"],
    )  # fmt: skip
