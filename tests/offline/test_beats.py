"""Beats and their intervals."""

import itertools

import numpy as np
import pytest

from heartseg.offline.beats import Beat, beats
from heartseg.offline.scoring import median_bpm
from heartseg.stream.events import Gap, Sound
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.sources.simulated import SimulatedHeart
from heartseg.stream.vitals import VitalSigns


def sound(kind, onset_s, length_s=0.1, confidence=0.9):
    onset = round(onset_s * STREAM_RATE)
    return Sound(kind, onset, onset + round(length_s * STREAM_RATE), confidence, onset + STREAM_RATE)


def test_a_beat_has_its_intervals():
    found = beats([sound("S1", 1.0, 0.12, 0.8), sound("S2", 1.3, 0.1, 0.6), sound("S1", 1.9)])
    assert len(found) == 2
    first = found[0]
    assert (first.s1_onset_s, first.s2_onset_s) == (1.0, 1.3)
    assert first.rr_s == pytest.approx(0.9) and first.s1_s2_s == pytest.approx(0.3)
    assert first.s2_s1_s == pytest.approx(0.6) and first.ratio == pytest.approx(0.5)
    assert first.s1_s == pytest.approx(0.12) and first.s2_s == pytest.approx(0.1)
    assert first.confidence == pytest.approx(0.7)
    assert found[1] == Beat(1.9, None, None, None, None, pytest.approx(0.1), None, None, 0.9)


def test_no_interval_spans_a_gap():
    heard = [sound("S1", 1.0), sound("S2", 1.3), sound("S1", 1.9), sound("S2", 2.2), sound("S1", 2.8)]
    gap = Gap(round(1.5 * STREAM_RATE), round(1.6 * STREAM_RATE), "overflow")
    first, second, _ = beats(heard, [gap])
    assert first.rr_s is None and first.s2_s1_s is None and first.s1_s2_s == pytest.approx(0.3)
    assert second.rr_s == pytest.approx(0.9)
    within_systole = Gap(round(1.15 * STREAM_RATE), round(1.2 * STREAM_RATE), "overflow")
    lone_s1, lone_s2, *_ = beats(heard, [within_systole])
    assert lone_s1.s2_onset_s is None and lone_s1.s1_s2_s is None
    assert lone_s2.s1_onset_s is None and lone_s2.s2_s1_s == pytest.approx(0.6) and lone_s2.rr_s is None


@pytest.mark.parametrize(
    "heard",
    [
        [("S1", 1.0), ("S1", 1.9), ("S2", 2.2)],  # an S2 was missed
        [("S1", 1.0), ("S2", 1.3), ("S2", 2.2), ("S1", 2.8)],  # an S1 was missed
        [("S1", 1.0), ("S2", 1.9), ("S1", 2.4)],  # too far apart to be one systole
        [("S1", 1.0), ("S2", 1.3), ("S1", 3.9)],  # or one diastole
    ],
)
def test_a_missed_sound_leaves_its_intervals_open(heard):
    found = beats([sound(*s) for s in heard])
    assert [b.rr_s for b in found] == [None] * len(found)
    onsets = [t for b in found for t in (b.s1_onset_s, b.s2_onset_s) if t is not None]
    assert onsets == [pytest.approx(t) for _, t in heard]  # each sound is in exactly one beat


def test_nothing_heard():
    assert beats([]) == []


def test_a_simulated_heart():
    truth = list(itertools.islice(SimulatedHeart(bpm=80, seed=3).beats(), 30))
    heard = [Sound(k, *at, 1.0, at[1]) for b in truth for k, at in (("S1", b.s1), ("S2", b.s2))]
    found = beats(reversed(heard))
    assert len(found) == 30
    for beat, (this, following) in zip(found, itertools.pairwise(truth), strict=False):
        assert beat.rr_s == pytest.approx((following.s1[0] - this.s1[0]) / STREAM_RATE)
        assert beat.s1_s2_s + beat.s2_s1_s == pytest.approx(beat.rr_s)


@pytest.mark.parametrize("bpm", [24, 27, 30, 72])
def test_a_slow_heart_has_one_rate_everywhere(bpm):
    """On the display, in the beats of a report and in the tables of scores."""
    cycle = 60 / bpm
    sounds = [sound(kind, i * cycle + late) for i in range(12) for kind, late in (("S1", 0.0), ("S2", 0.25 * cycle))]
    signs = VitalSigns()
    for s in sounds:
        signs.event(s)
    assert signs.now(sounds[-1].emitted).bpm == pytest.approx(bpm, abs=0.01)
    assert np.median([60 / b.rr_s for b in beats(sounds) if b.rr_s]) == pytest.approx(bpm, abs=0.01)
    assert median_bpm(np.array([i * cycle for i in range(12)])) == pytest.approx(bpm, abs=0.01)
