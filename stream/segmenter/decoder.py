"""Online decoding of posteriors into heart sounds: a hidden semi-Markov model with a tracked heart rate.

States S1, systole, S2 and diastole follow each other and last for log-normal times that depend on the length of
the cardiac cycle (explicit durations: Springer et al., IEEE TBME 63(4), 2016; Schmidt et al., Physiol. Meas. 31,
2010). The cycle length is part of the state and may change from beat to beat, so the heart rate is tracked by the
same search. A sound is confirmed as soon as the best path has left it for `guard` frames, and then stands.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from ..numba_cache import njit
from ..rates import FRAME_RATE
from .viterbi import NEVER, Durations, Search
from .windows import Posteriors

_SLOWEST_BPM, _FASTEST_BPM = 30.0, 240.0
_CYCLES = 12
_SPREAD = 0.25  # standard deviation of a log duration
_WIDEST = 3.0  # standard deviations of a log duration
_LONGEST = 180  # frames; bounds the search, beyond it a diastole is silence
_HISTORY = 1024  # frames kept for tracing back; a power of two

EVIDENCE = 5
"""Frames that a sound must have lasted to be named while it lasts."""

_LATE = 5  # frames after which a sound that has ended is too late to be named

APART = 10
"""Frames from one onset to the next at least; a path that shifts an onset by less means the same sound."""


@dataclass(frozen=True)
class Tuning:
    """What was chosen on development recordings.

    emission: weight of a log posterior against the log durations. cycle_change: cost of a step to the next
    cycle-length class (a factor of 1.21) from one beat to the next. presence, confidence: least probability of a
    heartbeat, and of the sound itself, averaged over the sound, below which the engine abstains.
    """

    emission: float = 0.5
    cycle_change: float = 1.0
    presence: float = 0.5
    confidence: float = 0.4


@dataclass(frozen=True)
class Decoded:
    """A sound in frames: kind 0 is S1, 1 is S2; frames first to last - 1; confidence from 0 to 1."""

    kind: int
    first: int
    last: int
    confidence: float


@cache
def durations() -> Durations:
    """For d from 1 to _LONGEST frames, log-normal.

    Medians follow the cycle length T (seconds) as fitted on the annotations of the training sets (52,797 cycles):
    S1 0.137 T^0.3, systole 0.21 T^0.8, S2 0.12 T^0.33, diastole the rest.
    """
    cycle = np.geomspace(60 / _FASTEST_BPM, 60 / _SLOWEST_BPM, _CYCLES)
    medians = np.stack([0.137 * cycle**0.3, 0.21 * cycle**0.8, 0.12 * cycle**0.33])
    medians = np.concatenate([medians, [cycle - medians.sum(axis=0)]]) * FRAME_RATE
    d = np.arange(1, _LONGEST + 1)
    z = (np.log(d) - np.log(medians)[:, :, None]) / _SPREAD
    table = -0.5 * z**2 - np.log(d)
    table -= np.log(np.exp(table).sum(axis=2, keepdims=True))
    table[np.abs(z) > _WIDEST] = NEVER
    return Durations.of(np.concatenate([np.full((4, _CYCLES, 1), NEVER), table], axis=2))


@njit(cache=True)
def _remember(log, presence, first, seen):  # type: ignore[no-untyped-def]
    for i in range(log.shape[0]):
        row = seen[(first + i) & (seen.shape[0] - 1)]
        for state in range(4):  # not as a slice, which takes seconds to compile
            row[state] = log[i, state]
        row[4] = presence[i]


@njit(cache=True)
def _mean_certainty(seen, state, first, last):  # type: ignore[no-untyped-def]
    """Mean posterior of the state and mean presence over frames first to last - 1."""
    own = presence = 0.0
    for t in range(first, last):
        row = seen[t & (seen.shape[0] - 1)]
        own += math.exp(row[state])
        presence += row[4]
    return own / (last - first), presence / (last - first)


class Decoder:
    """Fixed-lag HSMM decoding: `push` posteriors in frame order, get the sounds that are now certain.

    `flush` closes the search at the last frame; a sound that was still sounding there is given as far as heard.
    """

    def __init__(self, guard: int, calibration: tuple[float, float] = (1.0, 0.0), tuning: Tuning | None = None) -> None:
        self.guard = guard
        self._slope, self._intercept = calibration
        self.tuning = tuning or Tuning()
        self._search = Search(durations(), self.tuning.emission, self.tuning.cycle_change, _HISTORY)
        self._seen = np.zeros((_HISTORY, 5), np.float32)  # log posteriors and presence
        self.clear()

    def clear(self) -> None:
        """Start over at frame 0."""
        self._search.clear()
        self._named = -APART  # frame at which the last sound began that `rising` named
        self._confirmed = 0  # frame at which the last confirmed sound ended

    def push(self, found: Posteriors) -> list[Decoded]:
        """The sounds that these frames confirm, in order."""
        if found.first != self._search.frame:
            raise ValueError(f"frames from {found.first} on, but {self._search.frame} is next")
        _remember(found.log, found.presence, found.first, self._seen)
        self._search.advance(found.log, found.final)
        return self._confirm(self.guard)

    def flush(self) -> list[Decoded]:
        """The sounds still open at the last frame; then start over."""
        results = self._confirm(0) + self._unfinished()
        self.clear()
        return results

    def rising(self) -> Decoded | None:
        """The sound that the path now best is inside of, once it has lasted `EVIDENCE`, or has just left.

        It is given as far as heard, with the confidence so far; again only if it turns out to begin `APART` or more
        later. The path includes the frames that are not final.
        """
        inside, before = self._search.newest
        heard = inside[2]
        state, first, last = inside if inside[0] in (0, 2) else before
        if first == last or (last == heard and last - first < EVIDENCE) or heard - last > _LATE:
            return None
        if first < max(self._named + APART, self._confirmed):
            return None
        sound = self._sound(state, first, last)
        if not sound.confidence:
            return None
        self._named = first
        return sound

    def _confirm(self, guard: int) -> list[Decoded]:
        results = [
            self._sound(state, first, last)
            for state, first, last in self._search.path(self._confirmed)
            if state in (0, 2) and last + guard <= self._search.frame
        ]
        if results:
            self._confirmed = results[-1].last
        return [sound for sound in results if sound.confidence > 0]

    def _unfinished(self) -> list[Decoded]:
        state, _, first = self._search.inside
        if state not in (0, 2) or not self._confirmed <= first < self._search.frame:
            return []
        sound = self._sound(state, first, self._search.frame)
        return [sound] if sound.confidence > 0 else []

    def _sound(self, state: int, first: int, last: int) -> Decoded:
        """The sound, with confidence 0 where the engine abstains."""
        own, presence = _mean_certainty(self._seen, state, first, last)
        if presence < self.tuning.presence or own < self.tuning.confidence:
            return Decoded(state // 2, first, last, 0.0)
        odds = self._slope * math.log(own / (1.0 - min(own, 1.0 - 1e-6))) + self._intercept
        return Decoded(state // 2, first, last, 1.0 / (1.0 + math.exp(-odds)))
