"""What was heard in an archive: a table with a row for each recording, and the line that ends a run."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...stream.events.systole import CANNOT_TELL, HEARD, NOT_HEARD, QUESTION, REVIEW
from ...stream.rates import seconds
from ...stream.vitals import LEAST_COVERAGE
from ..beats import summary

if TYPE_CHECKING:
    from ..segmentation import Findings

Row = dict[str, Any]
"""A recording, by `COLUMNS`."""

COLUMNS = ("file", "seconds", "beats", "bpm", "systole_ms", "diastole_ms", "coverage", "confidence", "warnings")

SYSTOLE_COLUMNS = ("systole", "systole_probability")
"""With `--systole`, besides: the last answer to "murmur-like sound in systole?", and its probability."""

_NAMES_SHOWN = 5


def row_of(file: Path, findings: "Findings", systole: bool = False) -> Row:
    """The row of a recording. Heart rate and intervals are None where too little was named.

    file: its path below the archive. systole: with `SYSTOLE_COLUMNS`.
    """
    length = findings.accounts.captured
    medians = summary(findings.sounds, findings.gaps, length)
    row: Row = {
        "file": file.as_posix(),
        "seconds": round(seconds(length), 3),
        "beats": medians.beats,
        "bpm": _rounded(medians.heart_rate, 1),
        "systole_ms": _rounded(medians.systole_ms, 1),
        "diastole_ms": _rounded(medians.diastole_ms, 1),
        "coverage": round(medians.coverage, 4),
        "confidence": _rounded(medians.confidence, 4),
        "warnings": findings.warnings,
    }
    if systole:
        answer = findings.systole
        row["systole"] = answer.answer if answer else CANNOT_TELL
        row["systole_probability"] = round(answer.probability, 3) if answer else None
    return row


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def table(rows: Iterable[Row]) -> bytes:
    """The rows as CSV, by file. What is None is empty, and warnings are one text."""
    ordered = sorted(rows, key=lambda row: str(row["file"]))
    columns = COLUMNS + SYSTOLE_COLUMNS if any("systole" in row for row in ordered) else COLUMNS
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for row in ordered:
        writer.writerow({**row, "warnings": "; ".join(row["warnings"])})
    return text.getvalue().encode("utf-8", "replace")


def systole_line(rows: Sequence[Row]) -> str:
    """How often each answer about systole was given, and what it is good for. Empty where none was wanted."""
    counts = Counter(row["systole"] for row in rows if "systole" in row)
    if not counts:
        return ""
    answers = ", ".join(f"{answer} in {counts[answer]}" for answer in (HEARD, NOT_HEARD, CANNOT_TELL))
    return f"{QUESTION}: {answers}; {REVIEW}"


def closing_line(rows: Sequence[Row]) -> str:
    """Recordings, their length, the share of it with a heart, and which of them have one in less than half."""
    length_s = sum(row["seconds"] for row in rows)
    share = sum(row["seconds"] * row["coverage"] for row in rows) / length_s if length_s else 0.0
    length = f"{length_s / 3600:.1f} h" if length_s >= 3600 else f"{length_s / 60:.1f} min"
    counted = f"{len(rows)} recording{'s' * (len(rows) != 1)}, {length}; a heart in {100 * share:.0f} % of the time"
    low = [row["file"] for row in rows if row["coverage"] < LEAST_COVERAGE]
    if not low:
        return counted
    names = ", ".join(low[:_NAMES_SHOWN]) + ", …" * (len(low) > _NAMES_SHOWN)
    return f"{counted}; {len(low)} under half: {names}"
