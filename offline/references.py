"""One reference annotation, in whatever form it comes: CirCor, CinC 2016, PASCAL, or a result of our own."""

from pathlib import Path

import numpy as np

from .datasets import PASCAL_TABLE, DataError, Recording, read_cinc_states, read_pascal_marks
from .formats import read_recording


def read_annotation(path: Path, name: str) -> Recording:
    """The annotation of the recording `name` (without ending; only PASCAL's table needs it). Raises DataError."""
    if not path.is_file():
        raise DataError(f"{path}: no such file; name a .tsv, _StateAns.mat, {PASCAL_TABLE} or a result")
    if path.name == PASCAL_TABLE:
        marks = read_pascal_marks(path).get(name)
        if not marks:
            raise DataError(f"{path}: has no marks of {name}")
        at = np.array([t for t, _ in marks], np.float64)
        return Recording(name, path, name, at, at, np.array([k for _, k in marks], np.int8), True)
    if path.suffix == ".mat":
        return Recording(name, path, name, *read_cinc_states(path))
    return read_recording(path)
