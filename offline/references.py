"""One reference annotation, in whatever form it comes: CirCor, CinC 2016, PASCAL, or a result of our own."""

from pathlib import Path

import numpy as np

from .datasets import DataError, Recording, read_cinc_states, read_circor_tsv, read_pascal_marks
from .formats import read_prediction
from .scoring import Reference, reference_of


def read_reference(path: Path, name: str) -> Reference:
    """The annotation of the recording `name` (without ending; only PASCAL's table needs it). Raises DataError.

    A result of our own says nothing of where it abstained: all of it counts as annotated.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; name a .tsv, _StateAns.mat, Atraining_normal_seg.csv or a result")
    if path.suffix in (".jsonl", ".txt"):
        return Reference(read_prediction(path).sounds, np.array([[0.0, np.inf]]), np.zeros((0, 2)))
    if path.suffix == ".csv":
        marks = read_pascal_marks(path)
        if not marks.get(name):
            raise DataError(f"{path}: has no marks of {name}")
        at = np.array([t for t, _ in marks[name]], np.float64)
        return reference_of(Recording(name, path, name, at, at, np.array([k for _, k in marks[name]], np.int8), True))
    read = read_cinc_states if path.suffix == ".mat" else read_circor_tsv
    return reference_of(Recording(name, path, name, *read(path)))
