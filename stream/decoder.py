"""Online decoding of posteriors into heart sounds: a hidden semi-Markov model with a tracked heart rate.

States S1, systole, S2 and diastole follow each other and last for log-normal times that depend on the length of
the cardiac cycle (explicit durations: Springer et al., IEEE TBME 63(4), 2016; Schmidt et al., Physiol. Meas. 31,
2010). The cycle length is part of the state and may change from beat to beat, so the heart rate is tracked by the
same search. A sound is confirmed as soon as the best path has left it for `guard` frames, and then stands.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .clock import FRAME_RATE
from .compiled import njit
from .windows import Posteriors

FloatArray = NDArray[np.float64]

KINDS = ("S1", "S2")

_SLOWEST_BPM, _FASTEST_BPM = 30.0, 240.0
_CYCLES = 12
_WIDEST = 3.0  # standard deviations of a log duration
_LONGEST = 180  # frames; bounds the search, beyond it a diastole is silence
_HISTORY = 1024  # frames kept for tracing back; a power of two
_NEVER = -1e30

EVIDENCE = 3
"""Frames that a sound must have lasted before it is named."""

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


def duration_table() -> FloatArray:
    """Log probability of lasting d frames: shape (states, _LONGEST + 1, cycle classes); d = 0 never.

    Medians follow the cycle length T (seconds) as fitted on the annotations of the training sets (52,797 cycles):
    S1 0.137 T^0.3, systole 0.21 T^0.8, S2 0.12 T^0.33, diastole the rest.
    """
    cycle = np.geomspace(60 / _FASTEST_BPM, 60 / _SLOWEST_BPM, _CYCLES)
    medians = np.stack([0.137 * cycle**0.3, 0.21 * cycle**0.8, 0.12 * cycle**0.33])
    medians = np.concatenate([medians, [cycle - medians.sum(axis=0)]]) * FRAME_RATE
    spread = np.array([0.25, 0.25, 0.25, 0.25])
    d = np.arange(1, _LONGEST + 1)
    z = (np.log(d) - np.log(medians)[:, :, None]) / spread[:, None, None]
    table = -0.5 * z**2 - np.log(d)
    table -= np.log(np.exp(table).sum(axis=2, keepdims=True))
    table[np.abs(z) > _WIDEST] = _NEVER
    whole = np.concatenate([np.full((4, _CYCLES, 1), _NEVER), table], axis=2)
    return np.ascontiguousarray(whole.transpose(0, 2, 1))


@njit(cache=True, nogil=True)
def _advance(t, log, presence, emission, cycle_change, table, survive, bounds, total, ended, began, back, came, seen):  # type: ignore[no-untyped-def]
    """Take the frames `log`, from frame t on, into the search; what the best path is then inside of.

    Rings over frames: total[t, s] sums emissions before frame t; ended[t, s, c] is the best score of a segment of
    state s that ends before frame t; began[t, s, c] that of one that may begin at t; back is the ended segment's
    length; came the cycle class before the change; seen keeps the frames and the presence. Returns the state, the
    cycle class and the first frame of the segment that the best path has not left yet.
    """
    mask = total.shape[0] - 1
    states, cycles = table.shape[0], table.shape[2]
    high, length = np.empty(cycles), np.empty(cycles, np.int64)
    for i in range(log.shape[0]):
        now, after = t & mask, (t + 1) & mask
        seen[now, states] = presence
        for s in range(states):
            seen[now, s] = log[i, s]
            total[after, s] = total[now, s] + emission * log[i, s]
        for s in range(states):
            # Cycle classes innermost: they lie side by side in memory, and are worked on together.
            high[:] = _NEVER
            length[:] = 0
            for d in range(bounds[s, 0], min(bounds[s, 1], t + 1) + 1):
                at = (t + 1 - d) & mask
                before = total[at, s]
                for c in range(cycles):
                    score = began[at, s, c] - before + table[s, d, c]
                    if score > high[c]:
                        high[c] = score
                        length[c] = d
            for c in range(cycles):
                ended[after, s, c] = high[c] + total[after, s] if length[c] else _NEVER
                back[after, s, c] = length[c]
        for s in range(states):
            previous = (s + states - 1) % states
            for c in range(cycles):
                best, source = ended[after, previous, c], c
                if s == 0:
                    for other in range(max(0, c - 2), min(cycles, c + 3)):
                        score = ended[after, previous, other] - cycle_change * abs(other - c)
                        if score > best:
                            best, source = score, other
                began[after, s, c] = best
                came[after, s, c] = source
        t += 1
    best, state, cycle, first = _NEVER, 0, 0, t
    for s in range(states):
        high[:] = _NEVER
        length[:] = 0
        for d in range(min(bounds[s, 1], t) + 1):
            at = (t - d) & mask
            gained = total[t & mask, s] - total[at, s]
            for c in range(cycles):
                score = began[at, s, c] + gained + survive[s, d, c]
                if score > high[c]:
                    high[c] = score
                    length[c] = d
        for c in range(cycles):
            if high[c] > best:
                best, state, cycle, first = high[c], s, c, t - length[c]
    return state, cycle, first


@njit(cache=True, nogil=True)
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
        table = duration_table()
        reached = np.cumsum(np.exp(table)[:, ::-1], axis=1)[:, ::-1]  # P(duration >= d)
        longer = np.concatenate([reached[:, 1:], np.zeros((4, 1, _CYCLES))], axis=1)  # P(duration > d)
        possible = np.asarray((table > _NEVER / 2).any(axis=2))
        self._table = table
        self._survive = np.log(np.maximum(longer, 1e-12))
        self._bounds = np.stack([possible.argmax(axis=1), _LONGEST - possible[:, ::-1].argmax(axis=1)], axis=1)
        self._total = np.zeros((_HISTORY, 4))
        self._seen = np.zeros((_HISTORY, 5), np.float32)  # log posteriors and presence
        shape = (_HISTORY, 4, _CYCLES)
        self._ended, self._began = np.full(shape, _NEVER), np.full(shape, _NEVER)
        self._back, self._came = np.zeros(shape, np.int16), np.zeros(shape, np.int16)
        self.clear()

    def clear(self) -> None:
        """Start over at frame 0."""
        self._frame = 0
        self._inside = (0, 0, 0)  # state, cycle class and first frame of what the best path is inside of
        self._named = -APART  # frame at which the last sound began that `rising` named
        self._confirmed = 0  # frame at which the last confirmed sound ended
        self._total[0] = 0.0
        self._began[0] = 0.0

    def push(self, found: Posteriors) -> list[Decoded]:
        """The sounds that these frames confirm, in order."""
        self._take(found)
        return self._confirm(self.guard)

    def flush(self) -> list[Decoded]:
        """The sounds still open at the last frame; then start over."""
        results = self._confirm(0) + self._unfinished()
        self.clear()
        return results

    def rising(self) -> Decoded | None:
        """The sound that the best path is inside of, once it has lasted `EVIDENCE` frames; named once.

        It is given as far as heard, with the confidence so far.
        """
        state, _, first = self._inside
        if state not in (0, 2) or self._frame - first < EVIDENCE or first < self._named + APART:
            return None
        sound = self._sound(state, first, self._frame)
        if not sound.confidence:
            return None
        self._named = first
        return sound

    def _take(self, found: Posteriors) -> None:
        if found.first != self._frame:
            raise ValueError(f"frames from {found.first} on, but {self._frame} is next")
        self._inside = _advance(
            self._frame, found.log, found.presence, self.tuning.emission, self.tuning.cycle_change, self._table,
            self._survive, self._bounds, self._total, self._ended, self._began, self._back, self._came, self._seen,
        )  # fmt: skip
        self._frame += len(found.log)

    def _confirm(self, guard: int) -> list[Decoded]:
        if not self._frame:
            return []
        state, cycle, first = self._inside
        results: list[Decoded] = []
        oldest = max(self._confirmed, self._frame - _HISTORY + _LONGEST)
        while first > oldest:
            cycle = int(self._came[first % _HISTORY, state, cycle])
            state = (state - 1) % 4
            last = first
            first = last - int(self._back[last % _HISTORY, state, cycle])
            if state in (0, 2) and first >= oldest and last + guard <= self._frame:
                results.append(self._sound(state, first, last))
        results.reverse()
        if results:
            self._confirmed = results[-1].last
        return [sound for sound in results if sound.confidence > 0]

    def _unfinished(self) -> list[Decoded]:
        if not self._frame:
            return []
        state, _, first = self._inside
        if state not in (0, 2) or not self._confirmed <= first < self._frame:
            return []
        sound = self._sound(state, first, self._frame)
        return [sound] if sound.confidence > 0 else []

    def _sound(self, state: int, first: int, last: int) -> Decoded:
        """The sound, with confidence 0 where the engine abstains."""
        own, presence = _mean_certainty(self._seen, state, first, last)
        if presence < self.tuning.presence or own < self.tuning.confidence:
            return Decoded(state // 2, first, last, 0.0)
        odds = self._slope * math.log(own / (1.0 - min(own, 1.0 - 1e-6))) + self._intercept
        return Decoded(state // 2, first, last, 1.0 / (1.0 + math.exp(-odds)))
