"""What was heard in an archive: a table with a row for each recording, and the line that ends a run."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...stream.rates import seconds
from ...stream.vitals import LEAST_COVERAGE
from ..beats import summary

if TYPE_CHECKING:
    from ..segmentation import Findings

Row = dict[str, Any]
"""A recording, by `COLUMNS`."""

COLUMNS = ("file", "seconds", "beats", "bpm", "systole_ms", "diastole_ms", "coverage", "confidence", "warnings")

_NAMES_SHOWN = 5


def row_of(file: Path, findings: "Findings") -> Row:
    """The row of a recording. Heart rate and intervals are None where too little was named.

    file: its path below the archive.
    """
    length = findings.accounts.captured
    medians = summary(findings.sounds, findings.gaps, length)
    return {
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


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def table(rows: Iterable[Row]) -> bytes:
    """The rows as CSV, by file. What is None is empty, and warnings are one text."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in sorted(rows, key=lambda row: str(row["file"])):
        writer.writerow({**row, "warnings": "; ".join(row["warnings"])})
    return text.getvalue().encode("utf-8", "replace")


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
