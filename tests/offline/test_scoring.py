"""The scoring rules, each on a case that breaks if the rule does."""

import itertools

import mir_eval
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartseg.offline.datasets.recording import Recording
from heartseg.offline.scoring import (
    Counts,
    Prediction,
    by_centre,
    coverage,
    match,
    reference_of,
    score,
)

NAMES = {"S1": 1, "systole": 2, "S2": 3, "diastole": 4}


def recording(rows, points=False):
    start, end, state = (np.array(column) for column in zip(*rows, strict=True))
    return Recording("a", None, "a", start.astype(float), end.astype(float), state.astype(np.int8), points)


def beats(n, start=1.0, cycle=0.8):
    rows = []
    for t in start + cycle * np.arange(n):
        rows += [(t, t + 0.12, 1), (t + 0.12, t + 0.3, 2), (t + 0.3, t + 0.4, 3), (t + 0.4, t + cycle, 4)]
    return rows


def predicted(s1, s2):
    sounds = {"S1": by_centre(s1), "S2": by_centre(s2)}
    return Prediction(sounds, {k: np.full(len(v), np.nan) for k, v in sounds.items()})


def same_as(reference, shift=0.0):
    return predicted(*(reference.sounds[k] + shift for k in ("S1", "S2")))


def pooled(reference, prediction, tolerance=0.06):
    return sum(score(reference, prediction, tolerance).values(), Counts())


REFERENCE = reference_of(recording(beats(20)))


def test_perfect():
    counts = pooled(REFERENCE, same_as(REFERENCE))
    assert counts.f1 == 1 and counts.swaps == 0 and counts.references == 40


def test_the_tolerance_is_of_the_centre_and_includes_its_bound():
    assert pooled(REFERENCE, same_as(REFERENCE, 0.06)).f1 == 1
    assert pooled(REFERENCE, same_as(REFERENCE, 0.061)).f1 == 0
    wide = predicted(*(REFERENCE.sounds[k] + [-0.2, 0.2] for k in ("S1", "S2")))
    assert pooled(REFERENCE, wide).f1 == 1


def test_one_to_one():
    twice = predicted(*(np.concatenate([v, v + 0.01]) for v in REFERENCE.sounds.values()))
    counts = pooled(REFERENCE, twice)
    assert counts.sensitivity == 1 and counts.precision == 0.5


def test_swaps():
    counts = pooled(REFERENCE, predicted(REFERENCE.sounds["S2"], REFERENCE.sounds["S1"]))
    assert counts.tp == 0 and counts.swap_rate == 1 and counts.fp == counts.fn == 40


def test_what_nobody_annotated_is_not_scored():
    extra = predicted([*REFERENCE.sounds["S1"], (0.1, 0.2), (30, 30.1)], REFERENCE.sounds["S2"])
    assert pooled(REFERENCE, extra).fp == 0
    inside = predicted([*REFERENCE.sounds["S1"], (1.6, 1.7)], REFERENCE.sounds["S2"])
    assert pooled(REFERENCE, inside).fp == 1


def test_a_sound_cut_by_the_edge_is_left_out_with_what_is_predicted_there():
    rows = beats(5)
    cut = reference_of(recording([(1.08, 1.12, 1), *rows[1:]]))
    assert len(cut.sounds["S1"]) == 4 and len(cut.cut) == 1
    assert pooled(cut, same_as(reference_of(recording(rows)))).f1 == 1
    assert len(reference_of(recording(beats(5, start=0.0))).sounds["S1"]) == 4
    open_ended = reference_of(recording([*rows, (5.0, np.inf, 1)]))
    assert len(open_ended.sounds["S1"]) == 5 and pooled(open_ended, predicted([(5.0, 5.1)], [])).fp == 0


def test_marks():
    marks = reference_of(recording([(1.0, 1.0, 1), (1.3, 1.3, 3), (2.0, 2.0, 1)], points=True))
    assert marks.spans.tolist() == [[0.9, 2.1]]
    assert pooled(marks, predicted([(0.9, 1.1), (1.95, 2.0), (3, 3)], [(1.3, 1.3)])).f1 == 1


TIMES = st.lists(st.floats(0, 3), max_size=12).map(sorted)


@given(TIMES, TIMES)
def test_matching_is_as_large_as_that_of_mir_eval(a, b):
    a, b = np.array(a, float), np.array(b, float)
    i, j = match(a, b, 0.06)
    assert len(set(i)) == len(i) == len(set(j)) == len(j)
    assert (np.abs(a[i] - b[j]) <= 0.06 + 1e-8).all()
    close = (np.abs(np.abs(a[:, None] - b[None, :]) - 0.06) < 1e-8).any()  # rounding at the very bound
    if not close:
        assert len(i) == len(mir_eval.util.match_events(a, b, 0.06))


def test_matching_has_the_least_error():
    rng = np.random.default_rng(0)
    for _ in range(50):
        a, b = np.sort(rng.uniform(0, 0.3, 4)), np.sort(rng.uniform(0, 0.3, 4))
        i, j = match(a, b, 0.06)
        best = (0, 0.0)
        for order in itertools.permutations(range(4)):
            errors = [abs(a[k] - b[o]) for k, o in enumerate(order)]
            good = [e for e in errors if e <= 0.06]
            best = max(best, (len(good), -sum(good)))
        assert len(i) == best[0] and np.abs(a[i] - b[j]).sum() == pytest.approx(-best[1])


def test_a_day_is_matched_in_no_time():
    a = np.arange(100_000) * 0.8
    assert len(match(a, a + 0.03, 0.06)[0]) == 100_000


def test_coverage():
    assert coverage([(REFERENCE, same_as(REFERENCE))]) == 1
    assert coverage([(REFERENCE, predicted([], []))]) == 0
    half = predicted(*(v[: len(v) // 2] for v in REFERENCE.sounds.values()))
    assert 0.45 < coverage([(REFERENCE, half)]) < 0.55
