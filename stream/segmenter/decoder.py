"""Online decoding of posteriors into heart sounds: a hidden semi-Markov model with a tracked heart rate.

The states S1, systole, S2 and diastole follow each other. They last for log-normal times that depend on the length of
the cardiac cycle (explicit durations: Springer et al., IEEE TBME 63(4), 2016; Schmidt et al., Physiol. Meas. 31,
2010). The cycle length is part of the state and may change from beat to beat, so the Viterbi path tracks the heart
rate. A sound is confirmed as soon as the best path has left it for `commit_delay` frames, and then stands.
"""

import math
from functools import cache
from typing import NamedTuple

import numpy as np

from ..numba_cache import njit
from ..rates import FRAME_RATE
from .durations import NEVER, Durations
from .viterbi import Segment, Viterbi
from .windows import Posteriors

EMISSION_WEIGHT = 0.5
"""Weight of a log posterior against a log duration. Like the next, chosen on development recordings."""

CYCLE_CHANGE_COST = 1.0
"""Cost of a step to the next class of cycle length (a factor of 1.21) from one beat to the next."""

MIN_POSTERIOR = 0.42
"""Least mean posterior of a sound's own state over the sound. Below it the sound is not named."""

MIN_ONSET_FRAMES = 5
"""Frames that a sound must have lasted to be announced while it lasts."""

MIN_ONSET_SPACING = 10
"""Least frames between two provisional onsets. A smaller shift is the same sound."""

_MAX_ONSET_DELAY = 5  # frames after which a sound that has ended is too late to be announced

_SLOWEST_BPM, _FASTEST_BPM = 30.0, 240.0
_CYCLES = 12
_SPREAD = 0.25  # standard deviation of a log duration
_WIDEST = 3.0  # standard deviations of a log duration
_LONGEST = 180  # frames; bounds the work, and a diastole beyond it is silence
_HISTORY = 1024  # frames kept for tracing back; a power of two

SOUNDS = (0, 2)
"""The states that are sounds: S1 and S2."""


class PathSegment(NamedTuple):
    """A segment of the path.

    state: 0 to 3 for S1, systole, S2 and diastole. Frames start to end - 1. posterior, other, presence: means over
    these frames of the posterior of `state`, of the posterior of its counterpart (S2 for S1, diastole for systole),
    and of the network's probability of a heartbeat.
    """

    state: int
    start: int
    end: int
    posterior: float
    other: float
    presence: float


class Decoded(NamedTuple):
    """The result of one hop.

    segments: the path from the last confirmed sound before to the last one now, all four states, in order.
    provisional: a sound whose onset is new; it may still change, or not be confirmed at all.
    """

    segments: list[PathSegment]
    provisional: PathSegment | None


@cache
def durations() -> Durations:
    """Log-normal durations of 1 to _LONGEST frames.

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
def _remember(log, presence, first, history):  # type: ignore[no-untyped-def]
    """Write log posteriors and presence of the frames from `first` on into `history`, a ring over frames."""
    for i in range(log.shape[0]):
        row = history[(first + i) & (history.shape[0] - 1)]
        for state in range(4):  # not as a slice, which takes seconds to compile
            row[state] = log[i, state]
        row[4] = presence[i]


@njit(cache=True)
def _means(history, state, start, end):  # type: ignore[no-untyped-def]
    """Mean posteriors of the state and of its counterpart, and mean presence, over frames start to end - 1."""
    posterior = other = presence = 0.0
    for t in range(start, end):
        row = history[t & (history.shape[0] - 1)]
        posterior += math.exp(row[state])
        other += math.exp(row[state ^ 2])
        presence += row[4]
    length = end - start
    return posterior / length, other / length, presence / length


class Decoder:
    """Fixed-lag HSMM decoding: `push` posteriors in frame order, get the sounds that are now certain.

    commit_delay: frames since the best path left a sound before the sound is confirmed.
    """

    def __init__(self, commit_delay: int) -> None:
        self._commit_delay = commit_delay
        self._viterbi = Viterbi(durations(), EMISSION_WEIGHT, CYCLE_CHANGE_COST, _HISTORY)
        self._history = np.zeros((_HISTORY, 5), np.float32)  # log posteriors and presence
        self.clear()

    def clear(self) -> None:
        """Start over at frame 0."""
        self._viterbi.clear()
        self._onset = -MIN_ONSET_SPACING  # the last provisional onset
        self._confirmed_end = 0  # end of the last confirmed sound

    def push(self, posteriors: Posteriors) -> Decoded:
        """Decode the frames of a hop. Raises ValueError where they do not follow the final frames before them."""
        viterbi = self._viterbi
        if posteriors.first != viterbi.frame:
            raise ValueError(f"frames from {posteriors.first} on, but {viterbi.frame} is next")
        _remember(posteriors.log, posteriors.presence, posteriors.first, self._history)
        viterbi.advance(posteriors.log, posteriors.n_final)
        segments = self._confirm(viterbi.frame - self._commit_delay)  # first: no onset begins in a confirmed sound
        return Decoded(segments, self._provisional_onset())

    def flush(self) -> Decoded:
        """Confirm the rest of the path; then start over. A sound still open at the last frame ends there."""
        viterbi = self._viterbi
        path = viterbi.path(self._confirmed_end)
        if self._confirmed_end <= viterbi.committed.start < viterbi.frame:
            path.append(viterbi.committed)
        segments = [self._measure(segment) for segment in path]
        self.clear()
        return Decoded(segments, None)

    def _confirm(self, frame: int) -> list[PathSegment]:
        """The path up to the last sound that ends at `frame` or before."""
        path = self._viterbi.path(self._confirmed_end)
        while path and (path[-1].state not in SOUNDS or path[-1].end > frame):
            path.pop()
        if path:
            self._confirmed_end = path[-1].end
        return [self._measure(segment) for segment in path]

    def _provisional_onset(self) -> PathSegment | None:
        """The provisional sound, if there is a new one.

        The best path over all frames has been in it for `MIN_ONSET_FRAMES`, or has just left it. Each sound is given
        once, and again only if its onset moves by `MIN_ONSET_SPACING` or more.
        """
        newest = self._viterbi.newest
        segment = newest if newest.state in SOUNDS else self._viterbi.previous
        length, delay = segment.end - segment.start, newest.end - segment.end
        if length == 0 or (delay == 0 and length < MIN_ONSET_FRAMES) or delay > _MAX_ONSET_DELAY:
            return None
        if segment.start < max(self._onset + MIN_ONSET_SPACING, self._confirmed_end):
            return None
        sound = self._measure(segment)
        if sound.posterior < MIN_POSTERIOR:
            return None
        self._onset = segment.start
        return sound

    def _measure(self, segment: Segment) -> PathSegment:
        state, _, start, end = segment
        return PathSegment(state, start, end, *_means(self._history, state, start, end))
