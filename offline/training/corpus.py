"""Training material: recordings decimated as the segmenter does it, with a label for each PCG sample."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...stream.rates import PCG_RATE, Samples
from ..datasets.recording import NOISE, Recording
from ..scoring import median_bpm
from ..segmentation import read_pcg

UNKNOWN = -1
"""Label of PCG samples that are not annotated, or marked as noise. The labels of S1, systole, S2, diastole are 0 to 3.

Most parts marked as noise hold a heart. To label them as having none would teach the network to reject poor devices.
"""

NO_HEART = -2
"""Label of PCG samples where there is no heart."""

_LONGEST_CYCLE_S = 2.5
"""The recipe's own limit of a heart cycle: with another one, a seed would give other batches."""


@dataclass(frozen=True)
class Corpus:
    """Recordings laid end to end.

    pcg: shape (n,), at 2,100 Hz; label: shape (n,), int8; start: shape (recordings + 1,), offsets.
    person: shape (recordings,), integer; bpm: shape (recordings,), median heart rate, nan where unknown.
    """

    names: tuple[str, ...]
    pcg: Samples
    label: NDArray[np.int8]
    start: NDArray[np.int64]
    person: NDArray[np.int64]
    bpm: NDArray[np.float64]


def read_no_heart(folder: Path, kinds: Sequence[str]) -> list[list[Samples]]:
    """Real sounds without a heart at 2,100 Hz, from a subfolder for each kind: lists of arrays, shape (n,).

    Kinds without recordings are left out.
    """
    paths = [sorted((folder / kind).glob("*.flac")) for kind in kinds]
    return [[read_pcg(path) for path in kind] for kind in paths if kind]


def labels_of(recording: Recording, length: int) -> NDArray[np.int8]:
    """The annotation as a label for each of `length` PCG samples: shape (length,)."""
    label = np.full(length, UNKNOWN, np.int8)
    for start, end, state in zip(recording.start_s, recording.end_s, recording.state, strict=True):
        if state and state != NOISE and np.isfinite(end):
            label[max(0, round(start * PCG_RATE)) : max(0, round(end * PCG_RATE))] = state - 1
    return label


def build(recordings: Sequence[Recording]) -> Corpus:
    """Read all recordings into one corpus."""
    pcgs = [read_pcg(r.audio) for r in recordings]
    labels = [labels_of(r, len(x)) for r, x in zip(recordings, pcgs, strict=True)]
    persons = {p: i for i, p in enumerate(sorted({r.person for r in recordings}))}
    return Corpus(
        tuple(r.name for r in recordings),
        np.concatenate(pcgs),
        np.concatenate(labels),
        np.concatenate([[0], np.cumsum([len(x) for x in pcgs])]),
        np.array([persons[r.person] for r in recordings]),
        np.array([median_bpm(r.start_s[r.state == 1], _LONGEST_CYCLE_S) for r in recordings]),
    )
