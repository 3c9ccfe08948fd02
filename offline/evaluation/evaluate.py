"""Scores of a set of recordings, as a table and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..datasets.pascal import PASCAL_TABLE
from ..datasets.recording import DataError, Recording
from ..datasets.sets import public_set
from ..formats import FORMATS, read_annotation, read_prediction, read_recording, result_of
from ..scoring import (
    HEADLINE_S,
    KINDS,
    TOLERANCES_S,
    Counts,
    Prediction,
    Reference,
    by_centre,
    calibration_error,
    coverage,
    median_bpm,
    outcomes,
    reference_of,
    score,
)

PEAK_BEFORE_CENTRE_S = 0.0255
"""A PASCAL mark is a sound's peak, which lies this much before its centre; `as_marked` takes it out."""

_RATES = 20  # bpm to a row of `by_rate`
_QUANTILES = (0.5, 0.95, 1.0)
_AUDIO = (".flac", ".wav")  # as the public sets have it


@dataclass(frozen=True)
class Scored:
    """A reference with its prediction. audio: the recording, or the annotation alone."""

    name: str
    reference: Reference
    prediction: Prediction
    audio: Path = Path()


def read_set(folder: Path) -> list[Recording]:
    """The annotated recordings of a folder, whichever supported set it is. Raises DataError."""
    return list(public_set(folder).read(folder, None))


def pair_up(reference: Path, predictions: Path) -> tuple[list[Scored], list[str]]:
    """References with their predictions, and the names that have none (scored as empty). Raises DataError.

    reference: a folder of a supported set, or one annotation. predictions: a folder of results, or one file. Results
    of `segment`, in any format, serve as references too.
    """
    if reference.is_file():
        named = predictions if predictions.is_file() else reference
        recordings = [read_annotation(reference, named.stem.removesuffix("_StateAns"))]
    else:
        results = _results(reference)
        recordings = [read_recording(path) for path in results] if results else read_set(reference)
        if predictions.is_file():
            raise DataError(
                f"{predictions}: is one file, and {reference} a folder of references; name a folder of results"
            )
    if not predictions.exists():
        raise DataError(f"{predictions}: no such file or folder")
    scored, missing = [], []
    for recording in recordings:
        found = predictions if predictions.is_file() else result_of(predictions, recording.name)
        if found:
            prediction = read_prediction(found)
        else:
            missing.append(recording.name)
            empty = {k: np.zeros(0) for k in KINDS}
            prediction = Prediction({k: by_centre([]) for k in KINDS}, empty, empty)
        scored.append(Scored(recording.name, reference_of(recording), prediction, recording.audio))
    return scored, missing


def _results(folder: Path) -> list[Path]:
    """The results of a folder that is no public set, one for each name."""
    if (folder / PASCAL_TABLE).exists() or any(next(folder.glob(f"*{e}"), None) for e in _AUDIO):
        return []
    names = sorted({path.stem for form in FORMATS.values() for path in folder.glob(f"*{form.ending}")})
    return [path for name in names if (path := result_of(folder, name))]


def as_marked(prediction: Prediction, recording: Recording) -> Prediction:
    """The prediction by the recording's own convention: where a mark is a sound's peak, moved from centre to peak."""
    by_s = PEAK_BEFORE_CENTRE_S if recording.points else 0.0
    return Prediction(
        {k: v - by_s for k, v in prediction.sounds.items()},
        {k: v - by_s for k, v in prediction.emitted.items()},
        prediction.confidence,
    )


def evaluate(scored: Sequence[Scored]) -> dict[str, Any]:
    """All figures of a set: per tolerance and kind, macro F1, coverage, and the lag in seconds."""
    result: dict[str, Any] = {"recordings": len(scored), "tolerance_ms": {}}
    for tolerance in TOLERANCES_S:
        each = [score(s.reference, s.prediction, tolerance) for s in scored]
        pooled = {kind: sum((c[kind] for c in each), Counts()) for kind in KINDS}
        pooled["both"] = pooled["S1"] + pooled["S2"]
        whole = [c["S1"] + c["S2"] for c in each]
        f1 = [c.f1 for c in whole if c.tp + c.fn]
        either = [score(*_either(s), tolerance)["S1"] for s in scored]
        result["tolerance_ms"][round(tolerance * 1000)] = {
            **{kind: _figures(c) for kind, c in pooled.items()},
            "macro_f1": float(np.mean(f1)) if f1 else float("nan"),
            "class_agnostic_f1": sum(either, Counts()).f1,
        }
    result["coverage"] = coverage([(s.reference, s.prediction) for s in scored])
    pairs = [outcomes(s.reference, s.prediction, HEADLINE_S) for s in scored]
    confidence, right = (np.concatenate([np.zeros(0), *column]) for column in zip(*pairs, strict=True))
    known = np.isfinite(confidence)
    result["calibration_error"] = calibration_error(confidence[known], right[known])
    result["lag_s"] = _lag(scored)
    return result


