"""Whether the figures of a page can be trusted."""

from types import SimpleNamespace

import pytest

from heartseg.offline.figures.named import Named
from heartseg.stream.events import Gap, Sound
from heartseg.stream.rates import STREAM_RATE


def named(length_s, *onsets_s, gaps=()):
    """What is named if an S1 and an S2 follow each other at these onsets."""
    at = [round(onset * STREAM_RATE) for onset in onsets_s]
    sounds = [Sound(("S1", "S2")[i % 2], onset, onset + STREAM_RATE // 10, 0.9, 0) for i, onset in enumerate(at)]
    return Named(SimpleNamespace(sounds=sounds, gaps=gaps, seconds=length_s))


def test_a_median_of_an_even_count_is_the_mean_of_the_middle_two():
    heart = named(3.1, 0, 0.32, 0.8, 1.2, 1.8, 2.2, 3.0)  # RR 0.8, 1.0, 1.2
    assert heart.medians == {"bpm": "60", "rr": "1000", "s1_s2": "400", "s2_s1": "600", "ratio": "0.67"}
    assert named(2.9, 0, 0.3, 0.8, 1.3, 1.8).medians["s1_s2"] == "400"
    assert heart.warning == "" and heart.pauses == []


@pytest.mark.parametrize(
    "heart, warning",
    [
        (named(20), "No heart sound was found."),
        (named(20, 5, 5.3, 6, 6.3, 7), "Only 10 % of the time is named: too little for a heart rate."),
        (named(20, 5, 5.3, 6), "Only 5 % of the time is named: too little for a heart rate."),
        (named(1.5, 0.1, 0.4, 1.1), "Fewer than two whole beats are named: too few for a heart rate."),
    ],
)
def test_too_little_gives_a_warning_and_no_figure(heart, warning):
    assert heart.warning.startswith(warning)
    assert set(heart.medians.values()) == {"–"}


def test_pauses_are_the_times_without_a_name():
    assert named(20).pauses == [[0, 20]]
    assert named(20, gaps=[Gap(5 * STREAM_RATE, 6 * STREAM_RATE, "unusable")]).pauses == [[0, 5], [6, 20]]
    assert named(20, 5, 5.3, 6, 6.3, 7, 15).pauses == [[0, 5], [pytest.approx(7.1), 15], [pytest.approx(15.1), 20]]
