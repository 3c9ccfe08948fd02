"""What is said of the signal, and that nobody is said to talk who does not."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from heartseg.stream.display.hints import Hints, hint, is_voice
from heartseg.stream.display.state import History
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.sources.file import FileSource
from heartseg.stream.sources.simulated import SimulatedHeart

SECONDS = 4


def state(samples, presence=0.0):
    history = History()
    for first in range(0, len(samples), 441):
        history.on_samples(samples[first : first + 441].astype(np.float32))
    return replace(history.state(), presence=presence)


def a_heart(level=0.25, murmur=0.0):
    heart = SimulatedHeart(level=level, murmur=murmur)
    return np.concatenate(list(itertools.islice(heart.blocks(), 10 * SECONDS)))


def a_voice(pitch, seed=0):
    """Syllables of a glottal pulse train through vowels' formants (after Klatt, 1980), with pauses and hisses."""
    rng, rate = np.random.default_rng(seed), STREAM_RATE
    out = []
    while sum(map(len, out)) < SECONDS * rate:
        n = int(rng.uniform(0.12, 0.25) * rate)
        f0 = pitch * rng.uniform(0.85, 1.2) * (1 - 0.15 * np.linspace(0, 1, n))
        phase = np.cumsum(f0 / rate)
        spectrum = np.fft.rfft(np.diff(np.floor(phase), prepend=0.0))
        frequency = np.fft.rfftfreq(n, 1 / rate)
        for formant, band in zip(rng.uniform((350, 900, 2300), (750, 2000, 2800)), (90, 120, 180), strict=True):
            spectrum /= 1 + 2j * (frequency - formant) / band
            spectrum[frequency < 60] = 0
        vowel = np.fft.irfft(spectrum, n) * np.hanning(n)
        out.append(0.3 * vowel / np.abs(vowel).max())
        out.append(0.02 * rng.standard_normal(int(rng.uniform(0.03, 0.08) * rate)))
        out.append(0.001 * rng.standard_normal(int(rng.uniform(0.03, 0.2) * rate)))
    return np.concatenate(out)[: SECONDS * rate]


@pytest.mark.parametrize("pitch", [120, 160, 240])
def test_a_voice_is_heard(pitch):
    for seed in range(3):
        assert hint(state(a_voice(pitch, seed), 0.0)) == "talking nearby"


def test_a_voice_over_a_heart_is_heard():
    assert hint(state(a_voice(120) + a_heart(0.1), 1.0)) == "talking nearby"


@pytest.mark.parametrize("murmur", [0.0, 0.5])
def test_a_heart_is_no_voice(murmur):
    assert hint(state(a_heart(murmur=murmur), 1.0)) == "heartbeat"


def test_noise_hum_and_knocks_are_no_voice():
    rng, t = np.random.default_rng(1), np.arange(SECONDS * STREAM_RATE) / STREAM_RATE
    hiss = 0.1 * rng.standard_normal(len(t))
    rubbing = hiss * np.repeat(rng.uniform(0, 1, 4 * SECONDS) ** 2, STREAM_RATE // 4)
    hum = sum(0.1 / k * np.sin(2 * np.pi * 50 * k * t) for k in range(1, 40))
    knocks = np.zeros(len(t))
    knocks[:: STREAM_RATE // 3] = 0.9
    whistle = 0.2 * np.sin(2 * np.pi * 1000 * t)
    for sound in (hiss, rubbing, hum, knocks, whistle):
        assert hint(state(sound, 0.0)) == "no heartbeat found"


def test_real_hearts_do_not_talk(data):
    paths = sorted((data / "cinc2016/dev").glob("*.flac"))[::30] + sorted((data / "pascal").glob("A*/*.wav"))
    spoken = windows = 0
    for path in paths:
        sound = np.concatenate(list(FileSource(path).blocks()))
        for at in range(0, len(sound) - SECONDS * STREAM_RATE, SECONDS * STREAM_RATE):
            spoken += is_voice(state(sound[at : at + SECONDS * STREAM_RATE]).recent)
            windows += 1
    assert windows > 60 and spoken <= 0.02 * windows


def test_the_level_is_judged():
    assert hint(state(np.zeros(SECONDS * STREAM_RATE), 0.0)).startswith("silence")
    assert hint(state(a_heart(0.001), 0.0)) == "too quiet: press harder"
    assert hint(state(a_heart(0.001), 1.0)) == "heartbeat"
    assert hint(state(a_heart(), 0.0)) == "no heartbeat found"
    assert hint(state(np.clip(20 * a_heart(), -1, 1), 1.0)) == "clipping: lower the gain"


def test_a_hint_stands_for_half_a_second():
    hints, heart = Hints(), a_heart()
    assert hints.hint(state(heart[:STREAM_RATE], 1.0)) == "listening ..."
    assert hints.hint(state(heart, 1.0)) == "heartbeat"
    assert hints.hint(state(heart, 0.0)) == "heartbeat"
