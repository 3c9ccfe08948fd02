"""The Viterbi algorithm for a hidden semi-Markov model (HSMM), frame by frame.

The states 0 to S - 1 follow each other in a ring. A segment is a stay in state s and in class c of cycle length, over
frames start to end - 1. The class may change only where state 0 begins. With

    e_t(s)     weighted log posterior of state s in frame t
    E_t(s)     its sum over all frames before t                      `cumulative_emission`
    D_sc(d)    log probability that a segment lasts d frames         `log_duration`
    G_sc(d)    log probability that it lasts more than d frames      `log_survivor`
    k          cost of a step to the next class                      `cycle_change_cost`

the recursion is

    ε_t(s, c) = max over d of  δ_{t-d}(s, c) + D_sc(d) + E_t(s) - E_{t-d}(s)     a segment ends before frame t
    δ_t(s, c) = ε_t(s - 1, c)                                                    one begins at t, s > 0
    δ_t(0, c) = max over c' of  ε_t(S - 1, c') - k |c - c'|                      a cycle begins at t
    best path = max over s, c, d of  δ_{t-d}(s, c) + G_sc(d) + E_t(s) - E_{t-d}(s)

The last line weighs the segment that is still open. Explicit durations for heart sounds are those of Schmidt et al.
(Physiol. Meas. 31, 2010) and Springer et al. (IEEE TBME 63(4), 2016). The recursion is in S.-Z. Yu, Hidden
semi-Markov models (Artif. Intell. 174, 2010); the open segment is his right-censored one.

`begin_score` and `end_score` hold δ and ε less E of their own state at their own frame. So the emission of a segment of
any length is one subtraction, made where the path passes to the next state. All durations of a segment that begins at t
are scored in one pass over the frames at which it may end.

Kernels fill arrays element by element: numba takes seconds to compile the assignment of a slice.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..numba_cache import njit
from ..rates import Samples
from .durations import NEVER, SHIFT, Durations

_MAX_CYCLE_CHANGE = 2  # classes of cycle length by which one beat may differ from the one before


class Segment(NamedTuple):
    """A stay in `state` and class `cycle`, over frames start to end - 1."""

    state: int
    cycle: int
    start: int
    end: int


class Trellis(NamedTuple):
    """Scores of the recursion, and what leads back.

    begin_score: δ, a ring over frames of shape (history, states, classes). end_score: ε of frames to come, for each
    state and class a row; its k-th value is for frame t - t % SHIFT + k. A row moves to its front only every `SHIFT`
    frames, so that the innermost loop runs over neighbours. backpointer: class of the cycle before the one that begins
    at a frame in a class, a ring of shape (history, classes). cumulative_emission: shape (states,).
    """

    begin_score: NDArray[np.float64]
    end_score: NDArray[np.float64]
    backpointer: NDArray[np.int8]
    cumulative_emission: NDArray[np.float64]


# Kernels that only other kernels call; without their wrappers for Python they compile faster.
_inner = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
_inner_fast = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, fastmath={"nnan", "nsz"})


@_inner
def _move_rows(ranges, end_score):  # type: ignore[no-untyped-def]
    """Move each row of `end_score` to its front; the frames that come into view have no score yet."""
    for s in range(ranges.shape[0]):
        for c in range(ranges.shape[1]):
            row, kept = ranges[s, c].row, ranges[s, c].d_stop
            for k in range(row, row + kept):
                end_score[k] = end_score[k + SHIFT]
            for k in range(row + kept, row + kept + SHIFT):
                end_score[k] = NEVER


@_inner_fast
def _open_segment(t, durations, trellis):  # type: ignore[no-untyped-def]
    """The segment that the best path up to frame t has not left. It may begin at t, and then it is empty."""
    log_survivor, ranges = durations.log_survivor, durations.ranges
    begin_score, cumulative_emission = trellis.begin_score, trellis.cumulative_emission
    states, cycles = ranges.shape
    mask = begin_score.shape[0] - 1
    best, state, cycle, start = NEVER, 0, 0, t
    for s in range(states):
        d_stop = 0
        for c in range(cycles):
            d_stop = max(d_stop, ranges[s, c].d_stop)
        emission = cumulative_emission[s]
        for d in range(min(d_stop, t + 1)):
            begin, survivor = begin_score[(t - d) & mask, s], log_survivor[s, d]
            highest = NEVER  # a plain maximum first, since the processor takes several classes at a time
            for c in range(cycles):
                score = begin[c] + survivor[c]
                highest = score if score > highest else highest
            if highest + emission > best:
                for c in range(cycles):
                    score = begin[c] + survivor[c] + emission
                    if score > best:
                        best, state, cycle, start = score, s, c, t - d
    return Segment(state, cycle, start, t)


@_inner_fast
def _forward(t, log, emission_weight, cycle_change_cost, durations, trellis):  # type: ignore[no-untyped-def]
    """Run the recursion over the frames `log`, shape (n, states), from frame t on.

    Returns the open segment of the best path.
    """
    log_duration, ranges = durations.log_duration, durations.ranges
    begin_score, end_score, backpointer, cumulative_emission = trellis
    states, cycles = ranges.shape
    mask = begin_score.shape[0] - 1
    for i in range(log.shape[0]):
        column = t % SHIFT
        if not column:
            _move_rows(ranges, end_score)
        begin = begin_score[t & mask]
        for s in range(states):
            for c in range(cycles):
                r = ranges[s, c]
                count, first = r.d_stop - r.d_min, r.row + column + r.d_min
                score, duration = begin[s, c], log_duration[r.offset : r.offset + count]
                end = end_score[first : first + count]  # a view, so that no index may be negative for the compiler
                for k in range(count):
                    new, old = score + duration[k], end[k]
                    end[k] = old if old >= new else new
        t += 1
        begin = begin_score[t & mask]
        for s in range(states):
            cumulative_emission[s] += emission_weight * log[i, s]
        for s in range(1, states):
            emission = cumulative_emission[s - 1] - cumulative_emission[s]
            for c in range(cycles):
                begin[s, c] = end_score[ranges[s - 1, c].row + column + 1] + emission
        emission = cumulative_emission[states - 1] - cumulative_emission[0]
        for c in range(cycles):
            best, source = end_score[ranges[states - 1, c].row + column + 1], c
            for other in range(max(0, c - _MAX_CYCLE_CHANGE), min(cycles, c + _MAX_CYCLE_CHANGE + 1)):
                score = end_score[ranges[states - 1, other].row + column + 1] - cycle_change_cost * abs(other - c)
                if score > best:
                    best, source = score, other
            backpointer[t & mask, c] = source
            begin[0, c] = best + emission
    return _open_segment(t, durations, trellis)


@_inner
def _previous(segment, durations, trellis):  # type: ignore[no-untyped-def]
    """The segment of the best path before `segment`: its duration is sought again, which is cheaper than a table."""
    ranges, begin_score = durations.ranges, trellis.begin_score
    mask = begin_score.shape[0] - 1
    end, cycle = segment.start, segment.cycle
    if segment.state == 0:
        cycle = trellis.backpointer[end & mask, cycle]
    state = segment.state - 1 if segment.state else ranges.shape[0] - 1
    r = ranges[state, cycle]
    best, start = NEVER, end
    for d in range(r.d_min, min(r.d_stop, end + 1)):
        score = begin_score[(end - d) & mask, state, cycle] + durations.log_duration[r.offset + d - r.d_min]
        if score > best:
            best, start = score, end - d
    return Segment(state, cycle, start, end)


@njit(cache=True)
def _advance(t, log, n_final, weights, durations, trellis, scratch):  # type: ignore[no-untyped-def]
    """Commit the first `n_final` frames of `log`; then go on over the provisional rest.

    Returns the open segment of the committed path, then the open segment of the provisional path and the one before it.
    The rest is scored in `scratch`, which is like `end_score`, so that `trellis` keeps only the committed frames. (Of
    its rings, the rest overwrites frames to come, which are written anew.)
    """
    durations, trellis = Durations(*durations), Trellis(*trellis)
    committed = newest = Segment(0, 0, 0, 0)
    first, last, current = 0, n_final, trellis
    for provisional in range(2):  # a loop of two, since numba compiles each call of a large function anew
        newest = _forward(t + first, log[first:last], *weights, durations, current)
        if not provisional:
            committed = newest
            if n_final == log.shape[0]:
                break
            for k in range(len(scratch)):
                scratch[k] = trellis.end_score[k]
            first, last = n_final, log.shape[0]
            current = Trellis(trellis.begin_score, scratch, trellis.backpointer, trellis.cumulative_emission.copy())
    return tuple(committed), tuple(newest), tuple(_previous(newest, durations, trellis))


@njit(cache=True)
def _trace_back(segment, oldest, durations, trellis, path):  # type: ignore[no-untyped-def]
    """Write the segments before `segment` into `path`, newest first, none that begins before `oldest`: how many."""
    segment, durations, trellis = Segment(*segment), Durations(*durations), Trellis(*trellis)
    count = 0
    while segment.start > oldest:
        segment = _previous(segment, durations, trellis)
        if segment.start < oldest or segment.start == segment.end:
            break
        for k in range(4):
            path[count, k] = segment[k]
        count += 1
    return count


class Viterbi:
    """The best path so far; `advance` takes frames in order.

    Parameters
    ----------
    durations
        How long segments last.
    emission_weight
        Weight of a log posterior against a log duration.
    cycle_change_cost
        Cost of a step to the next class of cycle length, paid where state 0 begins.
    history
        Frames kept for tracing back: a power of two, and more than twice the longest segment.

    Attributes
    ----------
    frame
        The number of committed frames.
    committed
        The open segment of the best path over the committed frames.
    newest, previous
        The open segment of the best path over all frames of the last `advance`, and the segment before it.
    """

    def __init__(self, durations: Durations, emission_weight: float, cycle_change_cost: float, history: int) -> None:
        states, longest, cycles = durations.log_survivor.shape
        self._durations = tuple(durations)
        self._weights = emission_weight, cycle_change_cost
        size = int((durations.ranges["d_stop"] + SHIFT).sum())
        self._trellis = (
            np.empty((history, states, cycles)),
            np.empty(size),
            np.empty((history, cycles), np.int8),
            np.empty(states),
        )
        self._scratch = np.empty(size)
        self._path = np.empty((history, len(Segment._fields)), np.int64)
        self._reach = history - longest
        self.clear()

    def clear(self) -> None:
        """Start over at frame 0, where any state may begin in any class."""
        self.frame = self._written = 0
        self.committed = self.newest = self.previous = Segment(0, 0, 0, 0)
        begin_score, end_score, backpointer, cumulative_emission = self._trellis
        end_score[:] = NEVER
        begin_score[0] = 0.0
        backpointer[0] = np.arange(backpointer.shape[1])
        cumulative_emission[:] = 0.0

    def advance(self, log: Samples, n_final: int) -> None:
        """Take the log posteriors of the next frames, shape (n, states).

        The first `n_final` frames are committed. The others are provisional: they only update `newest` and `previous`,
        and are passed again by the next call.
        """
        segments = _advance(self.frame, log, n_final, self._weights, self._durations, self._trellis, self._scratch)
        self.committed, self.newest, self.previous = map(Segment._make, segments)
        self.frame += n_final
        self._written = max(self._written, self.newest.end)  # the rings hold the newest frames up to here

    def path(self, oldest: int) -> list[Segment]:
        """The closed segments of the best path over the committed frames, in order, none from before frame `oldest`.

        Nor does it reach further back than the history allows.
        """
        oldest = max(oldest, self._written - self._reach)
        if self.committed.start <= oldest:
            return []
        count = _trace_back(tuple(self.committed), oldest, self._durations, self._trellis, self._path)
        return [Segment._make(row) for row in self._path[:count][::-1].tolist()]
