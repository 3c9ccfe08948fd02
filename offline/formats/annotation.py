"""WFDB annotations, as PhysioNet's tools read them, through the `wfdb` package.

A sound is a waveform onset `(` and a waveform end `)`, each with the auxiliary note `S1` or `S2`; a gap is a change of
signal quality `~` at its start, noted `gap: ` and the reason, and another at its end. Sample numbers count at
44,100 Hz, which the file says.
"""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ...stream.clock import STREAM_RATE
from ...stream.events import Event, Gap, Sound
from ..datasets import DataError
from ..scoring import KINDS
from .sounds import GAP, Row

ANNOTATOR = "pcg"

_END, _START = 0, 1  # where one sound ends and the next begins, the end comes first


def write_wfdb(events: Iterable[Event], session: dict[str, Any], end: dict[str, Any]) -> bytes:
    """An annotation file, with a comment at its start that says what wrote it."""
    import wfdb

    said = f"heartseg {session['heartseg']}, network {session['model']}. {session['notice']}"
    marks: list[tuple[int, int, str, str]] = [(0, _END, '"', said)]
    for e in events:
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
    """The sounds and gaps of an annotation file. Raises DataError."""
    import wfdb

    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        found = wfdb.rdann(str(path.with_suffix("")), path.suffix[1:])
        if found.fs is None:
            raise ValueError("it does not say how many samples make a second")
    except Exception as error:  # the package raises many kinds on a damaged file
        raise DataError(f"{path}: not a WFDB annotation file ({type(error).__name__}: {error})") from None
    rows = []
    since: dict[str, float] = {}
    for time, symbol, note in zip((found.sample / found.fs).tolist(), found.symbol, found.aux_note, strict=True):
        label = note.strip("\0 ")
        if symbol == "(" and label in KINDS:
            since[label] = time
        elif symbol == ")" and label in since:
            rows.append(Row(label, since.pop(label), time))
        elif symbol == "~" and label.startswith(GAP):
            since[GAP] = time
        elif symbol == "~" and GAP in since:
            rows.append(Row(GAP, since.pop(GAP), time))
    return rows
