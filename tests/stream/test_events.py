"""Events: positions, seconds, and the forms in which they are written."""

import pytest

from heartseg.stream.events import HEART_SOUNDS, KINDS, Gap, Marker, Onset, Recording, Sound, Systole

SOUND = Sound("S1", 54_243, 59_535, 0.9704, 72_990, 57_555)
ONSET = Onset("S2", 54_684, 0.9096, 57_555)
GAP = Gap(136_710, 141_120, "overflow")
MARKER = Marker(229_320)
SYSTOLE = Systole(44_100, 220_500, "cannot tell", 0.4567, 8, 0.9123, 238_140)
BEGUN, ENDED = (Recording("heart.wav", 44_100, end, end > 44_100) for end in (44_100, 88_200))


def test_every_event_has_a_span_in_samples_and_in_seconds():
    spans = {
        SOUND: (54_243, 59_535),
        ONSET: (54_684, 54_684 + HEART_SOUNDS["S2"].usual_length),
        GAP: (136_710, 141_120),
        MARKER: (229_320, 229_320),
        SYSTOLE: (44_100, 220_500),
        BEGUN: (44_100, 44_100),
        ENDED: (44_100, 88_200),
    }
    for event, (start, end) in spans.items():
        assert (event.start, event.end) == (start, end)
        assert (event.start_s, event.end_s) == (start / 44_100, end / 44_100)
        assert event.duration_s == (end - start) / 44_100


def test_positions_in_seconds():
    assert (SOUND.onset_s, SOUND.offset_s, SOUND.emitted_s) == (1.23, 1.35, 72_990 / 44_100)
    assert SOUND.announced_s == ONSET.emitted_s == 57_555 / 44_100
    assert Sound("S1", 0, 1, 1.0, 2).announced_s is None
    assert ONSET.onset_s == 1.24 and MARKER.at_s == 5.2


def test_as_dict_is_the_line_of_the_readme():
    assert SOUND.as_dict() == {
        "type": "sound", "kind": "S1", "onset_s": 1.23, "offset_s": 1.35, "onset_sample": 54_243,
        "offset_sample": 59_535, "confidence": 0.97, "emitted_s": 1.6551, "announced_s": 1.3051,
        "withheld": False,
    }  # fmt: skip
    assert ONSET.as_dict() == {
        "type": "onset", "kind": "S2", "onset_s": 1.24, "onset_sample": 54_684, "confidence": 0.91, "emitted_s": 1.3051,
    }  # fmt: skip
    assert GAP.as_dict() == {
        "type": "gap", "start_s": 3.1, "end_s": 3.2, "start_sample": 136_710, "end_sample": 141_120,
        "reason": "overflow",
    }  # fmt: skip
    assert MARKER.as_dict() == {"type": "marker", "at_s": 5.2, "at_sample": 229_320}
    assert SYSTOLE.as_dict() == {
        "type": "systole", "question": "murmur-like sound in systole", "answer": "cannot tell", "probability": 0.457,
        "beats": 8, "confidence": 0.912, "start_s": 1.0, "end_s": 5.0, "start_sample": 44_100, "end_sample": 220_500,
        "emitted_s": 5.4, "notice": "For review, not a diagnosis. Not a medical device.",
    }  # fmt: skip
    place = {"type": "recording", "file": "heart.wav", "start_s": 1.0, "end_s": None, "start_sample": 44_100}
    assert BEGUN.as_dict() == {**place, "end_sample": None}
    assert ENDED.as_dict() == {**place, "end_s": 2.0, "end_sample": 88_200}


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (SOUND, "     1.230 s  S1 lub  120 ms  confidence 0.97"),
        (ONSET, "     1.240 s  S2 dub  begins  confidence 0.91"),
        (GAP, "     3.100 s  gap  0.100 s missing: overflow"),
        (MARKER, "     5.200 s  mark"),
        (
            SYSTOLE,
            "     5.000 s  murmur-like sound in systole: cannot tell  probability 0.46  8 beats  "
            "for review, not a diagnosis",
        ),
        (BEGUN, "     1.000 s  recording begins: heart.wav"),
        (ENDED, "     2.000 s  recording ends: heart.wav"),
    ],
)
def test_as_text_is_a_line_for_a_person(event, text):
    assert event.as_text() == text and event.label in text


def test_the_kinds():
    assert KINDS == ("S1", "S2")
    assert [(kind.word, kind.state) for kind in HEART_SOUNDS.values()] == [("lub", 0), ("dub", 2)]
