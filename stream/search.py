"""The search of the decoder: the best path through a hidden semi-Markov model, frame by frame.

A segment is a state in a class of cycle length, which lasts d frames with the log probability table[state, class, d].
Scores of segments are kept less the sum of all emissions of their state before they begin; so the emissions within a
segment cost nothing, and what may begin at a frame is spread at once over the frames at which it may end.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .compiled import njit

FloatArray = NDArray[np.float64]

NEVER = -1e30
_TURN = 128  # frames after which `ahead` is moved to its front
_FARTHEST = 2  # classes of cycle length by which one beat may differ from the one before


@njit(cache=True, fastmath={"nnan", "nsz"})
def _spread(begin, table, spans, ahead, at):  # type: ignore[no-untyped-def]
    for s in range(table.shape[0]):
        for c in range(table.shape[1]):
            score, low, high = begin[s, c], spans[s, c, 0], spans[s, c, 1]
            lasting, end = table[s, c, low:high], ahead[s, c, at + low : at + high]
            for k in range(high - low):
                new, old = score + lasting[k], end[k]
                end[k] = old if old >= new else new


@njit(cache=True)
def _advance(t, log, emission, cycle_change, table, spans, survive, ahead, begin, came, total):  # type: ignore[no-untyped-def]
    """Take the frames `log`, shape (n, states), from frame t on; state, cycle class and first frame of the segment
    that the best path is then inside of.

    ahead[s, c, k]: best score of a segment that ends before frame t - t % _TURN + k. Rings over frames: begin[t, s,
    c] is the best score with which a segment may begin at t, came[t, c] the cycle class before a change at t. total:
    the sums of all emissions so far.
    """
    states, cycles, longest = table.shape[0], table.shape[1], table.shape[2]
    mask = begin.shape[0] - 1
    for i in range(log.shape[0]):
        at = t % _TURN
        if not at:
            for s in range(states):
                for c in range(cycles):
                    row = ahead[s, c]
                    row[:longest] = row[_TURN:]
                    row[longest:] = NEVER
        _spread(begin[t & mask], table, spans, ahead, at)
        t += 1
        after = begin[t & mask]
        for s in range(states):
            total[s] += emission * log[i, s]
        for s in range(states):
            previous = s - 1 if s else states - 1
            for c in range(cycles):
                best, source = ahead[previous, c, at + 1], c
                if s == 0:
                    for other in range(max(0, c - _FARTHEST), min(cycles, c + _FARTHEST + 1)):
                        score = ahead[previous, other, at + 1] - cycle_change * abs(other - c)
                        if score > best:
                            best, source = score, other
                    came[t & mask, c] = source
                after[s, c] = best + total[previous] - total[s]
    best, state, cycle, first = NEVER, 0, 0, t
    for s in range(states):
        for d in range(min(spans[s, :, 1].max() - 1, t) + 1):
            row, lasting = begin[(t - d) & mask, s], survive[s, d]
            for c in range(cycles):
                score = row[c] + lasting[c] + total[s]
                if score > best:
                    best, state, cycle, first = score, s, c, t - d
    return state, cycle, first


@njit(cache=True)
def _trace(state, cycle, first, oldest, table, spans, begin, came, path):  # type: ignore[no-untyped-def]
    """The segments before the one that begins at `first`, newest first, none from before frame `oldest`: how many.

    Rows of path become state, first frame, and the frame after the last.
    """
    mask = begin.shape[0] - 1
    count = 0
    while first > oldest:
        if state == 0:
            cycle = came[first & mask, cycle]
        state = state - 1 if state else table.shape[0] - 1
        best, length = NEVER, 0
        for d in range(spans[state, cycle, 0], min(spans[state, cycle, 1], first + 1)):
            score = begin[(first - d) & mask, state, cycle] + table[state, cycle, d]
            if score > best:
                best, length = score, d
        if first - length < oldest:
            break
        path[count] = state, first - length, first
        first -= length
        count += 1
    return count


@dataclass(frozen=True)
class Durations:
    """How long segments last.

    table: log probability of lasting d frames, shape (states, cycle classes, longest + 1). spans: from which d to
    before which one that is possible at all, shape (states, cycle classes, 2). survive: log probability of lasting
    more than d frames, shape (states, longest + 1, cycle classes).
    """

    table: FloatArray
    spans: NDArray[np.int64]
    survive: FloatArray

    @classmethod
    def of(cls, table: FloatArray) -> "Durations":
        """All from the table, in which `NEVER` stands for what is impossible."""
        possible = table > NEVER / 2
        reached = np.cumsum(np.exp(table)[:, :, ::-1], axis=2)[:, :, ::-1]
        longer = np.concatenate([reached[:, :, 1:], np.zeros((*table.shape[:2], 1))], axis=2)
        return cls(
            table,
            np.stack([possible.argmax(axis=2), table.shape[2] - possible[:, :, ::-1].argmax(axis=2)], axis=2),
            np.ascontiguousarray(np.log(np.maximum(longer, 1e-12)).transpose(0, 2, 1)),
        )


class Search:
    """The best path so far; `advance` takes frames in order.

    emission: weight of a log posterior. cycle_change: cost of a step to the next class of cycle length, paid when
    state 0 begins. history: frames kept for tracing back, a power of two and more than twice the longest segment.
    """

    def __init__(self, durations: Durations, emission: float, cycle_change: float, history: int) -> None:
        states, cycles, longest = durations.table.shape
        self._durations = durations
        self._weights = emission, cycle_change
        self._ahead = np.empty((states, cycles, longest + _TURN))
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
        self._ahead[:] = NEVER
        self._begin[0] = 0.0
        self._total[:] = 0.0

    def advance(self, log: NDArray[np.float32]) -> None:
        """Take the log posteriors of the next frames, shape (n, states)."""
        d = self._durations
        self.inside = _advance(
            self.frame, log, *self._weights, d.table, d.spans, d.survive, self._ahead, self._begin, self._came,
            self._total,
        )  # fmt: skip
        self.frame += len(log)

    def path(self, oldest: int) -> list[list[int]]:
        """State, first frame and frame after the last of each segment that was left, none from before `oldest`."""
        oldest, d = max(oldest, self.frame - self._reach), self._durations
        count = _trace(*self.inside, oldest, d.table, d.spans, self._begin, self._came, self._path)
        rows: list[list[int]] = self._path[:count][::-1].tolist()
        return rows
