"""Training material: recordings taken through the live path's own resampling and decimation, with their states."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..stream.clock import PCG_RATE
from ..stream.decimator import Decimator
from ..stream.source import FileSource
from .datasets import NOISE, Recording
from .scoring import median_bpm

UNKNOWN = -1
"""Label of PCG samples that nobody annotated, or gave up as noise; S1, systole, S2, diastole are 0 to 3.

Most of what an annotator gave up holds a heart: to call it none would teach that a poor device has none.
"""

NO_HEART = -2
"""Label of PCG samples where nothing beats."""


@dataclass(frozen=True)
class Corpus:
    """Recordings laid end to end.

    pcg: shape (n,), float32 at 2,100 Hz; label: shape (n,), int8; start: shape (recordings + 1,), offsets.
    person: shape (recordings,), integer; bpm: shape (recordings,), median heart rate, nan where unknown.
    """

    names: tuple[str, ...]
    pcg: NDArray[np.float32]
    label: NDArray[np.int8]
    start: NDArray[np.int64]
    person: NDArray[np.int64]
    bpm: NDArray[np.float64]


def pcg_of(audio: Path) -> NDArray[np.float32]:
    """A whole recording at 2,100 Hz, as the live engine hears it: shape (n,)."""
    decimator, parts = Decimator(), []
    for block in FileSource(audio).blocks():
        parts.append(decimator.push(block))
    return np.concatenate([*parts, decimator.flush()])


def no_heart_sounds(folder: Path, kinds: Sequence[str]) -> list[list[NDArray[np.float32]]]:
    """Real sounds without a heart, kind by kind as far as there are any, each at 2,100 Hz: shapes (n,)."""
    files = [sorted((folder / kind).glob("*.flac")) for kind in kinds]
    return [[pcg_of(audio) for audio in kind] for kind in files if kind]


def labels_of(recording: Recording, length: int) -> NDArray[np.int8]:
    """The annotation as a label for each of `length` PCG samples: shape (length,)."""
    label = np.full(length, UNKNOWN, np.int8)
    for start, end, state in zip(recording.start_s, recording.end_s, recording.state, strict=True):
        if state and state != NOISE and np.isfinite(end):
            label[max(0, round(start * PCG_RATE)) : max(0, round(end * PCG_RATE))] = state - 1
    return label


def build(recordings: Sequence[Recording]) -> Corpus:
    """Read all recordings into one corpus."""
    pcgs = [pcg_of(r.audio) for r in recordings]
    labels = [labels_of(r, len(x)) for r, x in zip(recordings, pcgs, strict=True)]
    persons = {p: i for i, p in enumerate(sorted({r.person for r in recordings}))}
    return Corpus(
        tuple(r.name for r in recordings),
        np.concatenate(pcgs),
        np.concatenate(labels),
        np.concatenate([[0], np.cumsum([len(x) for x in pcgs])]),
        np.array([persons[r.person] for r in recordings]),
        np.array([median_bpm(r.start_s[r.state == 1]) for r in recordings]),
    )
