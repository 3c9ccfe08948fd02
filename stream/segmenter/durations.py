"""How long the segments of a hidden semi-Markov model last, as tables that the Viterbi kernels read."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

NEVER = -1e30
"""Score of what is impossible. It is finite, so that sums of it stay numbers."""

SHIFT = 32
"""Frames after which each row of the trellis's `end_score` is moved to its front."""

_RANGE = np.dtype([(name, np.int64) for name in ("offset", "d_min", "d_stop", "row")])


class Durations(NamedTuple):
    """How long segments last.

    log_duration: log probabilities of lasting d frames, those that are possible, of all states and classes end to
    end, shape (n,). log_survivor: log probability of lasting more than d frames, shape (states, longest + 1, classes).
    ranges: a record for each state and class, shape (states, classes). `offset` is where its probabilities begin in
    `log_duration`, `d_min` the shortest duration and `d_stop` the one after the longest; `row` is where its row begins
    in `end_score`.
    """

    log_duration: NDArray[np.float64]
    log_survivor: NDArray[np.float64]
    ranges: NDArray[Any]

    @classmethod
    def of(cls, table: NDArray[np.float64]) -> "Durations":
        """From log probabilities of lasting d frames, shape (states, classes, longest + 1).

        `NEVER` stands for what is impossible. The possible durations of a segment must be without a break.

        >>> Durations.of(np.array([[[NEVER, NEVER, -0.7, -0.7]]])).ranges
        array([[(0, 2, 4, 0)]],
              dtype=[('offset', '<i8'), ('d_min', '<i8'), ('d_stop', '<i8'), ('row', '<i8')])
        """
        possible = table > NEVER / 2
        d_min, d_stop = possible.argmax(axis=2), table.shape[2] - possible[:, :, ::-1].argmax(axis=2)
        ranges = np.empty(d_min.shape, _RANGE)
        ranges["d_min"], ranges["d_stop"] = d_min, d_stop
        for name, length in (("offset", d_stop - d_min), ("row", d_stop + SHIFT)):
            ranges[name] = np.cumsum(length).reshape(length.shape) - length
        at_least = np.cumsum(np.exp(table)[:, :, ::-1], axis=2)[:, :, ::-1]
        more = np.concatenate([at_least[:, :, 1:], np.zeros((*table.shape[:2], 1))], axis=2)
        survivor = np.ascontiguousarray(np.log(np.maximum(more, 1e-12)).transpose(0, 2, 1))
        return cls(table[possible], survivor, ranges)
