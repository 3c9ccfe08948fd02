"""The Viterbi kernels against the recursion written down plainly: same paths, same scores."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartseg.stream.segmenter import decoder
from heartseg.stream.segmenter.durations import NEVER, Durations
from heartseg.stream.segmenter.viterbi import Segment, Viterbi

STATES, CLASSES, LONGEST = 4, 5, 24
WEIGHT, CHANGE_COST, HISTORY = 0.5, 1.0, 64


class Naive:
    """An HSMM Viterbi as in the module's formula: absolute scores of every frame, and a pointer for each of them."""

    def __init__(self, table, log):
        self.table, frames = table, len(log)
        states, classes, _ = table.shape
        at_least = np.cumsum(np.exp(table)[:, :, ::-1], axis=2)[:, :, ::-1]
        more = np.concatenate([at_least[:, :, 1:], np.zeros((states, classes, 1))], axis=2)
        self.log_more = np.log(np.maximum(more, 1e-12))
        self.emission = np.concatenate([np.zeros((1, states)), np.cumsum(WEIGHT * log.astype(float), axis=0)])
        self.begin = np.full((frames + 1, states, classes), NEVER)
        self.begin[0] = 0.0
        self.back = {}  # (t, state, class) of a beginning: the segment before it
        for t, s in itertools.product(range(1, frames + 1), range(states)):
            for c in range(classes):
                end, start = self.best_end(t, s, c)
                after = (s + 1) % states
                for c2 in range(classes) if after == 0 else (c,):
                    score = end - CHANGE_COST * abs(c2 - c)
                    if abs(c2 - c) <= 2 and score > self.begin[t, after, c2]:
                        self.begin[t, after, c2] = score
                        self.back[t, after, c2] = Segment(s, c, start, t)

    def score_of(self, s, c, start, t, log_weight):
        """Of the best path whose last segment is in state s and class c, from `start` to frame t."""
        return self.begin[start, s, c] + log_weight[s, c, t - start] + self.emission[t, s] - self.emission[start, s]

    def best_end(self, t, s, c):
        """The best score of a segment that ends before frame t, and where it starts."""
        possible = [d for d in np.flatnonzero(self.table[s, c] > NEVER / 2) if d <= t]
        return max(((self.score_of(s, c, t - d, t, self.table), int(t - d)) for d in possible), default=(NEVER, t))

    def path(self, t):
        """The best path over the first t frames, the open segment last, and its score. The first of equals wins."""
        score, segment = NEVER, None
        for s in range(STATES):
            longest = int(np.flatnonzero((self.table[s] > NEVER / 2).any(axis=0)).max())
            for d, c in itertools.product(range(min(longest, t) + 1), range(CLASSES)):
                new = self.score_of(s, c, t - d, t, self.log_more)
                if new > score:
                    score, segment = new, Segment(s, c, t - d, t)
        path = [segment]
        while path[0].start > 0:
            first = path[0]
            path.insert(0, self.back[first.start, first.state, first.cycle])
        return path, score

    def score(self, path):
        """The score of a path, its last segment open."""
        total, before = 0.0, None
        for segment in path:
            s, c, start, end = segment
            weight = self.log_more if segment is path[-1] else self.table
            total += weight[s, c, end - start] + self.emission[end, s] - self.emission[start, s]
            total -= CHANGE_COST * abs(c - before) if before is not None and s == 0 else 0.0
            before = c
        return total


def tables(rng):
    """Log probabilities of random durations, possible between two random bounds."""
    table = np.full((STATES, CLASSES, LONGEST + 1), NEVER)
    for s, c in itertools.product(range(STATES), range(CLASSES)):
        low = int(rng.integers(1, 5))
        high = int(rng.integers(low + 4, LONGEST + 1))
        table[s, c, low : high + 1] = np.log(rng.dirichlet(np.full(high - low + 1, 2.0)) + 1e-9)
    return table


def score_in(search, segment):
    """The score of the best path by the search's own account."""
    begin_score, _, _, cumulative_emission = search._trellis
    survivor = search._durations[1][segment.state, segment.end - segment.start, segment.cycle]
    begin = begin_score[segment.start & (HISTORY - 1), segment.state, segment.cycle]
    return begin + survivor + cumulative_emission[segment.state]


HOPS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12)), min_size=1, max_size=14)


@settings(deadline=None, max_examples=40)
@given(HOPS, st.integers(0, 2**32 - 1))
def test_paths_and_scores_are_those_of_the_plain_recursion(hops, seed):
    """Frames come in hops of (final, provisional); what is provisional is drawn anew each time."""
    rng = np.random.default_rng(seed)
    table = tables(rng)
    search = Viterbi(Durations.of(table), WEIGHT, CHANGE_COST, HISTORY)

    def frames(n):
        return np.log(rng.dirichlet(np.full(STATES, 0.3), n) + 1e-6).astype(np.float32).reshape(-1, STATES)

    final = frames(sum(n for n, _ in hops))
    written = 0
    for n, rest in hops:
        done = search.frame
        log = np.concatenate([final[done : done + n], frames(rest)])
        search.advance(log, n)
        every = Naive(table, np.concatenate([final[:done], log]))
        committed, score = every.path(search.frame)
        assert search.committed == committed[-1]
        assert score_in(search, search.committed) == pytest.approx(score, abs=1e-9)
        written = max(written, search.newest.end)
        oldest = max(0, written - (HISTORY - LONGEST - 1))
        assert search.path(0) == [segment for segment in committed[:-1] if segment.start >= oldest]
        newest, score = every.path(search.frame + rest)
        assert search.newest == newest[-1]
        if len(newest) > 1:
            assert search.previous == newest[-2]
        assert every.score(newest) == pytest.approx(score, abs=1e-9)


def test_the_decoders_own_durations():
    """Eight beats, in one piece and in hops."""
    states = np.tile(np.repeat([0, 1, 2, 3], [12, 20, 10, 40]), 8)
    log = np.log(np.eye(4, dtype=np.float32)[states] * 0.9 + 0.025)
    whole, hopped = (
        Viterbi(decoder.durations(), decoder.EMISSION_WEIGHT, decoder.CYCLE_CHANGE_COST, 1024) for _ in range(2)
    )
    whole.advance(log, len(log))
    for t in range(0, len(log), 7):
        hopped.advance(log[t : t + 37], len(log[t : t + 7]))
    assert whole.path(0) == hopped.path(0) and whole.committed == hopped.committed
    assert [s.state for s in whole.path(0)] == [0, 1, 2, 3] * 7 + [0, 1, 2]
    assert [s.end for s in whole.path(0)] == (np.flatnonzero(np.diff(states)) + 1).tolist()
