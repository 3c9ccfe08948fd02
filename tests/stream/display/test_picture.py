"""What is drawn: only figures that hold, at every size, and a waveform that a knock does not flatten."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from heartseg.stream.display.digits import ASCII_SIZES, BLOCK_SIZES, big
from heartseg.stream.display.help import PAGES
from heartseg.stream.display.layout import rows
from heartseg.stream.display.monitor import Monitor
from heartseg.stream.display.player import Run
from heartseg.stream.display.state import BIN, DisplayState, History
from heartseg.stream.display.strip import full_scale, strip_rows
from heartseg.stream.display.theme import LOUD, ROWS, UNSURE, Theme
from heartseg.stream.display.trend import trend
from heartseg.stream.events import Gap, Onset, Sound, Systole
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.segmenter.presence import Presence
from heartseg.stream.vitals import VitalSigns

SECONDS = 70
THEMES = [Theme(colour, blocks, fine) for colour in (True, False) for blocks, fine in ((1, 1), (1, 0), (0, 0))]
LOST = "device lost: waiting for it"


def sounds(bpm=112):
    """A steady heart until just before the end."""
    cycle = 60 / bpm
    for beat in range(int((SECONDS - 0.5) / cycle)):
        for kind, late in (("S1", 0.0), ("S2", 0.4 * cycle)):
            onset = round((beat * cycle + late) * STREAM_RATE)
            yield Sound(kind, onset, onset + STREAM_RATE // 12, 0.9, onset + STREAM_RATE // 5)


def state(bpm=112, knock=0.0, **fields):
    """Seventy seconds of a heart, with a knock five seconds before the end."""
    heard, signs = list(sounds(bpm)), VitalSigns()
    peaks = np.full((2, SECONDS * STREAM_RATE // BIN), 0.001, np.float32)
    for sound in heard:
        signs.add(sound)
        peaks[:, sound.onset // BIN : sound.offset // BIN] = 0.1
    peaks[:, -1500:-1400] += np.float32(knock)
    position = SECONDS * STREAM_RATE
    usual = {"presence": Presence.HEART, "source": "heart.wav", "hint": "heartbeat"}
    vitals = signs.at(position)
    return DisplayState(position, peaks, np.zeros(18_900), tuple(heard), vitals=vitals, **(usual | fields))


def text_of(drawn):
    return ["".join(segment.text for segment in row) for row in drawn]


@pytest.mark.parametrize("theme", THEMES)
def test_every_size_is_filled_and_no_rate_is_cut(theme):
    whole = [big("112", size, "█" if theme.blocks else "#") for size in (BLOCK_SIZES if theme.blocks else ASCII_SIZES)]
    for columns, lines in ((1, 1), (9, 4), (20, 5), (37, 14), (40, 24), (60, 16), (80, 24), (120, 40), (200, 50)):
        picture = text_of(rows(state(), columns, lines, theme))
        assert len(picture) == lines and {len(row) for row in picture} == {columns}
        if any("bpm" in row for row in picture[: lines - 4]):
            assert any(all(any(part in row for row in picture) for part in digits) for digits in whole), picture
        assert columns < 20 or lines < 4 or any(" bpm" in row for row in picture)


@pytest.mark.parametrize(
    "fields", [{"presence": Presence.NOTHING}, {"presence": Presence.LISTENING}, {"source_state": LOST}]
)
def test_no_figure_stands_beside_no_heart(fields):
    for columns, lines in ((200, 50), (80, 24), (20, 5)):
        now, then = rows(state(**fields), columns, lines, THEMES[-1]), rows(state(), columns, lines, THEMES[-1])
        figures = [line for line in text_of(now) if line.startswith("systole")]
        assert all(re.search("systole +- ms +diastole +- ms", line) and "0.9" not in line for line in figures)
        assert figures or lines < 10
        rate, rate_before = ([t for t in text_of(p) if " bpm" in t and "minute" not in t] for p in (now, then))
        assert rate and rate != rate_before


def test_a_long_path_shows_the_name_of_the_file():
    source = text_of(rows(state(source="/a/very/long/way/" * 9 + "child-042.wav"), 60, 16, THEMES[0]))[1]
    assert source.startswith("…") and "/child-042.wav 5 s shown" in source


def test_a_knock_does_not_flatten_the_heart():
    assert full_scale(state(knock=0.8)) == full_scale(state()) == pytest.approx(0.12)
    assert full_scale(state(knock=0.8), previous=0.11) == 0.11
    before, after = (text_of(strip_rows(state(knock=knock), 60, 10, THEMES[0]))[1] for knock in (0, 0.8))
    assert before[8:] == after[8:] and not after[8:].isspace() and before != after


def test_a_waveform_with_an_offset_is_centred():
    moved = state()
    shift = np.array([[0.5], [-0.5]], np.float32)
    moved = DisplayState(moved.position, moved.peaks + shift, moved.recent, moved.events)
    assert text_of(strip_rows(moved, 60, 10, THEMES[0])) == text_of(strip_rows(state(), 60, 10, THEMES[0]))


def test_the_axis_tells_the_time_of_the_stream():
    axis = text_of(strip_rows(state(span_s=20), 80, 8, THEMES[0]))[-1]
    assert re.findall("╵(.{4})", axis) == ["0:50", "0:55", "1:00", "1:05"]
    assert not any("0:5" in row for row in text_of(strip_rows(state(span_s=20), 80, 5, THEMES[0])))


def test_an_onset_is_grey_while_it_is_unsure_what_it_is():
    onset = (Onset("S1", SECONDS * STREAM_RATE - 9_000, 0.6, SECONDS * STREAM_RATE - 4_000),)
    for theme in THEMES:
        for presence, is_grey in ((Presence.HEART, False), (Presence.UNSURE, True)):
            drawn = rows(state(onsets=onset, presence=presence), 80, 24, theme)
            styles = {segment.style for row in drawn for segment in row}
            assert ({theme.kinds[UNSURE], theme.lit[UNSURE]} <= styles) == is_grey


def test_the_trend_is_the_rate_of_the_last_minute():
    assert trend(sounds(80), 60 * STREAM_RATE) == [pytest.approx(80)] * 20
    assert trend(sounds(24), 60 * STREAM_RATE)[1:] == [pytest.approx(24, abs=0.01)] * 19
    paused = [s for s in sounds(80) if not 30 < s.onset_s < 39]
    rates = trend(paused, 60 * STREAM_RATE)
    assert rates[10:13] == [None] * 3 and rates[:10] == rates[13:] + rates[:3] == [pytest.approx(80)] * 10


def test_the_help_has_every_word_of_the_screen():
    helped = " ".join(word + " " + meaning for page in PAGES for word, meaning in page)
    shown = " ".join(text_of(rows(state(), 200, 50, THEMES[0])))
    for word in ("systole", "diastole", "confidence", "coverage", "level", "lag", "headroom", "dropped", "bpm"):
        assert word in shown and word in helped
    for page in (1, 2):
        for line in text_of(rows(state(help=page), 60, 16, THEMES[0]))[2:-3]:
            assert line.rstrip() == line[:59].rstrip()


def test_a_held_picture_is_scrolled_and_keeps_its_figures():
    history = History()
    for at in range(12):
        history.on_samples(np.full(STREAM_RATE, 0.1 + at / 100, np.float32))
    engine = SimpleNamespace(
        name="x", state="listening", presence=Presence.HEART, load=0.0, accounts=SimpleNamespace(dropped=0), ended=False
    )
    player = SimpleNamespace(run=Run(engine, history), length=None, paused=False, end_note="")
    monitor = Monitor(player, SimpleNamespace(recording=False, message=None), "heartseg", 390)
    monitor.scroll(-1)
    assert monitor.state().shown == 12 * STREAM_RATE, "only a held picture can be scrolled"
    monitor.hold()
    engine.presence = Presence.NOTHING
    history.on_samples(np.zeros(STREAM_RATE, np.float32))
    monitor.scroll(-2)
    state = monitor.state()
    assert state.shown == 9.5 * STREAM_RATE and state.presence == Presence.HEART
    monitor.scroll(-99)
    assert monitor.state().shown == 5 * STREAM_RATE
    assert "00:05.0" in text_of(rows(monitor.state(), 80, 24, THEMES[0]))[0]
    monitor.hold()
    assert monitor.state().shown == 13 * STREAM_RATE and monitor.state().presence == Presence.NOTHING


def about(answer):
    """An answer about all beats but those of the last two seconds."""
    return Systole(0, (SECONDS - 2) * STREAM_RATE, answer, 0.75, 40, 0.9, SECONDS * STREAM_RATE)


def answered(answer, *later, **fields):
    """A state with an answer, and events after it."""
    plain = state(has_systole=True, **fields)
    return replace(plain, events=(*plain.events, about(answer), *later))


@pytest.mark.parametrize("theme", THEMES)
def test_the_systoles_of_an_answer_are_tinted_where_a_sound_is_heard(theme):
    quiet = np.full((2, SECONDS * STREAM_RATE // BIN), 0.05, np.float32)  # so that every column has ink

    def tinted(*answers):
        """How many systoles have the tint, and how many S2 are in view."""
        shown = replace(state(has_systole=True), peaks=quiet)
        row = strip_rows(replace(shown, events=shown.events + answers), 300, 8, theme)[3]
        if theme.colour:
            return [sum(s.style == theme.kinds[kind] for s in row) for kind in (LOUD, ROWS["S2"])]
        text = "".join(s.text for s in row)  # by the shape
        return [len(re.findall(f"[{re.escape(''.join(theme.glyphs[kind, 1:].ravel()))}]+", text))
                for kind in (LOUD, ROWS["S2"])]  # fmt: skip

    heard, not_heard, cannot_tell = (about(answer) for answer in ("heard", "not heard", "cannot tell"))
    n_tinted, n_systoles = tinted(heard)
    too_new = sum(sound.kind == "S2" and sound.end > heard.end for sound in sounds())
    assert n_systoles - too_new - n_tinted in (0, 1), "of the first S2 in view, the systole may be out of view"
    assert n_tinted > 5 > too_new > 0
    assert tinted(not_heard)[0] == tinted(cannot_tell)[0] == tinted(heard, not_heard)[0] == 0
    assert tinted(not_heard, heard)[0] == n_tinted, "the newest answer counts"


def test_an_answer_stands_in_the_picture_with_the_words_that_it_is_for_review():
    answer, words = "murmur-like sound in systole: cannot tell", "for review, not a diagnosis"
    for columns, lines in ((200, 50), (80, 24), (60, 16), (42, 16), (41, 16), (40, 16), (20, 5)):
        picture = "\n".join(text_of(rows(answered("cannot tell"), columns, lines, THEMES[0])))
        assert (answer in picture) == (words in picture) == (columns > 40)
    assert "probability 0.75   40 beats" in "\n".join(text_of(rows(answered("heard"), 100, 30, THEMES[0])))


@pytest.mark.parametrize(
    "fields", [{"presence": Presence.NOTHING}, {"presence": Presence.UNSURE}, {"source_state": LOST}]
)
def test_no_answer_stands_beside_no_heart_nor_after_a_gap(fields):
    waiting = "murmur-like sound in systole: listening ..."
    gap = Gap(SECONDS * STREAM_RATE - 9, SECONDS * STREAM_RATE, "overflow")
    for shown in (answered("heard", **fields), answered("heard", gap)):
        picture = "\n".join(text_of(rows(shown, 80, 24, THEMES[0])))
        assert waiting in picture and "systole: heard" not in picture
    assert "murmur" not in "\n".join(text_of(rows(replace(answered("heard"), has_systole=False), 80, 24, THEMES[0])))
