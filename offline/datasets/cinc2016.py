"""PhysioNet/CinC Challenge 2016: `NAME.flac` or `.wav` beside `NAME_StateAns.mat` (Liu et al., 2016)."""

import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...models.errors import one_line
from .mat5 import read_table
from .recording import LATEST_S, NOISE, DataError, Recording, Skipped, audio_files, columns

CINC_RATE = 2000.0
_CINC_STATES = {"S1": 1, "systole": 2, "S2": 3, "diastole": 4, "(N": NOISE}


def read_cinc_states(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int8]]:
    """Start, end (seconds) and state of a CinC 2016 `_StateAns.mat`; the last end is infinite. Raises DataError."""
    try:
        table = read_table(path)
        changes = [
            ((cells[0] - 1.0) / CINC_RATE, cells[1].strip())
            for cells in table
            if len(cells) > 1 and isinstance(cells[0], float) and isinstance(cells[1], str)
        ]
        if not any(name in _CINC_STATES for _, name in changes):
            raise ValueError("it names no states")
        if not all(abs(start) <= LATEST_S for start, _ in changes):
            raise ValueError("it names no times")
    except (OSError, ValueError, zlib.error) as error:
        raise DataError(f"{path}: not a CinC 2016 StateAns file ({one_line(error)})") from None
    rows = []
    for i, (start, name) in enumerate(changes):
        end = changes[i + 1][0] if i + 1 < len(changes) else np.inf
        rows.append((start, end, _CINC_STATES.get(name, 0)))
    return columns(rows)


def read_cinc2016(folder: Path, skipped: Skipped | None = None) -> Iterator[Recording]:
    """CinC 2016 recordings of a folder (`NAME.flac` or `.wav` beside `NAME_StateAns.mat`). Raises DataError.

    The set does not say which recordings share a person: each counts as one.
    """
    for audio in audio_files(folder, "CinC 2016"):
        mat = audio.with_name(audio.stem + "_StateAns.mat")
        if not mat.exists():
            (skipped or Skipped()).add("no _StateAns.mat beside it", audio.stem)
            continue
        start, end, state = read_cinc_states(mat)
        if not (state > 0).any():
            (skipped or Skipped()).add("noise from start to end (kept, without a heart)", audio.stem)
        yield Recording(audio.stem, audio, "cinc-" + audio.stem, start, end, state)
