"""Clean beats with the levels of their parts, from PCG samples and the sounds that the segmenter names."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..events import Sound
from ..rates import DECIMATION, FRAME, STREAM_PER_FRAME, STREAM_RATE, Samples
from .features import AFTER, BEFORE, BeatMarks, beat_levels

CLEAN = 0.5
"""Least confidence of each of the three sounds that bound a clean beat."""

_LONGEST = 2 * STREAM_RATE  # from S1 to S1, 30 bpm; in a longer beat a sound was missed
_SHORTEST = 3  # frames of systole, and of diastole, between the sounds
_REMEMBERED = 15 * STREAM_RATE  # a beat that began so long ago is dropped: its last sound was named too late
_REMEMBERED_PCG = _REMEMBERED // DECIMATION + BEFORE + FRAME


@dataclass(frozen=True)
class Beat:
    """A clean beat.

    start, end: stream samples, from its S1 to before the next S1. confidence: the least of its three sounds. levels:
    see `beat_levels`.
    """

    start: int
    end: int
    confidence: float
    levels: NDArray[np.float64]


class CleanBeats:
    """Finds the clean beats of a stream: S1, S2 and the next S1, all believed.

    The beats are the same, to the last bit, however the stream is cut into blocks, as long as the sounds that a call of
    `push_pcg` brought are pushed before its next call.
    """

    def __init__(self) -> None:
        self.restart(0)

    def restart(self, position: int) -> None:
        """An uninterrupted run begins at stream sample `position`. No beat spans it."""
        self._origin = position
        self._parts = [np.zeros(BEFORE, np.float32)]  # of the PCG; silence comes before the first
        self._length = BEFORE  # of all parts
        self._first = -BEFORE  # PCG sample of the run at which they begin
        self._sounds: deque[Sound] = deque(maxlen=3)

    def push_pcg(self, pcg: Samples) -> None:
        """Take the next PCG samples: shape (n,), float32, 2,100 Hz."""
        if self._length > 2 * _REMEMBERED_PCG:
            self._join()
            self._parts = [self._parts[0][-_REMEMBERED_PCG:]]
            self._first += self._length - _REMEMBERED_PCG
            self._length = _REMEMBERED_PCG
        self._parts.append(pcg)
        self._length += len(pcg)

    def push_sound(self, sound: Sound) -> Beat | None:
        """Take the next confirmed sound; returns the beat that it ends, if there is one and it is clean.

        A sound of before the run begins is passed over.
        """
        if sound.onset < self._origin:
            return None
        self._sounds.append(sound)
        if tuple(sound.kind for sound in self._sounds) != ("S1", "S2", "S1"):
            return None
        s1, s2, following = self._sounds
        confidence = min(sound.confidence for sound in self._sounds)
        edges = (s1.onset, s1.offset, s2.onset, s2.offset, following.onset)
        marks = BeatMarks(*((edge - self._origin) // STREAM_PER_FRAME for edge in edges))
        if (
            confidence < CLEAN
            or following.onset - s1.onset > _LONGEST
            or following.emitted - s1.onset > _REMEMBERED
            or min(marks.s2 - marks.systole, marks.end - marks.diastole) < _SHORTEST
        ):
            return None
        start, end = marks.s1 * FRAME - BEFORE - self._first, marks.end * FRAME + AFTER - self._first
        if end > self._length:  # the stream ended within the last sound
            return None
        self._join()
        return Beat(s1.onset, following.onset, confidence, beat_levels(self._parts[0][start:end], marks))

    def _join(self) -> None:
        """Lay the parts of the PCG end to end."""
        self._parts = [np.concatenate(self._parts)]
