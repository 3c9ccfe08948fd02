"""CirCor DigiScope: `NAME.flac` or `.wav` beside `NAME.tsv` (Oliveira et al., IEEE JBHI 26(6), 2022)."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .recording import LATEST_S, DataError, Recording, Skipped, audio_files, columns, text_of


def read_circor_tsv(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int8]]:
    """Start, end (seconds) and state of a CirCor annotation. Raises DataError."""
    rows = []
    for number, line in enumerate(text_of(path).splitlines(), 1):
        cells = line.split()
        if not cells:
            continue
        try:
            start, end, state = float(cells[0]), float(cells[1]), float(cells[2])
            if not (-LATEST_S <= start <= end <= LATEST_S and state == int(state)):
                raise ValueError
        except (ValueError, IndexError, OverflowError):
            raise DataError(f"{path}, line {number}: expected 'start end state', got {line[:60]!r}") from None
        rows.append((start, end, int(state) if 1 <= state <= 4 else 0))
    rows.sort(key=lambda row: row[0])
    return columns(rows)


def read_circor(folder: Path, skipped: Skipped | None = None) -> Iterator[Recording]:
    """CirCor recordings of a folder (`NAME.flac` or `.wav` beside `NAME.tsv`), by name. Raises DataError."""
    for audio in audio_files(folder, "CirCor"):
        tsv = audio.with_suffix(".tsv")
        if not tsv.exists():
            (skipped or Skipped()).add("no .tsv beside it", audio.stem)
            continue
        start, end, state = read_circor_tsv(tsv)
        if not (state > 0).any():
            (skipped or Skipped()).add("nothing annotated", audio.stem)
            continue
        yield Recording(audio.stem, audio, "circor-" + audio.stem.split("_")[0], start, end, state)


@dataclass(frozen=True)
class Patient:
    """A row of CirCor's table of patients.

    person: the same for two rows of one person, whom both campaigns met. murmur: "Present", "Absent" or "Unknown".
    positions: those on the chest where the murmur is audible ("AV", "PV", "TV", "MV"). grade: of a systolic murmur,
    "I/VI" to "III/VI", empty without one. campaign: in which the person was met.
    """

    name: str
    person: str
    murmur: str
    positions: tuple[str, ...]
    grade: str
    campaign: str


def read_patients(path: Path) -> dict[str, Patient]:
    """CirCor's table of patients (`training_data.csv` of the PhysioNet Challenge 2022), by name. Raises DataError."""
    rows = {row.get("Patient ID", ""): row for row in csv.DictReader(text_of(path).splitlines())}
    patients = {}
    try:
        for name, row in rows.items():
            other = row["Additional ID"].removesuffix(".0")
            person = min(name, other) if other in rows else name
            positions = tuple(filter(None, row["Murmur locations"].split("+")))
            grade, campaign = row["Systolic murmur grading"], row["Campaign"]
            patients[name] = Patient(name, person, row["Murmur"], positions, grade, campaign)
    except (KeyError, AttributeError):
        raise DataError(
            f"{path}: not CirCor's table of patients; it should have the columns of the Challenge"
        ) from None
    if not patients:
        raise DataError(f"{path}: no patient in it")
    return patients
