"""Formats of segmented sounds: their names, writers and readers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..console import require
from ..datasets.cinc2016 import read_cinc_states
from ..datasets.circor import read_circor_tsv
from ..datasets.pascal import PASCAL_TABLE, read_pascal_marks
from ..datasets.recording import DataError, Recording
from ..scoring import Prediction
from .beats_csv import read_csv, write_csv
from .rows import Row, onsets_of, prediction, prediction_of, states_of
from .text import read_jsonl, read_tabbed, write_audacity, write_jsonl, write_tsv
from .wfdb import ANNOTATOR, read_wfdb, write_wfdb

if TYPE_CHECKING:
    from ..segmentation import Findings

__all__ = [
    "FORMATS",
    "Format",
    "onsets_of",
    "prediction_of",
    "read_annotation",
    "read_prediction",
    "read_recording",
]


@dataclass(frozen=True)
class Format:
    """A format of files. write: the whole content. read: the sounds and gaps. library: an optional one it needs."""

    name: str
    ending: str
    write: Callable[["Findings"], bytes]
    read: Callable[[Path], list[Row]]
    library: str | None = None

    def check_library(self) -> None:
        """Raises MissingExtra where its library is not installed; the extra has the library's name."""
        if self.library:
            require(f"the format {self.name}", self.library, self.library)


FORMATS = {
    form.name: form
    for form in (
        Format("jsonl", ".jsonl", write_jsonl, read_jsonl),
        Format("tsv", ".tsv", write_tsv, read_tabbed),
        Format("audacity", ".txt", write_audacity, read_tabbed),
        Format("csv", ".csv", write_csv, read_csv),
        Format("wfdb", f".{ANNOTATOR}", write_wfdb, read_wfdb, "wfdb"),
    )
}
"""All formats, by name."""


def _rows(path: Path) -> list[Row]:
    form = next((form for form in FORMATS.values() if form.ending == path.suffix), FORMATS["audacity"])
    form.check_library()
    return form.read(path)


def read_prediction(path: Path) -> Prediction:
    """The sounds of a file in any of the formats, recognised by its ending. Raises DataError."""
    return prediction(_rows(path))


def read_recording(path: Path) -> Recording:
    """A file in any of the formats as an annotation. Raises DataError.

    Sounds and the intervals between neighbouring sounds are annotated; pauses and gaps are not, as in CirCor's form.
    """
    if path.suffix == FORMATS["tsv"].ending:
        return Recording(path.stem, path, path.stem, *read_circor_tsv(path))
    states = np.array(states_of(_rows(path)), np.float64).reshape(-1, 3)
    return Recording(path.stem, path, path.stem, states[:, 0], states[:, 1], states[:, 2].astype(np.int8))


def read_annotation(path: Path, name: str) -> Recording:
    """The annotation of the recording `name` (without ending; only PASCAL's table needs it). Raises DataError."""
    if not path.is_file():
        raise DataError(f"{path}: no such file; name a .tsv, _StateAns.mat, {PASCAL_TABLE} or a result")
    if path.name == PASCAL_TABLE:
        marks = read_pascal_marks(path).get(name)
        if not marks:
            raise DataError(f"{path}: has no marks of {name}")
        times_s = np.array([t for t, _ in marks], np.float64)
        return Recording(name, path, name, times_s, times_s, np.array([k for _, k in marks], np.int8), True)
    if path.suffix == ".mat":
        return Recording(name, path, name, *read_cinc_states(path))
    return read_recording(path)
