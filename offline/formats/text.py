"""Formats of a line each: JSON Lines, CirCor's TSV, Audacity's label track."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ...stream.events import Gap, Sound
from ...stream.rates import seconds
from ..datasets.recording import DataError, text_of
from ..scoring import KINDS
from .rows import GAP, Row, rows_of, states_of

if TYPE_CHECKING:
    from ..segmentation import Findings


def write_jsonl(findings: "Findings") -> bytes:
    """One object a line: the session, the events as the live engine writes them, the end."""
    from ...stream.sinks.session import end

    events = findings.events
    counts = Counter(event.kind for event in events if isinstance(event, Sound))
    lines = [findings.session, *(event.as_dict() for event in events), end(findings.accounts, counts)]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def write_tsv(findings: "Findings") -> bytes:
    """CirCor's form: start, end (seconds), state 1 to 4, tab-separated; 0 where the engine abstains."""
    states = states_of(rows_of(findings.events))
    last_s = states[-1][1] if states else 0.0
    length_s = seconds(findings.accounts.captured)
    if length_s > last_s:
        states.append((last_s, length_s, 0))
    return "".join(f"{start:.6f}\t{stop:.6f}\t{state}\n" for start, stop, state in states).encode()


def write_audacity(findings: "Findings") -> bytes:
    """Audacity's label track: start, end (seconds, six decimals), label."""
    lines = []
    for e in findings.events:
        if isinstance(e, Sound):
            lines.append(f"{seconds(e.onset):.6f}\t{seconds(e.offset):.6f}\t{e.kind}\n")
        elif isinstance(e, Gap):
            lines.append(f"{seconds(e.start):.6f}\t{seconds(e.end):.6f}\t{GAP}: {e.reason}\n")
    return "".join(lines).encode()


def read_jsonl(path: Path) -> list[Row]:
    """The sounds and gaps of a JSON Lines file. Raises DataError."""
    return _read(path, _json_row)


def read_tabbed(path: Path) -> list[Row]:
    """The sounds and gaps of a tab-separated file: start, end, and a label or CirCor's state. Raises DataError."""
    return _read(path, _tabbed_row)


def _read(path: Path, read: Callable[[str], Row | None]) -> list[Row]:
    rows = []
    for number, line in enumerate(text_of(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = read(line)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError):
            raise DataError(f"{path}, line {number}: not a line of this format: {line[:60]!r}") from None
        if row is not None:
            rows.append(row)
    return rows


def _json_row(line: str) -> Row | None:
    item = json.loads(line)
    kind = item.get("type", "sound")
    if kind == "gap":
        return Row(GAP, float(item["start_s"]), float(item["end_s"]))
    if kind != "sound" or item["kind"] not in KINDS:
        return None
    emitted, confidence = (
        float("nan") if item.get(key) is None else float(item[key]) for key in ("emitted_s", "confidence")
    )
    if item.get("withheld"):
        emitted = float("nan")
    return Row(item["kind"], float(item["onset_s"]), float(item["offset_s"]), emitted, confidence)


def _tabbed_row(line: str) -> Row | None:
    if line.startswith("\\"):  # the frequencies of an Audacity label, on a line of their own
        return None
    cells = line.split("\t")
    start, end, label = float(cells[0]), float(cells[1]), cells[2].strip()
    kind = {"1": "S1", "3": "S2"}.get(label, GAP if label.startswith(GAP) else label)
    return Row(kind, start, end) if kind in (*KINDS, GAP) else None
