"""CirCor DigiScope: `NAME.flac` or `.wav` beside `NAME.tsv` (Oliveira et al., IEEE JBHI 26(6), 2022)."""

from collections.abc import Iterator
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
