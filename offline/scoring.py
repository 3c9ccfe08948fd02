"""Scores of predicted heart sounds against reference annotations. `score` states the rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..stream.events import KINDS as KINDS
from ..stream.vitals import LONGEST_CYCLE_S
from .datasets.reference import Reference as Reference
from .datasets.reference import by_centre as by_centre
from .datasets.reference import reference_of as reference_of

TOLERANCES_S = (0.04, 0.06, 0.1)
HEADLINE_S = 0.06

_ROUNDING_S = 1e-9
_SHORTEST_CYCLE_S = 0.2


@dataclass(frozen=True)
class Prediction:
    """Predicted sounds.

    Attributes
    ----------
    sounds
        For each kind, shape (n, 2): start and end in seconds, in the order of the centres.
    emitted
        For each kind, shape (n,): when each was emitted, in seconds; nan if unknown.
    confidence
        For each kind, shape (n,): 0 to 1; nan if unknown.

    Examples
    --------
    >>> Prediction({"S1": np.array([[0.0, 0.1]]), "S2": np.zeros((0, 2))}).confidence
    {}
    """

    sounds: dict[str, NDArray[np.float64]]
    emitted: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    confidence: dict[str, NDArray[np.float64]] = field(default_factory=dict)


def median_bpm(s1_s: NDArray[np.float64], longest_s: float = LONGEST_CYCLE_S) -> float:
    """Median heart rate of successive S1, shape (n,), in seconds; nan without any two.

    Cycles longer than `longest_s` lack a sound. The default is the limit of every heart rate that is shown.
    """
    cycle = np.diff(s1_s)
    cycle = cycle[(cycle > _SHORTEST_CYCLE_S) & (cycle <= longest_s)]
    return 60.0 / float(np.median(cycle)) if len(cycle) else float("nan")


def match(
    a: NDArray[np.float64], b: NDArray[np.float64], tolerance: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Maximum one-to-one matching of two sorted arrays of times, shapes (n,) and (m,): index arrays (i, j).

    Of all matchings of maximum size, one of least total error. Works cluster by cluster, so that a day of sound
    costs no more per beat than a minute.
    """
    from scipy.optimize import linear_sum_assignment  # half a second, which help should not wait for

    tolerance += _ROUNDING_S
    times = np.concatenate([a, b])
    order = np.argsort(times, kind="stable")
    breaks = np.flatnonzero(np.diff(times[order]) > tolerance) + 1
    ii, jj = [], []
    for cluster in np.split(order, breaks):
        i, j = np.sort(cluster[cluster < len(a)]), np.sort(cluster[cluster >= len(a)]) - len(a)
        if not len(i) or not len(j):
            continue
        distance = np.abs(a[i][:, None] - b[j][None, :])
        allowed = distance <= tolerance
        cost = np.where(allowed, distance, 10.0 * (tolerance + 1.0) * (1 + min(len(i), len(j))))
        r, c = linear_sum_assignment(cost)
        is_allowed = allowed[r, c]
        ii.append(i[r[is_allowed]])
        jj.append(j[c[is_allowed]])
    empty = np.zeros(0, np.int64)
    return np.concatenate([empty, *ii]), np.concatenate([empty, *jj])


@dataclass
class Counts:
    """Counts of one kind in one recording or many. `+` pools.

    Attributes
    ----------
    tp
        Reference sounds that were found.
    fp
        Predictions that are wrong.
    fn
        Reference sounds that were missed.
    swaps
        Missed ones with a prediction of the other kind in their place.
    references
        All reference sounds.
    predictions
        All predictions that are scored.
    errors
        Centre errors of the matches, predicted minus reference, in seconds: arrays of shape (n,).

    Examples
    --------
    >>> (Counts(tp=9, fp=1, fn=1) + Counts(tp=9, fp=1, fn=1)).f1
    0.9
    """

    tp: int = 0
    fp: int = 0
    fn: int = 0
    swaps: int = 0
    references: int = 0
    predictions: int = 0
    errors: tuple[NDArray[np.float64], ...] = ()

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.swaps + other.swaps,
            self.references + other.references, self.predictions + other.predictions, self.errors + other.errors,
        )  # fmt: skip

    @property
    def sensitivity(self) -> float:
        """TP / (TP + FN)."""
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def precision(self) -> float:
        """TP / (TP + FP)."""
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN)."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def swap_rate(self) -> float:
        """Swaps / reference sounds."""
        return _ratio(self.swaps, self.references)

    @property
    def all_errors(self) -> NDArray[np.float64]:
        """Centre errors of matched sounds, predicted minus reference, in seconds: shape (tp,)."""
        return np.concatenate([np.zeros(0), *self.errors])

    @property
    def mae_ms(self) -> float:
        """Mean absolute error of the centre, in ms."""
        return _mean_ms(np.abs(self.all_errors))

    @property
    def bias_ms(self) -> float:
        """Mean error of the centre, in ms; positive where predictions are late."""
        return _mean_ms(self.all_errors)

    def as_dict(self) -> dict[str, float]:
        """Counts and figures, for JSON."""
        error = np.abs(self.all_errors)
        return {
            "references": self.references, "predictions": self.predictions,
            "tp": self.tp, "fp": self.fp, "fn": self.fn,
            "sensitivity": self.sensitivity, "precision": self.precision, "f1": self.f1,
            "swaps": self.swaps, "swap_rate": self.swap_rate, "mae_ms": self.mae_ms,
            "median_error_ms": float(np.median(error * 1000)) if len(error) else float("nan"),
            "bias_ms": self.bias_ms,
        }  # fmt: skip


