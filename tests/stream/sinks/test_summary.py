"""The end of a run in a few lines: every mark, and no rate where too little was named."""

import pytest

from heartseg.stream.events import Gap, Marker, Sound, Systole
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.sinks.base import Accounts
from heartseg.stream.sinks.summary import Summary


def at(seconds):
    return round(seconds * STREAM_RATE)


def beat(start_s):
    return [Sound(kind, at(t), at(t + 0.1), 0.9, at(t + 0.4)) for kind, t in (("S1", start_s), ("S2", start_s + 0.3))]


def summary(events, seconds):
    sink = Summary()
    for event in events:
        sink.on_event(event)
    sink.close(Accounts(at(seconds), at(seconds), 0, 0))
    return sink.lines()


@pytest.mark.parametrize(
    ("events", "seconds", "words"),
    [
        (
            [s for n in range(60) for s in beat(0.75 * n)],
            50,
            "50.0 s heard: 60 beats, 80 bpm on average, named in 88 %",
        ),
        ([s for n in range(60) for s in beat(0.75 * n)], 100, "100.0 s heard: 60 beats, named in 44 %"),
        ([*beat(0), *beat(1)], 1.5, "1.5 s heard: 2 beats, named in 67 %"),
        ([*beat(0), *beat(1), Gap(at(1.5), at(1.6), "overflow"), *beat(2), *beat(3)], 4, "4 beats, 60 bpm on average"),
        ([], 0, "0.0 s heard: 0 beats, named in 0 %"),
    ],
)
def test_what_was_heard(events, seconds, words):
    (line,) = summary(events, seconds)
    assert words in line and line.endswith("0.00 s dropped. Not a medical device.")


def test_every_mark_is_told():
    *marks, _ = summary([Marker(at(n)) for n in range(50)], 60)
    assert marks == [f"mark at {n}.00 s" for n in range(50)]


def test_a_jump_in_a_replay_forgets_nothing():
    sink = Summary()
    for origin, ahead in ((0, 0), (30, 10)):  # the second run begins 10 s before the place that is jumped to
        sink.begin_at(at(origin), at(ahead))
        for event in [s for n in range(20) for s in beat(n)]:
            sink.on_event(event)
        sink.on_event(Marker(at(15)))
        sink.close(Accounts(at(20), at(20), 0, 0))
    assert sink.lines()[:2] == ["mark at 15.00 s", "mark at 45.00 s"]
    assert "30.0 s heard: 30 beats, 60 bpm on average, named in 93 %" in sink.lines()[2]


def test_the_newest_answer_about_systole_has_a_line_if_it_is_wanted():
    sink = Summary(systole=True)
    question, review = "murmur-like sound in systole", "for review, not a diagnosis"
    assert sink.lines()[0] == f"{question}: cannot tell  too few clean beats  {review}"
    for answer in ("not heard", "heard"):
        sink.on_event(Systole(0, at(9), answer, 0.75, 12, 0.9, at(9.4)))
    said = f"{question}: heard  probability 0.75  12 beats  {review}"
    assert sink.lines()[0] == said and "systole" not in " ".join(Summary().lines())
