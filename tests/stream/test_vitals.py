"""Heart rate and intervals: medians of what belongs together."""

import pytest

from heartseg.stream.events import Gap, Onset, Sound
from heartseg.stream.vitals import Vitals, VitalSigns, coverage

RATE = 44_100


def sound(kind, onset_s, confidence=0.9):
    onset = round(onset_s * RATE)
    return Sound(kind, onset, onset + RATE // 10, confidence, onset + RATE // 5)


def beats(count, cycle_s=0.8, systole_s=0.3):
    for i in range(count):
        yield sound("S1", 1 + i * cycle_s)
        yield sound("S2", 1 + i * cycle_s + systole_s)


def vitals(events, position_s):
    signs = VitalSigns()
    for event in events:
        signs.add(event)
    return signs.at(round(position_s * RATE))


def test_the_figures_of_a_steady_heart():
    figures = vitals(beats(8), 8)
    assert figures.bpm == pytest.approx(75) and figures.confidence == pytest.approx(0.9)
    assert figures.s1_s2_ms == pytest.approx(300) and figures.s2_s1_ms == pytest.approx(500)


def test_without_sounds_there_are_none():
    assert vitals([], 5) == Vitals() == vitals([Onset("S1", RATE, 0.9, RATE)], 5)


def test_they_are_those_of_the_last_ten_seconds():
    assert vitals(beats(8), 30) == Vitals()


def test_no_interval_spans_a_gap():
    events = [*beats(4), Gap(round(4.5 * RATE), 5 * RATE, "lost"), sound("S1", 5.1)]
    assert vitals(events, 5.2) == Vitals()
    events += [sound(kind, 5.1 + late) for late, kind in ((0.3, "S2"), (0.8, "S1"), (1.1, "S2"), (1.6, "S1"))]
    figures = vitals(events, 7)
    assert figures.bpm == pytest.approx(75) and figures.coverage == pytest.approx(0.8)


@pytest.mark.parametrize(
    "heard",
    [
        [("S1", 1), ("S2", 2), ("S1", 5), ("S2", 5.3), ("S1", 6)],  # one cycle is too long to be whole
        [("S1", 1), ("S2", 1.3), ("S1", 1.8), ("S2", 2.1)],  # the second cycle has no end
        [("S1", 1), ("S1", 1.8), ("S1", 2.6), ("S1", 3.4)],  # no S2 between
        [("S1", 1), ("S2", 1.3), ("S1", 1.8), ("S2", 2.1), ("S1", 2.6)],  # less than half of the time
    ],
)
def test_too_little_gives_no_figures(heard):
    figures = vitals([sound(*s) for s in heard], 7)
    assert figures == Vitals(coverage=figures.coverage) and figures.coverage < 0.5


def test_a_slow_heart_keeps_its_rate_between_its_sounds():
    for position in (15, 16.2, 17.6):
        assert vitals(beats(7, cycle_s=2.7, systole_s=0.4), position).bpm == pytest.approx(60 / 2.7)


def test_coverage_is_the_share_of_the_time_in_whole_cycles():
    sounds = list(beats(6))  # whole cycles from 1 s to 5 s
    assert coverage(sounds, 0, 8 * RATE) == pytest.approx(0.5)
    assert coverage(sounds, 2 * RATE, 4 * RATE) == 1 and coverage(sounds, 3 * RATE, 3 * RATE) == 0
    without = [s for s in sounds if s.onset != round(2.6 * RATE)]  # an S1 less: two cycles less
    assert coverage(without, 0, 8 * RATE) == pytest.approx(0.3)
