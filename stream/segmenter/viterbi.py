"""The search of the decoder: the best path through a hidden semi-Markov model, frame by frame.

A segment is a state in a class of cycle length, which lasts d frames with a probability of its own.
Scores of segments are kept less the sum of all emissions of their state before they begin; so the emissions within a
segment cost nothing, and what may begin at a frame is spread at once over the frames at which it may end.

Arrays are filled element by element: numba takes seconds to compile the assignment of a slice.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..numba_cache import njit

NEVER = -1e30
_TURN = 32  # frames after which each row of `ahead` is moved to its front
_FARTHEST = 2  # classes of cycle length by which one beat may differ from the one before


@njit(cache=True, fastmath={"nnan", "nsz"})
def _advance(t, log, emission, cycle_change, lasting, rows, survive, ahead, begin, came, total):  # type: ignore[no-untyped-def]
    """Take the frames `log`, shape (n, states), from frame t on; state, cycle class and first frame of the segment
    that the best path is then inside of.

    ahead: for each state and class a row, whose k-th value is the best score of a segment that ends before frame
    t - t % _TURN + k. Rings over frames: begin[t, s, c] is the best score with which a segment may begin at t,
    came[t, c] the cycle class before a change at t. total: the sums of all emissions so far.
    """
    states, cycles = rows.shape[0], rows.shape[1]
    mask = begin.shape[0] - 1
    for i in range(log.shape[0]):
        at = t % _TURN
        if not at:
            for s in range(states):
                for c in range(cycles):
                    high, to = rows[s, c, 2], rows[s, c, 3]
                    for k in range(to, to + high):
                        ahead[k] = ahead[k + _TURN]
                    for k in range(to + high, to + high + _TURN):
                        ahead[k] = NEVER
        now = begin[t & mask]
        for s in range(states):
            for c in range(cycles):
                score, of, low, high, to = now[s, c], rows[s, c, 0], rows[s, c, 1], rows[s, c, 2], rows[s, c, 3]
                own, end = lasting[of : of + high - low], ahead[to + at + low : to + at + high]
                for k in range(high - low):
                    new, old = score + own[k], end[k]
                    end[k] = old if old >= new else new
        t += 1
        after = begin[t & mask]
        for s in range(states):
            total[s] += emission * log[i, s]
        for s in range(1, states):
            less = total[s - 1] - total[s]
            for c in range(cycles):
                after[s, c] = ahead[rows[s - 1, c, 3] + at + 1] + less
        less = total[states - 1] - total[0]
        for c in range(cycles):
            best, source = ahead[rows[states - 1, c, 3] + at + 1], c
            for other in range(max(0, c - _FARTHEST), min(cycles, c + _FARTHEST + 1)):
                score = ahead[rows[states - 1, other, 3] + at + 1] - cycle_change * abs(other - c)
                if score > best:
                    best, source = score, other
            came[t & mask, c] = source
            after[0, c] = best + less
    best, state, cycle, first = NEVER, 0, 0, t
    for s in range(states):
        high = 0
        for c in range(cycles):
            high = max(high, rows[s, c, 2])
        for d in range(min(high, t + 1)):
            row, longer = begin[(t - d) & mask, s], survive[s, d]
            for c in range(cycles):
                score = row[c] + longer[c] + total[s]
                if score > best:
                    best, state, cycle, first = score, s, c, t - d
    return state, cycle, first


@njit(cache=True)
def _before(state, cycle, first, lasting, rows, begin, came):  # type: ignore[no-untyped-def]
    """State, cycle class and first frame of the segment before the one that begins at `first`."""
    mask = begin.shape[0] - 1
    if state == 0:
        cycle = came[first & mask, cycle]
    state = state - 1 if state else rows.shape[0] - 1
    of, low, high, _ = rows[state, cycle]
    best, length = NEVER, 0
    for d in range(low, min(high, first + 1)):
        score = begin[(first - d) & mask, state, cycle] + lasting[of + d - low]
        if score > best:
            best, length = score, d
    return state, cycle, first - length


@njit(cache=True)
def _hop(t, log, final, emission, cycle_change, lasting, rows, survive, ahead, begin, came, total, scratch):  # type: ignore[no-untyped-def]
    """`_advance` by the first `final` frames, and what it would say after all of them, with the segment before that
    (state and first frame). Of the others no trace is left in `ahead` and `total`.
    """
    inside = newest = 0, 0, 0
    first, last, scores, sums = 0, final, ahead, total
    for early in range(2):  # the call stands here once, that it be compiled once
        newest = _advance(
            t + first, log[first:last], emission, cycle_change, lasting, rows, survive, scores, begin, came, sums
        )
        if not early:
            inside = newest
            if final == log.shape[0]:
                break
            for k in range(len(ahead)):
                scratch[k] = ahead[k]
            first, last, scores, sums = final, log.shape[0], scratch, total.copy()
    before, _, began = _before(*newest, lasting, rows, begin, came)
    return inside, newest, before, began


@njit(cache=True)
def _trace(state, cycle, first, oldest, lasting, rows, begin, came, path):  # type: ignore[no-untyped-def]
    """The segments before the one that begins at `first`, newest first, none from before frame `oldest`: how many.

    Rows of path become state, first frame, and the frame after the last.
    """
    count = 0
    while first > oldest:
        last = first
        state, cycle, first = _before(state, cycle, last, lasting, rows, begin, came)
        if first < oldest or first == last:
            break
        path[count, 0], path[count, 1], path[count, 2] = state, first, last
        count += 1
    return count


@dataclass(frozen=True)
class Durations:
    """How long segments last.

    lasting: log probabilities of lasting d frames, those that are possible, of all states and cycle classes end to
    end. rows: of a state and a class, where its own begin in `lasting`, the first d and the one after the last, and
    where its scores begin in the search's `ahead`, shape (states, cycle classes, 4). survive: log probability of
    lasting more than d frames, shape (states, longest + 1, cycle classes).
    """

    lasting: NDArray[np.float64]
    rows: NDArray[np.int64]
    survive: NDArray[np.float64]

    @classmethod
    def of(cls, table: NDArray[np.float64]) -> "Durations":
        """From log probabilities of lasting d frames, shape (states, cycle classes, longest + 1), in which `NEVER`
        stands for what is impossible; what is possible is without a break.
        """
        possible = table > NEVER / 2
        low, high = possible.argmax(axis=2), table.shape[2] - possible[:, :, ::-1].argmax(axis=2)
        ends, scores = np.cumsum(high - low).reshape(low.shape), np.cumsum(high + _TURN).reshape(low.shape)
        reached = np.cumsum(np.exp(table)[:, :, ::-1], axis=2)[:, :, ::-1]
        longer = np.concatenate([reached[:, :, 1:], np.zeros((*table.shape[:2], 1))], axis=2)
        return cls(
            table[possible],
            np.stack([ends - (high - low), low, high, scores - (high + _TURN)], axis=2),
            np.ascontiguousarray(np.log(np.maximum(longer, 1e-12)).transpose(0, 2, 1)),
        )


class Search:
    """The best path so far; `advance` takes frames in order.

    emission: weight of a log posterior. cycle_change: cost of a step to the next class of cycle length, paid when
    state 0 begins. history: frames kept for tracing back, a power of two and more than twice the longest segment.
    """

    def __init__(self, durations: Durations, emission: float, cycle_change: float, history: int) -> None:
        states, longest, cycles = durations.survive.shape
        self._durations = durations
        self._weights = emission, cycle_change
        self._ahead = np.empty(int((durations.rows[:, :, 2] + _TURN).sum()))
        self._scratch = np.empty_like(self._ahead)
        self._begin = np.empty((history, states, cycles))
        self._came = np.empty((history, cycles), np.int8)
        self._total = np.empty(states)
        self._path = np.empty((history, 3), np.int64)
        self._reach = history - longest
        self.clear()

    def clear(self) -> None:
        """Start over at frame 0."""
        self.frame = 0
        self.inside = (0, 0, 0)  # state, cycle class and first frame of the segment that the best path has not left
        self.newest = (0, 0, 0), (0, 0, 0)
        self._ahead[:] = NEVER
        self._begin[0] = 0.0
        self._came[0] = np.arange(self._came.shape[1])
        self._total[:] = 0.0

    def advance(self, log: NDArray[np.float32], final: int) -> None:
        """Take the log posteriors of the next frames, shape (n, states): the first `final` for good; what the others
        say is kept in `newest` alone, and they may be told anew.

        newest: the last two segments of the path that is best after all of them, the newer first: state, first
        frame, and the frame after the last.
        """
        d = self._durations
        self.inside, (state, _, first), before, began = _hop(
            self.frame, log, final, *self._weights, d.lasting, d.rows, d.survive, self._ahead, self._begin, self._came,
            self._total, self._scratch,
        )  # fmt: skip
        self.newest = (state, first, self.frame + len(log)), (before, began, first)
        self.frame += final

    def path(self, oldest: int) -> list[list[int]]:
        """State, first frame and frame after the last of each segment that was left, none from before `oldest`."""
        heard, d = self.newest[0][2], self._durations
        oldest = max(oldest, heard - self._reach)
        count = _trace(*self.inside, oldest, d.lasting, d.rows, self._begin, self._came, self._path)
        rows: list[list[int]] = self._path[:count][::-1].tolist()
        return rows
