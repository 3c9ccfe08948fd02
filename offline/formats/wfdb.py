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

from ...models.errors import one_line
from ...stream.events import Gap, Sound
from ...stream.rates import STREAM_RATE
from ..datasets.recording import DataError
from ..scoring import KINDS
from .rows import GAP, Row

if TYPE_CHECKING:
    from ..segmentation import Segmentation

ANNOTATOR = "pcg"

_QUALITY, _ONSET, _OFFSET = 14, 39, 40  # codes of ~ ( )
_RATE = re.compile(r"## time resolution: (\d+\.?\d*)")

_END, _START = 0, 1  # where one sound ends and the next begins, the end comes first


def write_wfdb(segmentation: "Segmentation") -> bytes:
    """An annotation file, with a comment at its start that says what wrote it."""
    import wfdb

    session = segmentation.session
    comment = f"heartseg {session['heartseg']}, network {session['model']}. {session['notice']}"
    marks: list[tuple[int, int, str, str]] = [(0, _END, '"', comment)]
    for e in segmentation.events:
        if isinstance(e, Sound):
            marks += [(e.onset, _START, "(", e.kind), (e.offset, _END, ")", e.kind)]
        elif isinstance(e, Gap):
            marks += [(e.start, _START, "~", f"{GAP}: {e.reason}"), (e.end, _END, "~", "")]
    marks.sort(key=lambda mark: mark[:2])
    at, _, symbols, notes = zip(*marks, strict=True)
    with TemporaryDirectory() as folder:
        # The package admits few characters in a record's name; the file is named by who stores it.
        wfdb.wrann(
            "record", ANNOTATOR, np.array(at), list(symbols), aux_note=list(notes), fs=STREAM_RATE, write_dir=folder
        )
        return (Path(folder) / f"record.{ANNOTATOR}").read_bytes()


def read_wfdb(path: Path) -> list[Row]:
    """The sounds and gaps of an annotation file. Raises DataError.

    Where it does not say how many samples make a second, the header beside it (`.hea`) does.
    """
    from wfdb import rdheader
    from wfdb.io.annotation import proc_ann_bytes

    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        pairs = np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, 2)
        samples, labels, *_, notes = proc_ann_bytes(pairs, None)  # rdann does not return from some damaged files
        said = next((found for note in notes if (found := _RATE.match(note))), None)
        rate = float(said[1]) if said else rdheader(str(path.with_suffix(""))).fs
        return _rows([int(sample) / rate for sample in samples], labels, notes)
    except Exception as error:  # the package raises many kinds on a damaged file
        raise DataError(f"{path}: not a WFDB annotation file ({type(error).__name__}: {one_line(error)})") from None


def _rows(times: list[float], labels: list[int], notes: list[str]) -> list[Row]:
    rows = []
    since: dict[str, float] = {}
    for time, label, note in zip(times, labels, notes, strict=True):
        kind = note.strip("\0 ")
        if label == _ONSET and kind in KINDS:
            since[kind] = time
        elif label == _OFFSET and kind in since:
            rows.append(Row(kind, since.pop(kind), time))
        elif label == _QUALITY and kind.startswith(GAP):
            since[GAP] = time
        elif label == _QUALITY and GAP in since:
            rows.append(Row(GAP, since.pop(GAP), time))
    return rows
