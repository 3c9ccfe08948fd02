"""The pure core: what it finds, when it says so, and that no cut into blocks changes a bit of it."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from heartseg.models import WHOLE as WHOLE_NETWORK
from heartseg.models import ModelError, load
from heartseg.offline.scoring import match
from heartseg.stream.events import Gap, Onset, Sound
from heartseg.stream.rates import STREAM_PER_FRAME, STREAM_RATE
from heartseg.stream.segmenter import decoder
from heartseg.stream.segmenter.decimator import NEEDED_AFTER
from heartseg.stream.segmenter.decoder import durations
from heartseg.stream.segmenter.lag import DEFAULT_LAG, FULL_CONTEXT, LONG_SOUND, LONGEST_LOOKAHEAD, SLOW_HOP, Lag
from heartseg.stream.segmenter.segmenter import NOT_FINITE, Segmenter
from heartseg.stream.segmenter.windows import Posteriors
from heartseg.stream.sources.simulated import SimulatedHeart

NETWORK, FOR_RECORDINGS = load(), load(WHOLE_NETWORK)


def sound_of(heart, seconds):
    blocks = itertools.islice(heart.blocks(), int(seconds * 10))
    return np.concatenate(list(blocks))


def truth_of(heart, seconds):
    beats = list(itertools.takewhile(lambda b: b.s2[1] < seconds * STREAM_RATE, heart.beats()))
    return [("S1", b.s1) for b in beats] + [("S2", b.s2) for b in beats]


def segment(x, cuts=(), lag=None):
    segmenter, events = Segmenter(FOR_RECORDINGS if lag == FULL_CONTEXT else NETWORK, lag, rate=STREAM_RATE), []
    for block in np.split(x, cuts):
        events += segmenter.push(block)
    events += segmenter.flush()
    assert segmenter.processed + segmenter.dropped == len(x)
    return events


def sounds_of(events):
    return [e for e in events if isinstance(e, Sound)]


def f1(events, truth, kind, tolerance=0.06):
    found = np.sort([(e.onset + e.offset) / 2 / STREAM_RATE for e in sounds_of(events) if e.kind == kind])
    true = np.sort([sum(span) / 2 / STREAM_RATE for k, span in truth if k == kind])
    return 2 * len(match(true, found, tolerance)[0]) / (len(true) + len(found))


HEART = sound_of(SimulatedHeart(bpm=80, seed=3), 12)
SPOILT = sound_of(SimulatedHeart(bpm=80, seed=3), 16)  # five seconds before, between and after two gaps
SPOILT[240_000:240_020] = np.nan
SPOILT[241_000] = np.inf
SPOILT[470_000:472_000] = 1e11


@pytest.mark.parametrize("bpm", [50, 72, 110])
def test_a_simulated_heart_is_heard(bpm):
    heart = SimulatedHeart(bpm=bpm, seed=bpm)
    events, truth = segment(sound_of(heart, 30)), truth_of(heart, 30)
    assert f1(events, truth, "S1") > 0.9
    assert f1(events, truth, "S2") > 0.9


def test_counts_of_a_converter_are_sound():
    """Some store them as they are, far above a full scale of 1.0."""
    counts = segment(np.float32(2**31) * HEART)
    assert [(e.kind, e.onset) for e in sounds_of(counts)] == [(e.kind, e.onset) for e in sounds_of(WHOLE)]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, len(HEART)), max_size=60))
def test_every_cut_gives_the_same_events(cuts):
    assert segment(HEART, sorted(cuts)) == WHOLE


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, len(SPOILT)), max_size=60))
@example([472_000])  # a block that ends one gap and begins the next
def test_every_cut_gives_the_same_events_with_bad_samples(cuts):
    assert segment(SPOILT, sorted(cuts)) == WHOLE_SPOILT


@pytest.mark.parametrize("block", [1, 100, 441, 4410, 100_000])
def test_block_sizes_give_the_same_events(block):
    x = HEART[: 4 * STREAM_RATE] if block == 1 else HEART
    events = segment(x, range(block, len(x), block))
    assert events == segment(x) and sounds_of(events)


@pytest.mark.parametrize("lag", [Lag(0, 1), Lag(13, 2), DEFAULT_LAG, FULL_CONTEXT])
def test_every_lag_gives_the_same_events_for_two_cuts(lag):
    assert segment(HEART, range(997, len(HEART), 997), lag) == segment(HEART, (), lag)


def test_events_are_in_order_and_do_not_overlap():
    for before, after in itertools.pairwise(sounds_of(WHOLE)):
        assert before.offset <= after.onset
    for before, after in itertools.pairwise(WHOLE):
        assert before.emitted <= after.emitted


@pytest.mark.parametrize("lag", [Lag(0, 1), Lag(7, 1), Lag(0), Lag(15), DEFAULT_LAG])
def test_the_ledger_is_what_is_measured(lag):
    least = sum(low for low, _ in lag.ledger().values())
    most = sum(high for _, high in lag.ledger().values())
    events = segment(HEART, (), lag)
    live = [e for e in sounds_of(events) if e.emitted < len(HEART) and not e.withheld]
    assert len(live) > 10
    after = [e.emitted - e.offset for e in live]
    # Filters and hops to the sample: a window ends every hop, and needs the filters' delay.
    assert {e.emitted % (lag.hop * STREAM_PER_FRAME) for e in live} == {NEEDED_AFTER}
    assert min(after) >= least
    assert np.mean([d <= most for d in after]) > 0.9
    assert most + LONG_SOUND // 2 == pytest.approx(lag.bound_ms * STREAM_RATE / 1000)


def test_nothing_is_emitted_before_it_was_heard():
    segmenter = Segmenter(NETWORK, rate=STREAM_RATE)
    for at in range(0, len(HEART), 441):
        for event in segmenter.push(HEART[at : at + 441]):
            assert at < event.emitted <= at + 441
            assert (event.onset if isinstance(event, Onset) else event.offset) < event.emitted


def test_a_sound_is_named_while_it_sounds_and_the_name_holds():
    onsets = [e for e in WHOLE if isinstance(e, Onset)]
    sounds = [e for e in sounds_of(WHOLE) if not e.withheld]
    assert len(sounds) > 15
    held = [s for s in sounds if s.announced is not None]
    assert len(held) >= 0.9 * len(sounds) and len(onsets) <= len(sounds) + 2
    after_centre = [s.announced - (s.onset + s.offset) / 2 for s in held]
    assert np.median(after_centre) < 0.025 * STREAM_RATE
    assert np.mean([s.announced <= s.offset for s in held]) > 0.8
    assert all(any(o.emitted == s.announced and o.kind == s.kind for o in onsets) for s in held)
    assert all(s.announced < s.emitted for s in held if s.emitted < len(HEART))
    whole = segment(HEART, (), FULL_CONTEXT)
    assert not any(isinstance(e, Onset) for e in whole)


@pytest.mark.parametrize("lag", [Lag(0, 1), Lag(7, 2), Lag(20, 1), Lag(0), DEFAULT_LAG], ids=str)
@pytest.mark.parametrize("x", [HEART, SPOILT], ids=["heart", "spoilt"])
def test_no_sound_is_named_at_its_onset_after_it_was_confirmed(x, lag):
    ended = named = 0
    for event in segment(x, (), lag):
        if isinstance(event, Sound):
            ended = event.offset
        elif isinstance(event, Onset):
            named += 1
            assert event.onset >= ended
    assert named > 10


def test_the_lags_fit_the_shipped_network():
    card = NETWORK.card
    assert card.token == SLOW_HOP and card.heads * card.token == SLOW_HOP + LONGEST_LOOKAHEAD
    card = FOR_RECORDINGS.card
    assert FULL_CONTEXT.hop + FULL_CONTEXT.lookahead == card.heads * card.token


def test_the_decoder_remembers_all_that_it_may_be_asked_for():
    """At the end of a recording: what the commit delay holds back, and the last frames, that come all at once."""
    longest_s1 = int(durations().ranges["d_stop"][0].max())
    asked = FULL_CONTEXT.commit_delay + FULL_CONTEXT.lookahead + FULL_CONTEXT.hop + longest_s1
    assert asked < decoder._HISTORY - decoder._LONGEST


def test_a_network_that_says_too_little_for_the_lag_is_refused():
    with pytest.raises(ModelError, match=r"45 frames .* longest lag is 5[0-9]+ ms"):
        Segmenter(NETWORK, FULL_CONTEXT, rate=STREAM_RATE)


def test_a_lag_within_the_limits_of_a_network():
    card = replace(NETWORK.card, name="short", heads=3)
    assert Lag.within(1000, card).lookahead == 10 == card.longest_lookahead
    Lag(10).check(card)
    with pytest.raises(ModelError, match=r"short gives posteriors of 15 frames .* longest lag is \d+ ms"):
        Lag(11).check(card)
    with pytest.raises(ModelError, match="short"):
        Lag.within(1000, replace(card, heads=0))


def test_lag_within():
    for ms in (100, 250, 400, 1000):
        assert round(Lag.within(ms).bound_ms) <= ms
    assert Lag.within(400).lookahead > Lag.within(200).lookahead
    for ms in (20, 2001, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="a lag is 100 to 2000 ms"):
            Lag.within(ms)


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_a_pause_is_left_empty(seed):
    heart = SimulatedHeart(bpm=75, seed=seed, pause_every_s=8, pause_s=4)
    beats = list(itertools.takewhile(lambda b: b.s2[1] < 30 * STREAM_RATE, heart.beats()))
    pauses = [(a.s2[1], b.s1[0]) for a, b in itertools.pairwise(beats) if b.s1[0] - a.s2[1] > 3 * STREAM_RATE]
    assert pauses
    events = segment(sound_of(heart, 30))
    inside = [e for e in sounds_of(events) if any(a + 2000 < (e.onset + e.offset) / 2 < b - 2000 for a, b in pauses)]
    assert inside == []


def test_bad_samples_become_gaps_that_no_sound_spans():
    gaps = [e for e in WHOLE_SPOILT if isinstance(e, Gap)]
    assert [(g.start, g.reason) for g in gaps] == [(240_000, NOT_FINITE), (470_000, NOT_FINITE)]
    assert gaps[0].end == 241_001 + 4410 and gaps[1].end == 472_000 + 4410
    sounds = [e for e in WHOLE_SPOILT if isinstance(e, Sound)]
    assert not any(s.onset < g.end and g.start < s.offset for s in sounds for g in gaps)
    assert any(s.offset < gaps[0].start for s in sounds) and any(s.onset > gaps[1].end for s in sounds)
    assert any(gaps[0].end < s.onset < gaps[1].start for s in sounds)


def test_after_a_gap_positions_stay_true():
    segmenter = Segmenter(NETWORK, rate=STREAM_RATE)
    events = segmenter.push(HEART[:150_000]) + segmenter.gap(44_100, "overflow") + segmenter.push(HEART[194_100:])
    events += segmenter.flush()
    assert Gap(150_000, 194_100, "overflow") in events
    assert segmenter.position == len(HEART) and segmenter.dropped == 44_100
    late = [e for e in events if isinstance(e, Sound) and e.onset > 260_000]
    true = [e for e in sounds_of(WHOLE) if e.onset > 260_000]
    assert len(late) == len(true)
    assert all(abs(a.onset - b.onset) < 0.06 * STREAM_RATE for a, b in zip(late, true, strict=True))


@pytest.mark.parametrize("length", [0, 1, 440, 441, 2205, 5000])
def test_short_streams(length):
    assert all(isinstance(e, Sound | Onset) for e in segment(HEART[:length]))


def test_a_block_has_one_dimension():
    with pytest.raises(ValueError, match="one channel"):
        Segmenter(NETWORK, rate=STREAM_RATE).push(np.zeros((10, 2), np.float32))


def test_the_rate_cannot_be_forgotten():
    with pytest.raises(TypeError, match="rate"):
        Segmenter(NETWORK)
    with pytest.raises(ValueError, match=r"rate=4000: .*heartseg\.segment"):
        Segmenter(NETWORK, rate=4000)


WHOLE = segment(HEART)
WHOLE_SPOILT = segment(SPOILT)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 25)), min_size=20, max_size=60), st.integers(0, 2**32 - 1))
def test_what_is_not_final_leaves_no_trace(hops, seed):
    """Frames that are told early, and told otherwise later, change no confirmed sound."""
    rng = np.random.default_rng(seed)
    told, untold = decoder.Decoder(1), decoder.Decoder(1)
    first = 0
    for final, early in hops:
        log = np.log(rng.dirichlet(np.full(4, 0.2), final + early) + 1e-6).astype(np.float32).reshape(-1, 4)
        presence = rng.random(final + early).astype(np.float32) * 0.5 + 0.5
        found = told.push(Posteriors(first, log, presence, final, 0))
        assert found.segments == untold.push(Posteriors(first, log[:final], presence[:final], final, 0)).segments
        first += final
    assert told.flush() == untold.flush()


def test_a_sound_is_named_early_once_and_by_what_is_known_last():
    """Its onset may move, or the sound end, while it is not final; it is named when it has lasted long enough, and no
    more when it is confirmed.
    """

    def onset(hearing, *lengths, final=0):
        states = np.repeat([3, 0, 1], lengths)
        log = np.log(np.eye(4, dtype=np.float32)[states] * 0.96 + 0.01)
        decoded = hearing.push(Posteriors(0, log, np.ones(len(log), np.float32), final, 0))
        assert bool(decoded.segments) == bool(final)
        return decoded.provisional

    hearing = decoder.Decoder(1)
    assert onset(hearing, 40, decoder.MIN_ONSET_FRAMES - 1, 0) is None
    named = onset(hearing, 38, decoder.MIN_ONSET_FRAMES + 4, 0)
    assert (named.state, named.start, named.end) == (0, 38, 38 + decoder.MIN_ONSET_FRAMES + 4)
    assert onset(hearing, 40, 10, 0) is None and onset(hearing, 40, 10, 3) is None
    named = onset(decoder.Decoder(1), 40, 10, 3)
    assert (named.state, named.start, named.end) == (0, 40, 50)
    assert onset(decoder.Decoder(1), 40, 10, 6) is None
    assert onset(decoder.Decoder(1), 40, 10, 3, final=53) is None  # confirmed