def _either(s: Scored) -> tuple[Reference, Prediction]:
    """The same with S1 and S2 taken as one kind."""
    true = by_centre(np.concatenate([s.reference.sounds[k] for k in KINDS]).tolist())
    found = by_centre(np.concatenate([s.prediction.sounds[k] for k in KINDS]).tolist())
    none = by_centre([])
    return (
        Reference({"S1": true, "S2": none}, s.reference.spans, s.reference.cut),
        Prediction({"S1": found, "S2": none}),
    )


def _figures(c: Counts) -> dict[str, float]:
    error = c.all_errors * 1000
    return {
        "references": c.references, "predictions": c.predictions, "tp": c.tp, "fp": c.fp, "fn": c.fn,
        "sensitivity": c.sensitivity, "precision": c.precision, "f1": c.f1,
        "swaps": c.swaps, "swap_rate": c.swap_rate,
        "mae_ms": float(np.abs(error).mean()) if len(error) else float("nan"),
        "median_error_ms": float(np.median(np.abs(error))) if len(error) else float("nan"),
        "bias_ms": float(error.mean()) if len(error) else float("nan"),
    }  # fmt: skip


def _lag(scored: Sequence[Scored]) -> dict[str, float] | None:
    lags = [np.zeros(0)]
    for s in scored:
        for kind in KINDS:
            if len(s.prediction.emitted.get(kind, ())):
                lags.append(s.prediction.emitted[kind] - s.prediction.sounds[kind].mean(axis=1))
    lag = np.concatenate(lags)
    lag = lag[np.isfinite(lag)]
    return {f"q{q:g}": float(np.quantile(lag, q)) for q in _QUANTILES} if len(lag) else None


def by_rate(scored: Sequence[Scored]) -> str:
    """F1 within 60 ms by the recordings' median heart rate, as a text table."""
    pooled: dict[int, Counts] = {}
    for s in scored:
        rate = _bpm(s)
        if rate == rate:
            low = int(rate // _RATES * _RATES)
            pooled[low] = pooled.get(low, Counts()) + _counts(s)
    lines = ["    bpm    refs    F1 %  swap %"]
    lines += [
        f"{low:3d}–{low + _RATES - 1:3d}{c.references:8d}{c.f1 * 100:8.2f}{c.swap_rate * 100:8.2f}"
        for low, c in sorted(pooled.items())
    ]
    return "\n".join(lines)


def _bpm(s: Scored) -> float:
    return median_bpm(s.reference.sounds["S1"].mean(axis=1))


def _counts(s: Scored) -> Counts:
    return sum(score(s.reference, s.prediction, HEADLINE_S).values(), Counts())


def worst(scored: Sequence[Scored], count: int) -> list[Scored]:
    """The recordings with most errors within 60 ms, the worst first."""
    cost = {s.name: (c := _counts(s)).fp + c.fn for s in scored}
    return sorted(scored, key=lambda s: (-cost[s.name], s.name))[:count]


def worst_table(scored: Sequence[Scored], count: int) -> str:
    """The recordings with most errors within 60 ms, as a text table with what kind of errors they are."""
    lines = ["errors  missed  false  swaps   refs   bpm  recording"]
    found = 0
    for s in worst(scored, count):
        c = _counts(s)
        found += c.fp + c.fn
        lines.append(f"{c.fp + c.fn:6d}{c.fn:8d}{c.fp:7d}{c.swaps:7d}{c.references:7d}{_bpm(s):6.0f}  {s.name}")
    every = sum(c.fp + c.fn for c in map(_counts, scored))
    if every:
        lines.append(f"together {found / every * 100:.0f} % of all errors")
    return "\n".join(lines)


def table(result: dict[str, Any]) -> str:
    """The figures as a text table."""
    lines = [
        f"{result['recordings']} recordings",
        "  tol  kind    refs  preds  sens %  prec %    F1 %  swap %  MAE ms  bias ms",
    ]
    for tolerance, row in result["tolerance_ms"].items():
        for kind in (*KINDS, "both"):
            c = row[kind]
            lines.append(
                f"{tolerance:4d}  {kind:5s}{c['references']:7d}{c['predictions']:7d}{c['sensitivity'] * 100:8.2f}"
                f"{c['precision'] * 100:8.2f}{c['f1'] * 100:8.2f}{c['swap_rate'] * 100:8.2f}{c['mae_ms']:8.1f}"
                f"{c['bias_ms']:+9.1f}"
            )
        lines.append(
            f"      macro F1 {row['macro_f1'] * 100:.2f} %, F1 with S1 and S2 as one kind "
            f"{row['class_agnostic_f1'] * 100:.2f} %"
        )
    if np.isfinite(result["calibration_error"]):
        lines.append(f"confidence is off by {result['calibration_error'] * 100:.1f} % (expected calibration error)")
    lines.append(f"coverage {result['coverage'] * 100:.1f} % of the annotated time")
    if result["lag_s"]:
        lines.append(
            "lag from a sound's centre: " + ", ".join(f"{k} {v * 1000:.0f} ms" for k, v in result["lag_s"].items())
        )
    return "\n".join(lines)
