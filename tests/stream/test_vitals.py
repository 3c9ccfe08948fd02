"""Heart rate and intervals: medians of what belongs together."""

import pytest

from heartseg.stream.events import Gap, Onset, Sound
from heartseg.stream.vitals import Vitals, VitalSigns

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
    events = [*beats(1), Gap(2 * RATE, 3 * RATE, "lost"), sound("S1", 3.1)]
    assert vitals(events, 4) == Vitals(confidence=0.9)


def test_an_interval_that_is_too_long_is_not_counted():
    figures = vitals([sound("S1", 1), sound("S2", 2), sound("S1", 5)], 6)
    assert figures == Vitals(confidence=pytest.approx(0.9))
