"""A replay that is paused, sought and looped: one run of the engine after another."""

import numpy as np
import pytest
import soundfile
from virtual_microphone import a_heart
from waiting import until

from heartseg.stream.cli import main
from heartseg.stream.display.player import Player, Run
from heartseg.stream.display.state import History, shifted
from heartseg.stream.engine import Engine
from heartseg.stream.events import Gap, Marker, Onset, Sound
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.segmenter.presence import Presence
from heartseg.stream.segmenter.segmenter import Segmenter
from heartseg.stream.sources.file import FileSource
from heartseg.stream.sources.replay import Replay
from heartseg.stream.sources.simulated import SimulatedHeart


@pytest.fixture(scope="module")
def heart(tmp_path_factory):
    """A recording of 16 s."""
    path = tmp_path_factory.mktemp("heart") / "heart.wav"
    soundfile.write(path, a_heart(16), STREAM_RATE)
    return path


@pytest.fixture
def play(network):
    """Starts a player of a recording or of another replay, and stops it at the end."""
    players = []

    def begin(source):
        history = History(source.origin)
        return Run(Engine(Segmenter(network, rate=44_100), source, [history]), history)

    def make(path, speed=1.0, paused=False, **options):
        source = path if isinstance(path, Replay) else Replay.of(FileSource(path), speed)
        players.append(Player(source, begin, **options))
        if paused:
            players[-1].pause()
        players[-1].start()
        return players[-1]

    yield make
    for player in players:
        player.ask_to_stop()
        assert player.run.engine.wait(20) and player.run.engine.failure is None


def sounds(events):
    return [event for event in events if isinstance(event, Sound)]


def test_another_place_is_shown_as_if_all_before_had_been_heard(play, network, heart):
    player = play(heart, paused=True)
    assert player.seek(13.0) is None and player.paused
    history, engine = player.run.history, player.run.engine
    until(lambda: history.position >= 13 * STREAM_RATE)
    assert history.position < 13.05 * STREAM_RATE
    assert engine.presence is Presence.HEART
    straight = Segmenter(network, rate=44_100)
    recording = np.concatenate(list(FileSource(heart).blocks()))[: history.position]
    wanted = [s for s in sounds(straight.push(recording)) if s.onset > 7 * STREAM_RATE]
    until(lambda: len(sounds(history.state().events)) >= len(wanted))
    shown = [s for s in sounds(history.state().events) if s.onset > 7 * STREAM_RATE]
    assert [s.kind for s in shown] == [s.kind for s in wanted] and len(wanted) > 8
    np.testing.assert_allclose([s.onset for s in shown], [s.onset for s in wanted], atol=882)


def test_the_end_stays_and_one_can_go_back(play, heart):
    player = play(heart, speed=None)
    until(lambda: player.run.engine.ended)
    assert player.goes_on(stays=True) and not player.goes_on(stays=False)
    assert player.end_note == "end – q quits, ← goes back"
    ended = player.run
    assert player.seek(-5.0) is None and player.run is not ended
    until(lambda: player.run.engine.ended)
    assert player.run.history.position == player.length == 16 * STREAM_RATE
    player.ask_to_stop()
    assert not player.goes_on(stays=True)


def test_a_loop_begins_again(play, heart):
    player = play(heart, speed=1000.0, loops=True)
    first = player.run
    until(lambda: first.engine.ended)
    assert player.goes_on(stays=False) and player.run is not first and player.source.origin == 0
    player.ask_to_stop()
    assert not player.goes_on(stays=True) or not player.run.engine.ended


def test_what_cannot_be_sought_says_why_and_goes_on(play, heart, tmp_path):
    demo = play(Replay(SimulatedHeart().blocks()))
    assert demo.seek(5.0) == "only a recording can be sought" and demo.length is None
    writing = play(heart, writes=True)
    assert writing.seek(5.0) == "seeking is off while events or samples are written"
    (tmp_path / "gone.wav").write_bytes(heart.read_bytes())
    player = play(tmp_path / "gone.wav", paused=True)
    run = player.run
    (tmp_path / "gone.wav").unlink()
    assert "no such file" in player.seek(5.0)
    assert player.run is run and player.goes_on(stays=False) and player.paused


@pytest.mark.parametrize(
    "event",
    [Sound("S1", 1, 2, 0.9, 5, 3), Sound("S2", 1, 2, 0.9, 5), Onset("S1", 1, 0.9, 3), Gap(1, 2, "lost"), Marker(1)],
)
def test_a_shifted_event_differs_in_all_its_positions_and_in_nothing_else(event):
    later = shifted(event, 10)
    differences = {name: getattr(later, name) for name, value in vars(event).items() if getattr(later, name) != value}
    integers = {name: value + 10 for name, value in vars(event).items() if type(value) is int}
    assert differences == integers and type(later) is type(event)


@pytest.mark.parametrize(
    "options",
    [
        "--device --play",
        "--replay heart.wav --play --speed 2",
        "--demo --loop",
        "--replay - --loop",
        "--replay heart.wav --loop --speed max",
        "--replay heart.wav --loop --jsonl events.jsonl",
    ],
)
def test_what_does_not_go_together_is_refused_in_one_line(capsys, options):
    with pytest.raises(SystemExit, match="2"):
        main(options.split())
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("heartseg-live: error: --") and ("--play goes" in said or "--loop " in said)
