"""The sound of a replay: complete, in step, and never in the engine's way."""

import itertools
import subprocess

import numpy as np
import pytest
import soundfile
from live_command import LIVE
from virtual_microphone import a_heart, recorded
from waiting import until

from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.sinks.base import Accounts, Sink
from heartseg.stream.sinks.play import HELD, Later, Playback, raised
from heartseg.stream.sources.portaudio import PortAudio

FRAMES = 512


class FakeModule:
    """What `PortAudio` needs of sounddevice for an output."""

    PortAudioError = RuntimeError

    def OutputStream(self, callback, **_settings):
        self.fill = callback
        return self

    def start(self):
        self.is_open = True

    def abort(self):
        self.is_open = False

    close = abort


@pytest.fixture
def output():
    """A playback, and a function that takes so many frames from it."""
    module = FakeModule()
    playback = Playback(audio=PortAudio(module))

    def take(frames=FRAMES):
        out = np.full((frames, 1), 9.0, np.float32)
        module.fill(out, frames, None, None)
        return out[:, 0]

    yield playback, take
    playback.close(Accounts(0, 0, 0, 0))
    assert not module.is_open


def test_every_sample_is_played_once_in_order_and_a_hole_is_silent(output):
    playback, take = output
    x = np.arange(1, 20_001, dtype=np.float32)
    heard = [take()]
    for first in range(0, 10_000, 500):
        playback.on_samples(x[first : first + 500])
        heard.append(take(400))
    heard += [take() for _ in range(30)]  # the replay is paused
    assert not heard[-1].any()
    for first in range(10_000, 20_000, 500):
        playback.on_samples(x[first : first + 500])
        heard.append(take(500))
    heard += [take() for _ in range(10)]
    played = np.concatenate(heard)
    played = played[played > 0]
    np.testing.assert_array_equal(played, x[: len(played)])
    assert len(played) > 20_000 - FRAMES


def test_an_output_that_is_late_stays_in_step(output):
    playback, take = output
    for _ in range(100):
        playback.on_samples(np.ones(STREAM_RATE // 50, np.float32))  # 2 s, and nobody takes them
    heard = np.concatenate([take() for _ in range(100)])
    assert HELD - FRAMES <= np.count_nonzero(heard) <= HELD + 2 * FRAMES


class Samples(Sink):
    """A sink that remembers."""

    def __init__(self):
        self.heard = []

    def on_samples(self, block):
        self.heard += block.tolist()

    def on_missing(self, length):
        self.heard += [None] * length


def test_what_comes_ahead_is_not_heard():
    heard = Samples()
    later = Later(heard, 25)
    for first in (0, 10, 20):
        later.on_samples(np.arange(first, first + 10))
    later.on_missing(2)
    assert heard.heard == [25, 26, 27, 28, 29, None, None]
    later = Later(heard, 3)
    later.on_missing(5)
    assert heard.heard[7:] == [None, None]


def share_above_200_hz(x):
    power = np.abs(np.fft.rfft(x)) ** 2
    return power[np.fft.rfftfreq(len(x), 1 / STREAM_RATE) >= 200].sum() / power.sum()


def test_for_speakers_sounds_are_raised_and_stay_as_loud_whatever_the_blocks():
    x = a_heart(5).astype(np.float32) / 32767
    whole = raised(x, 0)
    cuts = [0, 1000, 1441, len(x)]
    parts = [raised(x[a:b], a) for a, b in itertools.pairwise(cuts)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert share_above_200_hz(x) < 0.01 and share_above_200_hz(whole) > 0.99
    assert np.sqrt(np.mean(whole**2)) == pytest.approx(np.sqrt(np.mean(x**2)), rel=0.02)


def pieces_in(sound, recording):
    """How many pieces of 20 ms of a sound, four in a second, are in a recording, and how many there are."""
    length, size = 882, 1 << 19
    spectrum = np.fft.rfft(recording, size)
    energy = np.cumsum(np.concatenate([[0.0], np.square(recording, dtype=float)]))
    energy = energy[length:] - energy[:-length]
    pieces = [sound[first : first + length] for first in range(0, len(sound) - length, STREAM_RATE // 4)]
    matches = [np.fft.irfft(spectrum * np.fft.rfft(p, size).conj(), size)[: len(energy)] for p in pieces]
    likeness = [(m / np.sqrt(energy * np.sum(p**2))).max() for m, p in zip(matches, pieces, strict=True)]
    return int((np.array(likeness) > 0.95).sum()), len(pieces)


@pytest.mark.slow
def test_a_recording_is_heard_and_its_events_stay_the_same(speaker, tmp_path):
    env, server = speaker
    x = a_heart(6) / 32767 + 0.02 * np.random.default_rng(0).standard_normal(6 * STREAM_RATE)  # no two places are alike
    soundfile.write(tmp_path / "heart.wav", x, STREAM_RATE)
    heard = recorded(env)
    args = ["--replay", str(tmp_path / "heart.wav"), "--jsonl"]
    live = subprocess.Popen([*LIVE, *args, str(tmp_path / "heard.jsonl"), "--play"], env=env, stdout=subprocess.DEVNULL)

    def played():
        return np.trim_zeros(np.frombuffer(bytes(heard[: len(heard) // 4 * 4]), np.float32))

    until(lambda: len(played()) > 4 * STREAM_RATE)
    server.kill()  # the output goes away: the listening goes on
    assert live.wait(30) == 0
    good, pieces = pieces_in(played()[: 4 * STREAM_RATE], x)
    assert good > pieces // 3, (good, pieces)  # a machine that is busy makes holes
    subprocess.run([*LIVE, *args, str(tmp_path / "unheard.jsonl"), "--speed", "max"], check=True, capture_output=True)
    assert (tmp_path / "heard.jsonl").read_text() == (tmp_path / "unheard.jsonl").read_text()
    assert '"kind": "S1"' in (tmp_path / "heard.jsonl").read_text()
