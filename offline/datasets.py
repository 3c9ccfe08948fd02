"""Readers for published heart-sound sets: CirCor DigiScope, CinC 2016 and PASCAL 2011, as one `Recording` form."""

import itertools
import os
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..models.brief import brief
from .mat import read_table

STATES = ("", "S1", "systole", "S2", "diastole")
"""Names of the states 1 to 4, as CirCor counts them; 0 is not annotated."""

NOISE = -1
"""State of what a CinC annotator marked as noise."""

CINC_RATE = 2000.0
_LONGEST_INDEX = 13  # digits of a sample index that `LATEST_S` admits
_CINC_STATES = {"S1": 1, "systole": 2, "S2": 3, "diastole": 4, "(N": NOISE}
PASCAL_TABLE = "Atraining_normal_seg.csv"
PASCAL_RATE = 44_100.0
PASCAL_MARGIN_S = 0.1

LATEST_S = 1e9
"""Times beyond this, 30 years, are no times in a recording."""


class DataError(Exception):
    """A file or folder is not what it should be; the message names it."""


@dataclass(frozen=True)
class Recording:
    """One recording and what its annotators said.

    start_s, end_s: shape (n,), seconds, in time order; the last end of a CinC file is infinite (not given).
    state: shape (n,), 0 to 4 as in `STATES`, or `NOISE`.
    points: the annotations are marks (start equals end) rather than intervals, as in PASCAL.
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
    """What a reader passed over, and why: reason -> names."""

    reasons: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, name: str) -> None:
        """Note that `name` was passed over for `reason`."""
        self.reasons.setdefault(reason, []).append(name)


def data_root() -> Path:
    """The folder of public sets: $HEARTSEG_DATA, by default ../shared/data."""
    return Path(os.environ.get("HEARTSEG_DATA", "../shared/data"))


def text_of(path: Path) -> str:
    """A whole text file. Raises DataError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as text ({brief(error)})") from None


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
    return _columns(rows)


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
        raise DataError(f"{path}: not a CinC 2016 StateAns file ({brief(error)})") from None
    rows = []
    for i, (start, name) in enumerate(changes):
        end = changes[i + 1][0] if i + 1 < len(changes) else np.inf
        rows.append((start, end, _CINC_STATES.get(name, 0)))
    return _columns(rows)


def _columns(
    rows: list[tuple[float, float, int]],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int8]]:
    return (
        np.array([row[0] for row in rows], np.float64),
        np.array([row[1] for row in rows], np.float64),
        np.array([row[2] for row in rows], np.int8),
    )


def read_circor(folder: Path, skipped: Skipped | None = None) -> Iterator[Recording]:
    """CirCor recordings of a folder (`NAME.flac` or `.wav` beside `NAME.tsv`), by name. Raises DataError."""
    for audio in _audio_files(folder, "CirCor"):
        tsv = audio.with_suffix(".tsv")
        if not tsv.exists():
            (skipped or Skipped()).add("no .tsv beside it", audio.stem)
            continue
        start, end, state = read_circor_tsv(tsv)
        if not (state > 0).any():
            (skipped or Skipped()).add("nothing annotated", audio.stem)
            continue
        yield Recording(audio.stem, audio, "circor-" + audio.stem.split("_")[0], start, end, state)


def read_cinc2016(folder: Path, skipped: Skipped | None = None) -> Iterator[Recording]:
    """CinC 2016 recordings of a folder (`NAME.flac` or `.wav` beside `NAME_StateAns.mat`). Raises DataError.

    The set does not say which recordings share a person: each counts as one.
    """
    for audio in _audio_files(folder, "CinC 2016"):
        mat = audio.with_name(audio.stem + "_StateAns.mat")
        if not mat.exists():
            (skipped or Skipped()).add("no _StateAns.mat beside it", audio.stem)
            continue
        start, end, state = read_cinc_states(mat)
        if not (state > 0).any():
            (skipped or Skipped()).add("noise from start to end (kept, without a heart)", audio.stem)
        yield Recording(audio.stem, audio, "cinc-" + audio.stem, start, end, state)


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
        found = []
        for kind, cell in itertools.zip_longest(header[1:], cells[1:], fillvalue=""):
            if not cell:
                continue
            if kind not in ("S1", "S2"):
                (skipped or Skipped()).add("value in a column that is neither S1 nor S2", f"{name} ({cell[:20]})")
                continue
            if not (cell.isdecimal() and len(cell) <= _LONGEST_INDEX):
                raise DataError(f"{csv}, row {number}: {cell[:20]!r} is not a sample index")
            found.append((int(cell) / PASCAL_RATE, 1 if kind == "S1" else 3))
        marks[name] = sorted(found)
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
    for name, found in sorted(marks.items()):
        audio = folder / "Atraining_normal" / f"{name}.wav"
        if not audio.exists() or not found:
            (skipped or Skipped()).add("no recording" if found else "no marks", name)
            continue
        at = np.array([t for t, _ in found], np.float64)
        yield Recording(name, audio, "pascal-" + name, at, at, np.array([k for _, k in found], np.int8), True)


def _audio_files(folder: Path, kind: str) -> list[Path]:
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; the {kind} recordings should be in it")
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".flac", ".wav"))
    if not found:
        raise DataError(f"{folder}: no .flac or .wav file in it; the {kind} recordings should be in it")
    return found


@dataclass(frozen=True)
class PublicSet:
    """A published set: its name, the files that tell it from others, its reader, and whether it names its persons."""

    name: str
    sign: str
    read: Callable[[Path, Skipped | None], Iterator[Recording]]
    names_persons: bool


PUBLIC_SETS = (
    PublicSet("PASCAL set A", PASCAL_TABLE, read_pascal, False),
    PublicSet("CinC 2016", "*_StateAns.mat", read_cinc2016, False),
    PublicSet("CirCor DigiScope", "*.tsv", read_circor, True),
)


def public_set(folder: Path) -> PublicSet:
    """Which supported set a folder is. Raises DataError."""
    if not folder.is_dir():
        raise DataError(f"{folder}: {'is a file; name the folder it is in' if folder.exists() else 'no such folder'}")
    for kind in PUBLIC_SETS:
        if next(folder.glob(kind.sign), None):
            return kind
    raise DataError(
        f"{folder}: neither CirCor (NAME.tsv), CinC 2016 (NAME_StateAns.mat) nor PASCAL set A "
        "(Atraining_normal_seg.csv)"
    )


def find_sets(root: Path) -> list[Path]:
    """The supported sets among a folder, those in it and those in these. Raises DataError where there is none."""
    if not root.is_dir():
        raise DataError(f"{root}: no such folder; set $HEARTSEG_DATA to the folder of public sets, or name a set")
    folders = [root, *sorted(root.glob("*/")), *sorted(root.glob("*/*/"))]
    found = [folder for folder in folders if any(next(folder.glob(kind.sign), None) for kind in PUBLIC_SETS)]
    if not found:
        raise DataError(f"{root}: holds no supported set; set $HEARTSEG_DATA to the folder of them, or name a set")
    return sorted(found)


def set_names(folders: Sequence[Path]) -> list[str]:
    """What to call each set: its place in `data_root`, elsewhere the last two parts of its path, or all of it."""
    root = data_root()
    names = [str(f.relative_to(root)) if root in f.parents else str(Path(*f.parts[-2:])) for f in folders]
    return names if len(set(names)) == len(names) else [str(folder) for folder in folders]
