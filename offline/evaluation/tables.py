"""The figures of an evaluation as text."""

import numpy as np

from ..scoring import Counts
from .evaluate import PEAK_BEFORE_CENTRE_S, Evaluation

_RATE_STEP = 20  # bpm to a row


def figures_table(evaluation: Evaluation) -> str:
    """All figures of a set."""
    figures = evaluation.as_dict()
    lines = [
        f"{figures['recordings']} recordings",
        "  tol  kind    refs  preds  sens %  prec %    F1 %  swap %  MAE ms  bias ms",
    ]
    for tolerance, row in figures["tolerance_ms"].items():
        for kind in ("S1", "S2", "both"):
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
    if evaluation.of_marks:
        lines.append(
            f"marks are of peaks: predictions are scored {PEAK_BEFORE_CENTRE_S * 1000:g} ms before their centre, as by "
            "`curve` and `compare`"
        )
    if np.isfinite(evaluation.calibration_error):
        lines.append(f"confidence is off by {evaluation.calibration_error * 100:.1f} % (expected calibration error)")
    lines.append(f"coverage {evaluation.coverage * 100:.1f} % of the annotated time")
    if evaluation.lag_s:
        lag = ", ".join(f"{name} {value * 1000:.0f} ms" for name, value in evaluation.lag_s.items())
        lines.append(f"lag from a sound's centre: {lag}")
    return "\n".join(lines)


def rate_table(evaluation: Evaluation) -> str:
    """F1 within 60 ms by the recordings' median heart rate."""
    pooled: dict[int, Counts] = {}
    for s in evaluation.scored:
        if np.isfinite(s.bpm):
            low = int(s.bpm // _RATE_STEP * _RATE_STEP)
            pooled[low] = pooled.get(low, Counts()) + s.counts
    lines = ["    bpm    refs    F1 %  swap %"]
    lines += [
        f"{low:3d}–{low + _RATE_STEP - 1:3d}{c.references:8d}{c.f1 * 100:8.2f}{c.swap_rate * 100:8.2f}"
        for low, c in sorted(pooled.items())
    ]
    return "\n".join(lines)


def worst_table(evaluation: Evaluation, count: int) -> str:
    """The recordings with most errors within 60 ms, with the kinds of errors."""
    lines = ["errors  missed  false  swaps   refs   bpm  recording"]
    errors = 0
    for s in evaluation.worst(count):
        c = s.counts
        errors += c.fp + c.fn
        lines.append(f"{c.fp + c.fn:6d}{c.fn:8d}{c.fp:7d}{c.swaps:7d}{c.references:7d}{s.bpm:6.0f}  {s.name}")
    all_errors = sum(s.counts.fp + s.counts.fn for s in evaluation.scored)
    if all_errors:
        lines.append(f"together {errors / all_errors * 100:.0f} % of all errors")
    return "\n".join(lines)
