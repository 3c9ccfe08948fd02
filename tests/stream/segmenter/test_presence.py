"""The evidence for a heart, from segments of a path alone: what is withheld, and what is named when."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartseg.stream.segmenter.decoder import MIN_POSTERIOR, SOUNDS, PathSegment
from heartseg.stream.segmenter.presence import SENSITIVITIES, Presence, PresenceGate

LENGTHS = (12, 20, 10, 40)  # frames of S1, systole, S2 and diastole at 73 bpm
PATIENCE, MOST_WITHHELD = 800, 64  # frames, sounds
NEUTRAL = 0.8  # a learned presence that speaks neither for nor against a heart
DOUBTFUL, DOUBT = 0.45, 0.68  # a posterior that is named, and a learned presence that outweighs it


def gate_of(sensitivity="normal"):
    return PresenceGate(SENSITIVITIES[sensitivity])


def named_one_by_one(gate, segments):
    """The sounds named after each segment, when each is pushed for itself."""
    return [gate.push([segment], segment.end) for segment in segments]


def path(beats, posteriors, first=0, slower=1, other=0.0, presence=NEUTRAL):
    """Segments of so many beats, of these mean posteriors of the four states."""
    segments, at = [], first
    for state in [0, 1, 2, 3] * beats:
        segments.append(PathSegment(state, at, at + LENGTHS[state] * slower, posteriors[state], other, presence))
        at = segments[-1].end
    return segments


@st.composite
def paths(draw):
    """Any segments in order, mostly of the next state, now and then after a pause."""
    level = st.sampled_from([0.0, 0.2, 0.3, 0.4, 0.45, 0.47, 0.5, 0.6, 0.9, 1.0])
    segment = st.tuples(st.integers(1, 180), level, level, st.sampled_from([0, 0, 0, 0, 0, 90]))
    base, state, at, found = draw(level), draw(st.integers(0, 3)), 0, []
    for length, a, b, pause in draw(st.lists(segment, max_size=200)):
        at += pause
        found.append(PathSegment(state, at, at + length, (a + 2 * base) / 3, b / 2, b))
        at, state = at + length, (state + 1) % 4
    return found


@settings(deadline=None)
@given(paths(), st.sampled_from([*SENSITIVITIES]))
def test_sounds_are_named_in_order_once_and_not_too_late(segments, sensitivity):
    gate, named = gate_of(sensitivity), []
    for segment in segments:
        was_heart = gate.is_heart
        now = gate.push([segment], segment.end)
        assert len(now) <= MOST_WITHHELD and 0 <= gate.evidence <= 1
        assert all(segment.end - sound.start <= PATIENCE and sound.posterior >= MIN_POSTERIOR for sound in now)
        assert not now or gate.is_heart
        if was_heart and gate.is_heart and segment.state in SOUNDS:
            assert now == [segment] * (segment.posterior >= MIN_POSTERIOR and segment.end - segment.start <= PATIENCE)
        named += now
    assert all(a.end <= b.start for a, b in itertools.pairwise(named))
    assert {*named} <= {segment for segment in segments if segment.state in SOUNDS}
    assert gate_of(sensitivity).push(segments, segments[-1].end if segments else 0) == named


@settings(deadline=None)
@given(paths())
def test_what_less_sensitivity_names_more_names_too(segments):
    low, normal, high = ({*gate_of(word).push(segments, 0)} for word in ("low", "normal", "high"))
    assert low <= normal <= high


def test_no_more_than_so_many_are_withheld():
    """Two hundred sounds in four seconds speak neither for nor against; what comes then is a heart."""
    doubtful = [PathSegment(i % 4, 2 * i, 2 * i + 2, DOUBTFUL, 0.0, DOUBT) for i in range(400)]
    sure = [PathSegment(i % 4, 2 * i, 2 * i + 2, 1.0, 0.0, NEUTRAL) for i in range(400, 440)]
    gate = gate_of()
    assert gate.push(doubtful, 800) == []
    sounds = [segment for segment in doubtful + sure if segment.state in SOUNDS]
    named = named_one_by_one(gate, sure)
    assert max(map(len, named)) == MOST_WITHHELD
    named = [*itertools.chain(*named)]
    assert named == sounds[-len(named) :] and len(named) > MOST_WITHHELD


def test_a_sound_is_withheld_for_eight_seconds_at_most():
    doubtful = path(30, [DOUBTFUL] * 4, presence=DOUBT)
    gate = gate_of()
    assert gate.push(doubtful, doubtful[-1].end) == []
    sure = path(6, [0.95] * 4, doubtful[-1].end)
    named = [*itertools.chain(*named_one_by_one(gate, sure))]
    begun = next(segment for segment in sure if segment.state in SOUNDS and gate_after(doubtful, sure, segment))
    assert named[0].start == min(s.start for s in doubtful if s.state in SOUNDS and begun.end - s.start <= PATIENCE)


def gate_after(before, then, last):
    """Whether there is a heart after these segments up to `last`."""
    gate = gate_of()
    gate.push(before + then[: then.index(last) + 1], last.end)
    return gate.is_heart


def test_at_the_end_less_evidence_is_enough():
    """Of a short recording of a poor heart, the beats are named at its end; of noise, and of two beats, nothing."""
    poor = path(8, [0.51] * 4)
    last = gate_of().flush(poor, poor[-1].end)
    assert last == [segment for segment in poor if segment.state in SOUNDS]
    assert gate_of().push(poor, poor[-1].end) == []
    for too_little in (path(8, [0.43] * 4), path(2, [0.51] * 4)):
        assert gate_of().flush(too_little, too_little[-1].end) == []
    sure = path(20, [0.95] * 4)
    gate = gate_of()
    assert gate.push(sure[:-1], 0) + gate.flush(sure[-1:], 0) == [s for s in sure if s.state in SOUNDS]


@pytest.mark.parametrize("weak", range(4))
def test_a_cycle_is_as_credible_as_its_weakest_segment(weak):
    posteriors = [0.95] * 4
    assert len(gate_of().push(path(20, posteriors), 0)) == 40
    posteriors[weak] = 0.3
    gate = gate_of()
    assert not any(named_one_by_one(gate, path(20, posteriors)))
    assert gate.presence == Presence.NOTHING


def test_the_learned_presence_alone_decides_nothing():
    """It can neither silence sounds that are sure, nor make a heart of sounds that are unlikely."""
    sure, unlikely = path(20, [0.9] * 4, presence=0.0), path(20, [0.3] * 4, presence=1.0)
    assert len(gate_of().push(sure, sure[-1].end)) >= 38
    assert gate_of().push(unlikely, unlikely[-1].end) == []


def test_of_doubtful_sounds_the_learned_presence_decides():
    doubtful = [path(20, [0.47] * 4, presence=presence) for presence in (0.5, 1.0)]
    assert [len(gate_of().push(segments, segments[-1].end)) for segments in doubtful] == [0, 40]


def test_where_the_evidence_ends_nothing_more_is_named():
    """One push may hold both: sounds are named up to where the heart ends, and no further."""
    heart = path(8, [0.96] * 4)
    noise = path(20, [0.6, 0.2, 0.6, 0.2], heart[-1].end, presence=0.5)
    gate = gate_of()
    named = gate.push(heart + noise, noise[-1].end)
    assert [s for s in named if s.start < noise[0].start] == [s for s in heart if s.state in SOUNDS]
    assert len(named) <= 16 + 8 and not gate.is_heart
    again = path(8, [0.96] * 4, noise[-1].end)
    assert len([s for s in gate.push(again, again[-1].end) if s.start >= again[0].start]) >= 15


def test_sounds_with_nothing_between_them_end_a_heart():
    """As the decoder finds them in silence."""
    heart = path(8, [0.96] * 4)
    alone = [PathSegment(2, at, at + 10, 0.2, 0.2, 0.75) for at in range(heart[-1].end + 20, 4000, 40)]
    gate = gate_of()
    gate.push(heart, heart[-1].end)
    assert gate.is_heart
    assert not any(named_one_by_one(gate, alone[:20]))
    assert not gate.is_heart
    assert not any(named_one_by_one(gate, alone[20:]))
    assert gate.presence == Presence.NOTHING and gate.evidence == 0


def test_as_many_beats_convince_when_they_are_slow():
    counts = []
    for slower in (1, 2):
        gate = gate_of()
        beats = path(10, [0.9] * 4, slower=slower)
        counts.append(next(i for i, segment in enumerate(beats) if gate.push([segment], segment.end)))
    assert counts[0] == counts[1] <= 4 * 4


def test_what_is_told():
    gate = gate_of()
    assert gate.presence == Presence.LISTENING and gate.evidence == 0
    gate.push(path(1, [0.9] * 4), 82)
    assert gate.presence == Presence.LISTENING
    gate.push(path(10, [0.9] * 4, 82), 902)
    assert gate.presence == Presence.HEART and gate.evidence == 1
    gate.push(path(20, [0.55] * 4, 902, other=0.4), 2542)
    assert gate.presence == Presence.UNSURE
    gate.push([], 2600)
    assert gate.presence == Presence.UNSURE
    gate.clear()
    assert gate.presence == Presence.LISTENING and gate.evidence == 0
    gate.push([], 399)
    assert gate.presence == Presence.LISTENING
    gate.push([], 400)
    assert gate.presence == Presence.NOTHING
