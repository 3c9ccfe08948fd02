"""Files of segmented sounds: JSON Lines, CirCor's TSV, Audacity's label track."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ..stream.clock import seconds
from ..stream.events import Event, Gap, Onset, Sound
from .datasets import DataError
from .scoring import KINDS, Prediction, by_centre

_LONGEST_SYSTOLE_S = 0.8
_LONGEST_DIASTOLE_S = 2.0


def jsonl(events: Iterable[Event], session: dict[str, Any], end: dict[str, Any]) -> str:
    """One object a line: the session, the events as the live engine writes them, the end."""
    lines = [session, *(event.as_dict() for event in events), end]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def circor_tsv(events: Iterable[Event], session: dict[str, Any], end: dict[str, Any]) -> str:
    """CirCor's form: start, end (seconds), state 1 to 4, tab-separated; 0 where the engine abstains."""
    rows: list[tuple[float, float, int]] = []
    at, before = 0.0, ""
    for sound in sorted((e for e in events if isinstance(e, Sound | Gap)), key=_start):
        if isinstance(sound, Gap):
            before = ""
            continue
        onset, offset = seconds(sound.onset), seconds(sound.offset)
        if onset > at:
            systole = before == "S1" and sound.kind == "S2" and onset - at <= _LONGEST_SYSTOLE_S
            diastole = before == "S2" and sound.kind == "S1" and onset - at <= _LONGEST_DIASTOLE_S
            rows.append((at, onset, 2 if systole else 4 if diastole else 0))
        rows.append((onset, offset, 1 if sound.kind == "S1" else 3))
        at, before = offset, sound.kind
    length = seconds(end["samples"]["captured"])
    if length > at:
        rows.append((at, length, 0))
    return "".join(f"{start:.6f}\t{end:.6f}\t{state}\n" for start, end, state in rows)


def _start(event: Sound | Gap) -> int:
    return event.onset if isinstance(event, Sound) else event.start


def audacity(events: Iterable[Event], session: dict[str, Any], end: dict[str, Any]) -> str:
    """Audacity's label track: start, end (seconds, six decimals), label."""
    lines = []
    for e in events:
        if isinstance(e, Sound):
            lines.append(f"{seconds(e.onset):.6f}\t{seconds(e.offset):.6f}\t{e.kind}\n")
        elif isinstance(e, Gap):
            lines.append(f"{seconds(e.start):.6f}\t{seconds(e.end):.6f}\tgap: {e.reason}\n")
    return "".join(lines)


Writer = Callable[[Iterable[Event], dict[str, Any], dict[str, Any]], str]

FORMATS: dict[str, tuple[str, Writer]] = {
    "jsonl": (".jsonl", jsonl),
    "tsv": (".tsv", circor_tsv),
    "audacity": (".txt", audacity),
}
"""Name of a format -> the ending of its files, and what writes it."""


def prediction_of(events: Iterable[Event]) -> Prediction:
    """The sounds as a prediction to be scored."""
    return _prediction(
        [
            (e.kind, seconds(e.onset), seconds(e.offset), seconds(e.emitted), e.confidence)
            for e in events
            if isinstance(e, Sound)
        ]
    )


def onsets_of(events: Iterable[Event]) -> Prediction:
    """The onsets that were named while the sound still sounded, as a prediction: sounds of the usual length."""
    return _prediction(
        [
            (e.kind, seconds(e.onset), seconds(e.expected_offset), seconds(e.emitted), e.confidence)
            for e in events
            if isinstance(e, Onset)
        ]
    )


_Row = tuple[str, float, float, float, float]  # kind, start, end, emitted, confidence


def _prediction(rows: list[_Row]) -> Prediction:
    rows.sort(key=lambda row: row[1] + row[2])
    each = {kind: [row for row in rows if row[0] == kind] for kind in KINDS}
    return Prediction(
        {k: by_centre([row[1:3] for row in v]) for k, v in each.items()},
        {k: np.array([row[3] for row in v], np.float64) for k, v in each.items()},
        {k: np.array([row[4] for row in v], np.float64) for k, v in each.items()},
    )


def read_prediction(path: Path) -> Prediction:
    """The sounds of a file in any of the forms above. Raises DataError."""
    rows = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as text ({error})") from None
    read = _json_sound if path.suffix == ".jsonl" else _tabbed_sound
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            sound = read(line)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            raise DataError(f"{path}, line {number}: not a line of this format: {line[:60]!r}") from None
        if sound is not None:
            rows.append(sound)
    return _prediction(rows)


def _json_sound(line: str) -> _Row | None:
    item = json.loads(line)
    if item.get("type", "sound") != "sound" or item["kind"] not in KINDS:
        return None
    emitted, confidence = (
        float("nan") if item.get(key) is None else float(item[key]) for key in ("emitted_s", "confidence")
    )
    return item["kind"], float(item["onset_s"]), float(item["offset_s"]), emitted, confidence


def _tabbed_sound(line: str) -> _Row | None:
    cells = line.split("\t")
    kind = {"1": "S1", "3": "S2"}.get(cells[2].strip(), cells[2].strip())
    start, end = float(cells[0]), float(cells[1])
    return (kind, start, end, float("nan"), float("nan")) if kind in KINDS else None