def _ratio(a: float, b: float) -> float:
    return a / b if b else float("nan")


def _mean_ms(error: NDArray[np.float64]) -> float:
    return float((error * 1000).mean()) if len(error) else float("nan")


def score(reference: Reference, prediction: Prediction, tolerance: float) -> dict[str, Counts]:
    """Counts per kind for one recording.

    A prediction is right when its centre lies within the tolerance of the centre of a reference sound of the same
    kind, matched one to one (a maximum matching, as `mir_eval.util.match_events` of Raffel et al., ISMIR 2014; of
    those, one of least total error). Time that nobody annotated is not scored. A reference sound that is cut by the
    edge of annotated time is left out, with the predictions at it. A swap is a missed reference sound with an
    unmatched prediction of the other kind in its place.

    Parameters
    ----------
    reference
        The annotated sounds, as `reference_of` makes them of a `Recording`.
    prediction
        The sounds to judge.
    tolerance
        The longest distance of the centres, in seconds.

    Examples
    --------
    >>> s1, s2 = np.array([[0.0, 0.1], [0.8, 0.9]]), np.array([[0.3, 0.4]])
    >>> reference = Reference({"S1": s1, "S2": s2}, spans=np.array([[0.0, 1.0]]), cut=np.zeros((0, 2)))
    >>> counts = score(reference, Prediction({"S1": s1[:1] + 0.02, "S2": s2}), tolerance=0.06)
    >>> counts["S1"].sensitivity, counts["S1"].precision, round(counts["S1"].bias_ms)
    (0.5, 1.0, 20)
    """
    true = {k: reference.sounds[k].mean(axis=1) for k in KINDS}
    predicted = {k: prediction.sounds[k].mean(axis=1) for k in KINDS}
    counts, missed, spare = {}, {}, {}
    for kind in KINDS:
        i, j = match(true[kind], predicted[kind], tolerance)
        missed[kind] = np.delete(true[kind], i)
        spare[kind] = np.delete(predicted[kind], j)
        false = int(is_scored(spare[kind], reference, tolerance).sum())
        error = predicted[kind][j] - true[kind][i]
        counts[kind] = Counts(len(i), false, len(missed[kind]), 0, len(true[kind]), len(i) + false, (error,))
    for kind, other in (("S1", "S2"), ("S2", "S1")):
        counts[kind].swaps = len(match(missed[kind], spare[other], tolerance)[0])
    return counts


def is_scored(centres: NDArray[np.float64], reference: Reference, tolerance: float) -> NDArray[np.bool_]:
    """Which predicted centres count, in seconds, shape (n,): those in annotated time, and not at a cut sound."""
    return _within(centres, reference.spans) & ~_within(centres, reference.cut, tolerance)


def _within(times: NDArray[np.float64], spans: NDArray[np.float64], margin: float = 0.0) -> NDArray[np.bool_]:
    is_within = np.zeros(len(times), bool)
    for start, end in spans:
        is_within |= (times >= start - margin) & (times <= end + margin)
    return is_within


def coverage(recordings: Sequence[tuple[Reference, Prediction]], longest_pause_s: float = 2.0) -> float:
    """Share of annotated time in which the engine did not abstain.

    It abstains where it names no sound: between two sounds further apart than `longest_pause_s`, and from an edge
    of annotated time to the first or last sound where that is longer than half of it.
    """
    annotated = abstained = 0.0
    for reference, prediction in recordings:
        centres = np.sort(np.concatenate([prediction.sounds[k].mean(axis=1) for k in KINDS]))
        for start, end in reference.spans:
            end = end if np.isfinite(end) else float(max([start, *centres]))
            annotated += end - start
            within = centres[(centres > start) & (centres < end)]
            steps = np.diff(np.concatenate([[start], within, [end]]))
            limit = np.full(len(steps), longest_pause_s)
            limit[[0, -1]] = longest_pause_s / 2 if len(within) else 0.0
            abstained += float(steps[steps > limit].sum())
    return 1.0 - _ratio(abstained, annotated)
