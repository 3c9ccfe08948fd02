"""What the display shows follows from its state, and the state from what was heard."""

import numpy as np
import pytest

from heartseg.stream.display.layout import rows
from heartseg.stream.display.monitor import Monitor
from heartseg.stream.display.player import Player, Run
from heartseg.stream.display.state import DisplayState, History
from heartseg.stream.display.theme import Theme
from heartseg.stream.engine import Engine
from heartseg.stream.events import Gap, Marker, Onset, Sound
from heartseg.stream.segmenter.segmenter import Segmenter
from heartseg.stream.sinks.wav import WavRecording
from heartseg.stream.sources.replay import Replay


def text_of(drawn):
    return ["".join(segment.text for segment in row) for row in drawn]


def test_a_lost_device_is_told_and_the_picture_can_be_held(network):
    source, history, theme = Replay([], name="micro\x1b[2Jphone"), History(), Theme(colour=False, blocks=True)
    history.on_samples(np.zeros(44_100, np.float32))
    history.on_event(Onset("S1", 40_000, 0.9, 44_000))
    player = Player(source, lambda source: Run(Engine(Segmenter(network, rate=44_100), source, []), history))
    monitor = Monitor(player, WavRecording(), "heartseg", 390)

    def drawn():
        picture = rows(monitor.state(), 60, 16, theme)
        is_lit = any(segment.style == theme.lit[1] for row in picture for segment in row)
        return "".join(text_of(picture)), is_lit

    text, is_lit = drawn()
    assert "listening ..." in text and is_lit and "\x1b" not in text
    source.state = "device lost: waiting for it"
    text, is_lit = drawn()
    assert "device lost: waiting for it" in text and not is_lit

    monitor.hold()
    history.on_samples(np.zeros(44_100, np.float32))
    assert "HELD" in drawn()[0] and "00:01.0" in drawn()[0]
    monitor.hold()
    assert "HELD" not in drawn()[0] and "00:02.0" in drawn()[0]


def test_the_history_does_not_depend_on_the_blocks():
    x = np.random.default_rng(0).uniform(-1, 1, 40 * 44_100).astype(np.float32)  # longer than the history

    def state(size):
        history = History()
        for first in range(0, len(x), size):
            history.on_samples(x[first : first + size])
        history.on_missing(1000)
        history.on_samples(x[:1000])
        return history.state()

    whole = state(len(x))
    for size in (441, 997, 44_100):
        other = state(size)
        np.testing.assert_array_equal(other.peaks, whole.peaks)
        assert other.position == whole.position == len(x) + 2000


def a_state(**fields):
    """Ten seconds of steady sound with one of each event in the last second."""
    events = (Sound("S1", 400_000, 405_000, 0.9, 420_000), Gap(410_000, 419_000, "lost"), Marker(425_000))
    onsets = (Onset("S2", 430_000, 0.8, 434_000),)
    return DisplayState(
        441_000, np.full((2, 3000), 0.1, np.float32), np.zeros(18_900, np.float32), events, onsets, **fields
    )


@pytest.mark.parametrize("theme", [Theme(colour, blocks) for colour in (True, False) for blocks in (True, False)])
def test_a_picture_depends_on_its_state_alone(theme):
    state = a_state(title="heartseg", source="heart.wav", lag_ms=390.0, load=0.01, hint="heartbeat")
    for columns, lines in ((60, 16), (80, 24), (120, 40)):
        picture = rows(state, columns, lines, theme)
        assert picture == rows(state, columns, lines, theme) and len(picture) == lines
        assert {len(text) for text in text_of(picture)} == {columns}
        text = "\n".join(text_of(picture))
        for word in ("heart.wav", "heartbeat", "lag 390 ms", "headroom 100", "lub", "dub", "gap", theme.sign("▲", "^")):
            assert word in text
    assert "PAUSED" in "".join(text_of(rows(a_state(paused=True), 80, 24, theme)))
    assert "00:10 / 01:02" in "".join(text_of(rows(a_state(length_s=62.9), 80, 24, theme)))
    assert "heard to the right edge" in "".join(text_of(rows(a_state(is_heard=True), 80, 24, theme)))
    assert "REC 01:02" in "".join(text_of(rows(a_state(recording_s=62.0), 80, 24, theme)))
    assert "mark this moment" in "".join(text_of(rows(a_state(help=1), 80, 24, theme)))
