"""An annotated recording, and helpers of all readers of data sets."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...models.errors import one_line

STATE_NAMES = ("", "S1", "systole", "S2", "diastole")
"""Names of the states 1 to 4, as CirCor counts them; 0 is not annotated."""

NOISE = -1
"""State of time that a CinC annotator marked as noise."""

LATEST_S = 1e9
"""Latest time in a recording, in seconds (30 years). A later one is an error."""

_AUDIO = (".flac", ".wav")  # endings in the public sets


class DataError(Exception):
    """A file or folder is not of the expected kind. The message names it."""


@dataclass(frozen=True)
class Recording:
    """One recording of a public set and its annotation.

    Attributes
    ----------
    name
        Its name in the set.
    audio
        The sound file.
    person
        Whose heart it is, so that no split mixes persons.
    start_s
        Starts of the annotated parts: shape (n,), seconds, in time order.
    end_s
        Their ends, shape (n,), seconds; the last end of a CinC file is infinite (not given).
    state
        Shape (n,): 1 to 4 are S1, systole, S2 and diastole, 0 is not annotated, -1 is noise.
    points
        Whether the annotations are marks (start equals end) rather than intervals, as in PASCAL.

    Examples
    --------
    >>> states = np.array([1, 2, 3], np.int8)
    >>> start_s, end_s = np.array([0.0, 0.12, 0.31]), np.array([0.12, 0.31, 0.40])
    >>> Recording("a", Path("a.wav"), "person 1", start_s, end_s, states).state
    array([1, 2, 3], dtype=int8)
    """

    name: str
    audio: Path
    person: str
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    state: NDArray[np.int8]
    points: bool = False


@dataclass
class Skipped:
    """Recordings and values that a reader skipped: reason -> names."""

    reasons: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, name: str) -> None:
        """Note that `name` was skipped for `reason`."""
        self.reasons.setdefault(reason, []).append(name)


def data_root() -> Path:
    """The folder of public sets: $HEARTSEG_DATA, by default ../shared/data."""
    return Path(os.environ.get("HEARTSEG_DATA", "../shared/data"))


def text_of(path: Path) -> str:
    """A whole text file. Raises DataError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as text ({one_line(error)})") from None


def columns(
    rows: list[tuple[float, float, int]],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int8]]:
    """Start, end and state as arrays of shape (n,)."""
    return (
        np.array([row[0] for row in rows], np.float64),
        np.array([row[1] for row in rows], np.float64),
        np.array([row[2] for row in rows], np.int8),
    )


def has_audio(folder: Path) -> bool:
    """Whether there are .flac or .wav files in a folder."""
    return any(path.suffix.lower() in _AUDIO for path in folder.iterdir())


def audio_files(folder: Path, kind: str) -> list[Path]:
    """The .flac and .wav files of a folder, by name. Raises DataError where there are none."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; the {kind} recordings should be in it")
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in _AUDIO)
    if not files:
        raise DataError(f"{folder}: no .flac or .wav file in it; the {kind} recordings should be in it")
    return files
