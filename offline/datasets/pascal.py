"""PASCAL 2011 set A: phone recordings with the marks of `Atraining_normal_seg.csv`, which the article reads."""

import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .recording import DataError, Recording, Skipped, text_of

PASCAL_TABLE = "Atraining_normal_seg.csv"
PASCAL_RATE = 44_100.0
PASCAL_MARGIN_S = 0.1
_LONGEST_INDEX = 13  # digits of a sample index that `LATEST_S` admits


def read_pascal_marks(csv: Path, skipped: Skipped | None = None) -> dict[str, list[tuple[float, int]]]:
    """Marks of `Atraining_normal_seg.csv`: recording's name -> [(seconds, 1 for S1 or 3 for S2)].

    As published: bare carriage returns between rows, `.aif` names, empty cells, a value under no column's name. A
    mark is the sample index at 44,100 Hz of a sound's peak. Raises DataError.
    """
    text = text_of(csv)
    lines = [line for line in re.split(r"[\r\n]+", text) if line.strip()]
    header = [cell.strip() for cell in lines[0].split(",")] if lines else []
    if not {"S1", "S2"} <= set(header):
        raise DataError(f"{csv}: the first row should name the columns S1, S2, S1, S2, ...")
    marks: dict[str, list[tuple[float, int]]] = {}
    for number, line in enumerate(lines[1:], 2):
        cells = [cell.strip() for cell in line.split(",")]
        name = os.path.splitext(cells[0])[0]
        of_recording = []
        for kind, cell in itertools.zip_longest(header[1:], cells[1:], fillvalue=""):
            if not cell:
                continue
            if kind not in ("S1", "S2"):
                (skipped or Skipped()).add("value in a column that is neither S1 nor S2", f"{name} ({cell[:20]})")
                continue
            if not (cell.isdecimal() and len(cell) <= _LONGEST_INDEX):
                raise DataError(f"{csv}, row {number}: {cell[:20]!r} is not a sample index")
            of_recording.append((int(cell) / PASCAL_RATE, 1 if kind == "S1" else 3))
        marks[name] = sorted(of_recording)
    return marks


def read_pascal(folder: Path, skipped: Skipped | None = None) -> Iterator[Recording]:
    """PASCAL set A: the recordings of `Atraining_normal` with their marks. Raises DataError."""
    csv = folder / PASCAL_TABLE
    if not csv.exists():
        raise DataError(f"{folder}: no Atraining_normal_seg.csv in it; is this the PASCAL set A?")
    marks = read_pascal_marks(csv, skipped)
    for audio in sorted((folder / "Atraining_normal").glob("*.wav")):
        if audio.stem not in marks:
            (skipped or Skipped()).add("no row in Atraining_normal_seg.csv", audio.stem)
    for name, of_recording in sorted(marks.items()):
        audio = folder / "Atraining_normal" / f"{name}.wav"
        if not audio.exists() or not of_recording:
            (skipped or Skipped()).add("no recording" if of_recording else "no marks", name)
            continue
        times_s = np.array([t for t, _ in of_recording], np.float64)
        yield Recording(
            name, audio, "pascal-" + name, times_s, times_s, np.array([k for _, k in of_recording], np.int8), True
        )
