"""WFDB annotations, as PhysioNet's tools read them, through the `wfdb` package.

A sound is a waveform onset `(` and a waveform end `)`, each with the auxiliary note `S1` or `S2`; a gap is a change of
signal quality `~` at its start, noted `gap: ` and the reason, and another at its end. Sample numbers count at
44,100 Hz, which the file says.
"""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...models.errors import one_line
from ...stream.events import Gap, Sound
from ...stream.rates import STREAM_RATE
from ..datasets.recording import DataError
from ..scoring import KINDS
from .rows import GAP, Row

if TYPE_CHECKING:
    from ..segmentation import Findings

ANNOTATOR = "pcg"

_QUALITY, _ONSET, _OFFSET = 14, 39, 40  # codes of ~ ( )
_BEATS = {*range(1, 14), 25, 30, 31, 34, 35, 38, 41}  # codes of QRS complexes
_RATE = re.compile(r"## time resolution: (\d+\.?\d*)")

_END, _START = 0, 1  # where one sound ends and the next begins, the end comes first


def write_wfdb(findings: "Findings") -> bytes:
    """An annotation file, with a comment on its writer at the start."""
    import wfdb

    session = findings.session
    comment = f"heartseg {session['heartseg']}, network {session['model']}. {session['notice']}"
    marks: list[tuple[int, int, str, str]] = [(0, _END, '"', comment)]
    for e in findings.events:
        if isinstance(e, Sound):
            marks += [(e.onset, _START, "(", e.kind), (e.offset, _END, ")", e.kind)]
        elif isinstance(e, Gap):
            marks += [(e.start, _START, "~", f"{GAP}: {e.reason}"), (e.end, _END, "~", "")]
    marks.sort(key=lambda mark: mark[:2])
    positions, _, symbols, notes = zip(*marks, strict=True)
    with TemporaryDirectory() as folder:
        # The package admits few characters in a record's name; the file is named by who stores it.
        wfdb.wrann(
            "record",
            ANNOTATOR,
            np.array(positions),
            list(symbols),
            aux_note=list(notes),
            fs=STREAM_RATE,
            write_dir=folder,
        )
        return (Path(folder) / f"record.{ANNOTATOR}").read_bytes()


def read_wfdb(path: Path) -> list[Row]:
    """The sounds and gaps of an annotation file. Raises DataError."""
    times, labels, notes = _read(path)
    try:
        return _rows(times, labels, notes)
    except ValueError as error:
        raise DataError(f"{path}: not a WFDB annotation file ({one_line(error)})") from None


def read_beats(path: Path) -> NDArray[np.float64]:
    """The beats of an ECG's annotation file, which are its R-peaks, in seconds: shape (n,). Raises DataError."""
    times, labels, _ = _read(path)
    return np.array([time for time, label in zip(times, labels, strict=True) if label in _BEATS], np.float64)


def _read(path: Path) -> tuple[list[float], list[int], list[str]]:
    """Time in seconds, code and note of each annotation. Raises DataError.

    Where the file does not give its samples per second, the header beside it (`.hea`) does.
    """
    from wfdb import rdheader
    from wfdb.io.annotation import proc_ann_bytes

    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        pairs = np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, 2)
        samples, labels, *_, notes = proc_ann_bytes(pairs, None)  # rdann does not return from some damaged files
        declared = next((match for note in notes if (match := _RATE.match(note))), None)
        rate = float(declared[1]) if declared else rdheader(str(path.with_suffix(""))).fs
        return [int(sample) / rate for sample in samples], list(labels), list(notes)
    except Exception as error:  # the package raises many kinds on a damaged file
        raise DataError(f"{path}: not a WFDB annotation file ({type(error).__name__}: {one_line(error)})") from None


def _rows(times: list[float], labels: list[int], notes: list[str]) -> list[Row]:
    rows = []
    starts: dict[str, float] = {}
    for time, label, note in zip(times, labels, notes, strict=True):
        kind = note.strip("\0 ")
        if label == _ONSET and kind in KINDS:
            starts[kind] = time
        elif label == _OFFSET and kind in starts:
            rows.append(Row(kind, starts.pop(kind), time))
        elif label == _QUALITY and kind.startswith(GAP):
            starts[GAP] = time
        elif label == _QUALITY and GAP in starts:
            rows.append(Row(GAP, starts.pop(GAP), time))
    return rows
