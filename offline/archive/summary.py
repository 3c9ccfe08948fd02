"""What was heard in an archive: a table with a row for each recording, and the line that ends a run."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
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
    has_systole = any("systole" in row for row in ordered)
    return b"".join(csv_lines(ordered, COLUMNS + SYSTOLE_COLUMNS if has_systole else COLUMNS))


def csv_lines(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[bytes]:
    """The head and the rows as lines of CSV. What is None or not there is empty, and warnings are one text."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({**row, "warnings": "; ".join(row.get("warnings", ()))})
        yield text.getvalue().encode("utf-8", "replace")
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode("utf-8", "replace")


@dataclass
class Totals:
    """Recordings and the seconds of them, those with a heart, and which recordings have one in less than half."""

    recordings: int = 0
    seconds: float = 0.0
    heart_s: float = 0.0
    low: int = 0
    low_names: list[str] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Count a recording."""
        self.recordings += 1
        self.seconds += row["seconds"]
        self.heart_s += row["seconds"] * row["coverage"]
        if row["coverage"] < LEAST_COVERAGE:
            self.low += 1
            self.low_names += [row["file"]] if len(self.low_names) < _NAMES_SHOWN else []

    def include(self, other: "Totals") -> None:
        """Count the recordings of others."""
        self.recordings += other.recordings
        self.seconds += other.seconds
        self.heart_s += other.heart_s
        self.low += other.low
        self.low_names = (self.low_names + other.low_names)[:_NAMES_SHOWN]

    @property
    def line(self) -> str:
        """What a run ends with."""
        share = self.heart_s / self.seconds if self.seconds else 0.0
        length = f"{self.seconds / 3600:.1f} h" if self.seconds >= 3600 else f"{self.seconds / 60:.1f} min"
        counted = f"{self.recordings} recording{'s' * (self.recordings != 1)}, {length}; "
        counted += f"a heart in {100 * share:.0f} % of the time"
        if not self.low:
            return counted
        names = ", ".join(self.low_names) + ", …" * (self.low > _NAMES_SHOWN)
        return f"{counted}; {self.low} under half: {names}"


def systole_line(rows: Iterable[Row]) -> str:
    """How often each answer about systole was given, and what it is good for. Rows without one do not count."""
    counts = Counter(row["systole"] for row in rows if "systole" in row)
    answers = ", ".join(f"{answer} in {counts[answer]}" for answer in (HEARD, NOT_HEARD, CANNOT_TELL))
    return f"{QUESTION}: {answers}; {REVIEW}"


def closing_line(rows: Iterable[Row]) -> str:
    """Recordings, their length, the share of it with a heart, and which of them have one in less than half."""
    totals = Totals()
    for row in rows:
        totals.add(row)
    return totals.line
