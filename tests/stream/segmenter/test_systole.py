"""What sounds in systole: heard where there is a murmur, not heard where there is none, the same for every cut."""

import itertools

import numpy as np
import pytest

from heartseg.models import ModelError, load_systole
from heartseg.offline.segmentation import read_stream
from heartseg.stream import Segmenter, SimulatedHeart, Sound
from heartseg.stream.segmenter.observer import Observer
from heartseg.stream.segmenter.systole import CANNOT_TELL, FEWEST_BEATS, HEARD, NOT_HEARD, SystoleListener, answer


class _Wired(Observer):
    def __init__(self):
        self.listener = SystoleListener()

    def on_restart(self, position):
        self.listener.restart(position)

    def on_pcg(self, pcg):
        self.listener.push_pcg(pcg)


def listen(samples, network, block=44_100):
    """All answers of a stream in blocks, and the sounds."""
    wired = _Wired()
    segmenter = Segmenter(network, observer=wired, rate=44_100)
    answers, sounds = [], []
    for start in range(0, len(samples), block):
        events = segmenter.push(samples[start : start + block])
        answers += wired.listener.push_sounds(events)
        sounds += [event for event in events if isinstance(event, Sound)]
    return answers, sounds


@pytest.fixture(scope="module")
def heart():
    """A simulated heart of 16 s without a murmur."""
    return np.concatenate(list(itertools.islice(SimulatedHeart().blocks(), 160)))[: 16 * 44_100]


@pytest.fixture(scope="module")
def murmur(heart, network):
    """The same heart with noise in each systole, 15 dB below the loudest sound, and where its beats are."""
    x = heart.copy()
    _, sounds = listen(heart, network)
    noise = np.random.default_rng(0).standard_normal(len(x)).astype(np.float32)
    noise = np.convolve(noise, np.ones(60) / 60, "same").astype(np.float32)  # up to some 400 Hz
    level = np.float32(0.18 * np.abs(heart).max() / 2 / noise.std())
    for s1, s2 in itertools.pairwise(sounds):
        if (s1.kind, s2.kind) == ("S1", "S2"):
            x[s1.offset : s2.onset] += level * noise[s1.offset : s2.onset]
    return x


def test_a_heart_without_a_murmur(heart, network):
    answers, _ = listen(heart, network)
    assert answers[0].beats == FEWEST_BEATS and {a.answer for a in answers} == {NOT_HEARD}


def test_noise_in_systole_is_heard(murmur, network):
    answers, sounds = listen(murmur, network)
    assert [a.beats for a in answers] == list(range(8, 8 + 4 * len(answers), 4))
    assert {a.answer for a in answers} == {HEARD}
    onsets = {s.onset for s in sounds if s.kind == "S1"}
    assert all(a.start in onsets and a.end in onsets for a in answers)


def test_noise_all_the_time_is_no_murmur(heart, network):
    noise = np.random.default_rng(0).standard_normal(len(heart)).astype(np.float32)
    answers, _ = listen(heart + np.float32(0.01) * noise, network)
    assert answers and HEARD not in {a.answer for a in answers}


def test_every_cut_and_gain_gives_the_same_answers(murmur, network):
    whole, _ = listen(murmur, network, len(murmur))
    assert len(whole) >= 2
    for block in (4_410, 20_011):
        assert listen(murmur, network, block)[0] == whole
    quiet, _ = listen(murmur * np.float32(2**-6), network)
    assert [(a.start, a.answer) for a in quiet] == [(a.start, a.answer) for a in whole]


def test_nothing_spans_a_gap(murmur, network):
    wired = _Wired()
    segmenter = Segmenter(network, observer=wired, rate=44_100)
    assert wired.listener.push_sounds(segmenter.push(murmur))
    segmenter.gap(4_410, "overflow")
    assert wired.listener.flush(0) == []
    answers = wired.listener.push_sounds(segmenter.push(murmur))
    assert answers[0].start > len(murmur) + 4_410 and answers[0].answer == HEARD


def test_three_answers():
    model = load_systole()
    assert 0 < model.not_heard < model.heard < 1
    assert answer(model, model.heard) == HEARD and answer(model, model.not_heard) == NOT_HEARD
    assert answer(model, (model.heard + model.not_heard) / 2) == CANNOT_TELL
    unsure = model.confidence - 0.01
    assert answer(model, 0.01, unsure) == CANNOT_TELL and answer(model, 0.99, unsure) == HEARD


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": "x", "centre": [0], "scale": [0], "weights": [1, 2]}'])
def test_a_damaged_model_is_refused_by_name(content, tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(content)
    with pytest.raises(ModelError, match=r"mine\.json"):
        load_systole(path)
    with pytest.raises(ModelError, match=r"other\.json"):
        load_systole(tmp_path / "other.json")


def test_a_murmur_of_a_child(data, network):
    loud, quiet = (data / f"circor/dev/{name}.flac" for name in ("85002_TV", "50318_TV"))
    answers, _ = listen(read_stream(loud), network)
    assert answers[-1].answer == HEARD
    answers, _ = listen(read_stream(quiet), network)
    assert answers[-1].answer == NOT_HEARD
