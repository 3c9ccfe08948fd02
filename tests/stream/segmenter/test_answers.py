"""Answers about systole, as the segmenter gives them: the same for every cut, none across a gap, no sound moved."""

import itertools
import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from heartseg.models import load_systole
from heartseg.offline.segmentation import read_stream
from heartseg.stream import JsonLines, Listening, Replay, Segmenter, SimulatedHeart, Sound, Systole
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.sinks.session import end, session

SHORT = np.concatenate(list(itertools.islice(SimulatedHeart(bpm=100, seed=3, murmur=0.3).blocks(), 180)))


def events_of(x, sizes=(), **options):
    """The events of a sound in blocks of these sizes and one of the rest."""
    segmenter = Segmenter(rate=STREAM_RATE, **options)
    blocks = np.split(x, np.minimum(np.cumsum(sizes, dtype=int), len(x)))
    return [event for block in blocks for event in segmenter.push(block)] + segmenter.flush()


def answers(events):
    return [event for event in events if isinstance(event, Systole)]


WHOLE = events_of(SHORT, systole=True)
GRADE_III, NONE = "84693_MV", "49983_AV"


def test_the_other_events_stay_as_they_are():
    assert [event for event in WHOLE if not isinstance(event, Systole)] == events_of(SHORT)
    assert len(answers(WHOLE)) >= 3


def test_an_answer_rests_on_whole_beats_that_were_heard_before():
    onsets = {sound.onset: sound.emitted for sound in WHOLE if isinstance(sound, Sound) and sound.kind == "S1"}
    for answer in answers(WHOLE)[:-1]:
        assert answer.start in onsets and onsets[answer.end] == answer.emitted
        assert answer.answer in ("heard", "not heard", "cannot tell") and 0 <= answer.probability <= 1
    counts = [answer.beats for answer in answers(WHOLE)]
    assert counts == sorted(counts) and counts[-1] >= len(onsets) - 4
    assert [answer.end for answer in answers(WHOLE)] == sorted({answer.end for answer in answers(WHOLE)})


@settings(deadline=None, max_examples=5)
@given(
    st.lists(st.one_of(st.integers(0, 50), st.integers(0, STREAM_RATE), st.integers(0, 30 * STREAM_RATE)), max_size=40)
)
def test_every_cut_gives_the_same_answers(sizes):
    assert events_of(SHORT, sizes, systole=True) == WHOLE


def test_a_replay_writes_the_answers_of_the_segmenter_byte_for_byte(tmp_path):
    segmenter = Segmenter(rate=STREAM_RATE, systole=True)
    first = session(segmenter, "replay")
    assert first["systole_model"] == load_systole().name
    assert "systole_model" not in session(Segmenter(segmenter.network, rate=STREAM_RATE), "replay")
    file = tmp_path / "events.jsonl"
    blocks = np.split(SHORT, range(1_000, len(SHORT), 7_919))
    with Listening(segmenter, Replay(blocks, None), sinks=[JsonLines(str(file), first)]) as run:
        assert run.wait(60)
    counts = {kind: sum(isinstance(e, Sound) and e.kind == kind for e in WHOLE) for kind in ("S1", "S2")}
    lines = [first, *(event.as_dict() for event in WHOLE), end(run.accounts, counts)]
    assert file.read_text() == "".join(json.dumps(line) + "\n" for line in lines)


def test_no_answer_spans_a_gap():
    cut = SHORT.copy()
    gap = slice(9 * STREAM_RATE, 9 * STREAM_RATE + 4_410)
    cut[gap] = np.nan
    before, after = [], []
    for answer in answers(events_of(cut, systole=True)):
        assert answer.end <= gap.start or answer.start >= gap.stop
        (before if answer.end <= gap.start else after).append(answer)
    assert before and after and after[0].beats <= before[-1].beats


def test_too_few_beats_give_no_answer():
    assert answers(events_of(SHORT[: 4 * STREAM_RATE], systole=True)) == []


def test_a_loud_murmur_is_heard_and_a_quiet_systole_is_not(data):
    """A child with a murmur of grade III at the mitral position, and one without."""
    last = [
        answers(events_of(read_stream(data / f"circor/dev/{name}.flac"), systole=True))[-1]
        for name in (GRADE_III, NONE)
    ]
    assert last[0].answer == "heard" and last[0].probability > 0.9
    assert last[1].answer != "heard" and last[1].probability < 0.3
