"""The one evaluation loop, and the figures of a set of recordings.

Every command that scores uses it, so the same events get the same figures from all of them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..datasets.recording import Recording
from ..scoring import HEADLINE_S, KINDS, TOLERANCES_S, Counts, Prediction, coverage, reference_of
from .confidence import calibration_error, outcomes, risk_of_surest
from .scored import PEAK_BEFORE_CENTRE_S as PEAK_BEFORE_CENTRE_S
from .scored import ScoredRecording
from .scored import as_marked as as_marked

Predict = Callable[[Recording], Prediction]
"""Segments a recording. Raises SourceError or DataError."""

SHARES_KEPT = (1.0, 0.95, 0.9, 0.8, 0.5)
"""Points of the risk-coverage curve: parts of the sounds that are kept, the surest first."""

_QUANTILES = (0.5, 0.95, 1.0)
_PROGRESS_EVERY = 50  # recordings


@dataclass(frozen=True)
class Figures:
    """A set's counts at one tolerance, pooled over its recordings.

    macro_f1: mean over the recordings with a reference. class_agnostic_f1: pooled, S1 and S2 as one kind.
    """

    s1: Counts
    s2: Counts
    macro_f1: float
    class_agnostic_f1: float

    @property
    def both(self) -> Counts:
        """Counts of both kinds together."""
        return self.s1 + self.s2

    def as_dict(self) -> dict[str, Any]:
        """The figures, for JSON."""
        return {
            "S1": self.s1.as_dict(),
            "S2": self.s2.as_dict(),
            "both": self.both.as_dict(),
            "macro_f1": self.macro_f1,
            "class_agnostic_f1": self.class_agnostic_f1,
        }


@dataclass(frozen=True)
class Evaluation:
    """How well one way to segment fits a set of references. F1, counts and swaps are within 60 ms.

    Attributes
    ----------
    scored
        The recordings, each with its reference and its prediction.

    Examples
    --------
    >>> Evaluation(()).swaps
    0
    """

    scored: tuple[ScoredRecording, ...]

    @property
    def f1(self) -> float:
        """Pooled F1."""
        return self.at(HEADLINE_S).both.f1

    @property
    def s1(self) -> Counts:
        """Pooled counts of S1."""
        return self.at(HEADLINE_S).s1

    @property
    def s2(self) -> Counts:
        """Pooled counts of S2."""
        return self.at(HEADLINE_S).s2

    @property
    def swaps(self) -> int:
        """Reference sounds with a prediction of the other kind in their place."""
        return self.at(HEADLINE_S).both.swaps

    @property
    def swap_rate(self) -> float:
        """Swaps / reference sounds."""
        return self.at(HEADLINE_S).both.swap_rate

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the recordings."""
        return self.at(HEADLINE_S).macro_f1

    @property
    def class_agnostic_f1(self) -> float:
        """Pooled F1 with S1 and S2 taken as one kind."""
        return self.at(HEADLINE_S).class_agnostic_f1

    @property
    def of_marks(self) -> bool:
        """Whether references are marks, so that predictions were moved from centre to peak."""
        return any(s.recording.points for s in self.scored)

    def at(self, tolerance_s: float) -> Figures:
        """The figures at another tolerance: `tolerance_s`, in seconds."""
        if tolerance_s not in self._figures:
            self._figures[tolerance_s] = self._figures_at(tolerance_s)
        return self._figures[tolerance_s]

    @cached_property
    def _figures(self) -> dict[float, Figures]:
        return {}

    def _figures_at(self, tolerance_s: float) -> Figures:
        counts = [s.score(tolerance_s) for s in self.scored]
        pooled = {kind: sum((c[kind] for c in counts), Counts()) for kind in KINDS}
        each = [c["S1"] + c["S2"] for c in counts]
        f1 = [c.f1 for c in each if c.tp + c.fn]
        one_kind = sum((s.score_as_one_kind(tolerance_s) for s in self.scored), Counts())
        return Figures(pooled["S1"], pooled["S2"], float(np.mean(f1)) if f1 else float("nan"), one_kind.f1)

    @cached_property
    def coverage(self) -> float:
        """Share of annotated time in which the engine did not abstain."""
        return coverage([(s.reference, s.aligned) for s in self.scored])

    @cached_property
    def outcomes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Confidence of each scored sound, nan where unknown, and 1 where it is right, else 0: shapes (n,)."""
        pairs = [outcomes(s.reference, s.aligned, HEADLINE_S) for s in self.scored]
        none = np.zeros(0)
        return np.concatenate([none, *(c for c, _ in pairs)]), np.concatenate([none, *(right for _, right in pairs)])

    @cached_property
    def calibration_error(self) -> float:
        """Expected calibration error of the confidence; nan where no sound has one."""
        return calibration_error(*self._known_outcomes)

    @cached_property
    def risk(self) -> dict[str, float]:
        """Share of errors among the surest sounds, by the percentage of the sounds that is kept."""
        return {f"{share:.0%}": risk_of_surest(*self._known_outcomes, share) for share in SHARES_KEPT}

    @cached_property
    def _known_outcomes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        confidence, right = self.outcomes
        known = np.isfinite(confidence)
        return confidence[known], right[known]

    @cached_property
    def _lags(self) -> NDArray[np.float64]:
        lags = [np.zeros(0)]
        for s in self.scored:
            lags += [
                s.aligned.emitted[kind] - s.aligned.sounds[kind].mean(axis=1)
                for kind in KINDS
                if len(s.aligned.emitted.get(kind, ()))
            ]
        return np.concatenate(lags)

    @property
    def lag_s(self) -> dict[str, float] | None:
        """Quantiles of the lag from a sound's centre to its event, in seconds; None where no lag is known.

        Sounds that were withheld until a heart was believed are left out. `late_share` counts them.
        """
        lag = self._lags[np.isfinite(self._lags)]
        return {f"q{q:g}": float(np.quantile(lag, q)) for q in _QUANTILES} if len(lag) else None

    @property
    def late_share(self) -> float:
        """Share of the sounds that were withheld and named late; nan where no lag is known."""
        return float(np.isnan(self._lags).mean()) if np.isfinite(self._lags).any() else float("nan")

    def worst(self, count: int) -> list[ScoredRecording]:
        """The `count` recordings with most errors, the worst first."""
        return sorted(self.scored, key=lambda s: (-(s.counts.fp + s.counts.fn), s.name))[:count]

    def as_dict(self) -> dict[str, Any]:
        """All figures, for JSON; tolerances in ms."""
        return {
            "recordings": len(self.scored),
            "tolerance_ms": {round(t * 1000): self.at(t).as_dict() for t in TOLERANCES_S},
            "coverage": self.coverage,
            "calibration_error": self.calibration_error,
            "risk": self.risk,
            "lag_s": self.lag_s,
            "late_share": self.late_share,
        }


def evaluate(
    recordings: Iterable[Recording], predict: Predict, say: Callable[[str], None] = lambda line: None, name: str = ""
) -> Evaluation:
    """Segment annotated recordings and score the sounds, as `score` does. Raises the errors of `predict`.

    Parameters
    ----------
    recordings
        With their annotations.
    predict
        Segments one of them: a function of a `Recording` that returns a `Prediction`.
    say
        Gets a line about the progress every 50 recordings.
    name
        Of the set, for that line.

    Examples
    --------
    >>> from pathlib import Path
    >>> from heartseg.offline import Recording
    >>> from heartseg.offline.scoring import Prediction, reference_of
    >>> start_s, state = np.array([0.0, 0.1, 0.3, 0.4]), np.array([2, 3, 4, 1], np.int8)
    >>> recording = Recording("a", Path("a.wav"), "person 1", start_s, np.append(start_s[1:], 0.5), state)
    >>> evaluate([recording], lambda recording: Prediction(reference_of(recording).sounds)).f1
    1.0
    """
    return evaluate_each(recordings, ("",), lambda recording: {"": predict(recording)}, say, name)[""]


def evaluate_each(
    recordings: Iterable[Recording],
    ways: Iterable[str],
    predict: Callable[[Recording], Mapping[str, Prediction]],
    say: Callable[[str], None] = lambda line: None,
    name: str = "",
) -> dict[str, Evaluation]:
    """As `evaluate`, for several ways to segment that share work: an evaluation for each way.

    predict: one prediction of a recording for each way.
    """
    recordings = list(recordings)
    scored: dict[str, list[ScoredRecording]] = {way: [] for way in ways}
    for number, recording in enumerate(recordings, 1):
        reference = reference_of(recording)
        for way, prediction in predict(recording).items():
            scored[way].append(ScoredRecording(recording, reference, prediction))
        if number % _PROGRESS_EVERY == 0 or number == len(recordings):
            say((f"{name}: " if name else "") + f"{number} of {len(recordings)} recordings")
    return {way: Evaluation(tuple(rows)) for way, rows in scored.items()}
