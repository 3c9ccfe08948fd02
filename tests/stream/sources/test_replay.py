"""A replay: it keeps time, waits, and begins elsewhere."""

import numpy as np
import pytest
import soundfile
from virtual_microphone import a_heart
from waiting import until

from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.sources.file import FileSource
from heartseg.stream.sources.intake import Intake
from heartseg.stream.sources.replay import Replay

SOUND = np.random.default_rng(0).standard_normal(3 * STREAM_RATE).astype(np.float32)


class Heard:
    """What a replay brings, read as the worker does."""

    def __init__(self, replay):
        self._intake, self._parts = Intake(), []
        replay.start(self._intake)

    def __len__(self):
        while (part := self._intake.read(STREAM_RATE)) is not None:
            self._parts.append(part)
        return sum(map(len, self._parts))

    def all(self):
        until(lambda: len(self) is not None and self._intake.finished)
        return np.concatenate([SOUND[:0], *self._parts])


@pytest.mark.parametrize("speed", [10.0, None])
def test_a_pause_loses_nothing(speed):
    replay = Replay(np.array_split(SOUND, 7), speed)
    replay.pause()
    heard = Heard(replay)
    assert replay.in_time.wait(20) and replay.paused and len(heard) == 0
    replay.pause()
    until(lambda: len(heard) > 0)
    replay.pause()
    replay.pause()
    np.testing.assert_array_equal(heard.all(), SOUND)


def test_a_paused_replay_can_be_stopped():
    replay = Replay([SOUND])
    replay.pause()
    heard = Heard(replay)
    assert replay.in_time.wait(20)
    replay.stop()
    assert len(heard.all()) == 0


@pytest.mark.parametrize("rate", [STREAM_RATE, 4_000])
def test_it_begins_elsewhere_with_ten_seconds_at_once(tmp_path, rate):
    x = a_heart(14)[:: STREAM_RATE // rate]
    soundfile.write(tmp_path / "heart.wav", x, rate)
    first = Replay.of(FileSource(tmp_path / "heart.wav"))
    whole = np.concatenate(list(FileSource(tmp_path / "heart.wav").blocks()))
    other = first.at(12 * STREAM_RATE + 1000)
    assert (other.origin, other.ahead, other.length) == (2 * STREAM_RATE, 10 * STREAM_RATE, first.length)
    other.pause()
    heard = Heard(other)
    until(lambda: len(heard) >= other.ahead)
    assert len(heard) <= other.ahead + 882
    other.pause()
    rest = heard.all()
    assert abs(len(rest) - (len(whole) - other.origin)) <= 1
    np.testing.assert_allclose(rest[4410:-4410], whole[other.origin :][4410 : len(rest) - 4410], atol=2e-3)
    assert (first.at(0).ahead, first.at(-1).origin, first.at(10**9).ahead) == (0, 0, 10 * STREAM_RATE)
