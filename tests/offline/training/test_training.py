"""Training: what it is fed, that the served network is the trained one, and that a killed run goes on."""

import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs the extra 'train'")

import tensorflow as tf

from heartseg.models import loader
from heartseg.offline.datasets.recording import NOISE, DataError, Recording
from heartseg.offline.training import batches as batching
from heartseg.offline.training import train as training
from heartseg.offline.training.batches import (
    BATCH,
    EMPTY,
    HARD_EMPTY,
    Batches,
    _interpolate,
    _pause,
    _shorten_diastoles,
)
from heartseg.offline.training.corpus import NO_HEART, UNKNOWN, Corpus, labels_of, read_no_heart
from heartseg.offline.training.network import HEADS, TOKEN, TOKENS, WINDOW
from heartseg.offline.training.reproduction import SETS, WITHIN, scores, shortfall
from heartseg.stream.rates import PCG_RATE


def corpus(seconds=40, cycle=1600, bpm=79.0):
    """A tone that differs by state: 100 ms of each of S1, systole, S2, and diastole for the rest of the cycle."""
    n = seconds * 2100
    phase = np.arange(n) % cycle
    label = np.minimum(phase // 210, 3).astype(np.int8)
    pcg = np.sin(np.arange(n) * np.array([0.2, 0.0, 0.4, 0.0])[label]).astype(np.float32) * (label % 2 == 0)
    label[: n // 10] = UNKNOWN
    return Corpus(
        ("a", "b"), np.tile(pcg, 2), np.tile(label, 2), np.array([0, n, 2 * n]), np.array([0, 1]), np.full(2, bpm)
    )


def test_batches_are_of_the_seed_and_step_alone():
    x, y = Batches([corpus()], [1.0], seed=1, hard_from=9).batch(7)
    again = Batches([corpus()], [1.0], seed=1, hard_from=9)
    again.batch(3)
    x2, y2 = again.batch(7)
    np.testing.assert_array_equal(x, x2)
    np.testing.assert_array_equal(y, y2)
    assert not np.array_equal(x, again.batch(8)[0])


@pytest.mark.parametrize(("hard_from", "empty"), [(9, EMPTY), (0, HARD_EMPTY)])
def test_a_batch(hard_from, empty):
    x, y = Batches([corpus()], [1.0], seed=1, hard_from=hard_from).batch(0)
    assert x.shape == (BATCH, WINDOW) and x.dtype == np.float32 and np.isfinite(x).all()
    assert y.shape == (BATCH, TOKENS, TOKEN)
    assert (y[-empty:] == NO_HEART).all()
    assert {0, 1, 2, 3} <= set(np.unique(y[:-empty]).tolist()) <= {0, 1, 2, 3, UNKNOWN}


@pytest.mark.slow
def test_hard_batches_hold_infants_and_athletes(monkeypatch):
    """120 bpm comes as up to 240 and 55 bpm as down to 28; before the hard ones, nothing changes."""
    monkeypatch.setattr(batching, "_PAUSES", 0.0)  # a pause makes a beat longer, too

    def beats(cycle, bpm, hard_from):
        """Frames a beat in every window of eight batches."""
        batches = Batches([corpus(cycle=cycle, bpm=bpm)], [1.0], seed=1, hard_from=hard_from)
        windows = np.concatenate([batches.batch(k)[1] for k in range(8)]).reshape(8 * BATCH, -1)
        onsets = (np.flatnonzero((row[:-1] == 3) & (row[1:] == 0)) for row in windows)
        return [np.median(np.diff(at)) for at in onsets if len(at) > 1]

    assert beats(1050, 120.0, hard_from=8) == beats(1050, 120.0, hard_from=99)
    assert min(beats(1050, 120.0, hard_from=0)) <= 29 < min(beats(1050, 120.0, hard_from=8))  # 207 bpm
    assert max(beats(2290, 55.0, hard_from=8)) < 165 <= max(beats(2290, 55.0, hard_from=0))  # 36 bpm


def test_the_rate_of_learning_rises_and_falls_twice():
    recipe = training.Recipe(steps=18_000)
    rate = {step: float(training._Rate(recipe)(tf.constant(step))) for step in (0, 500, 11_999, 12_000, 12_200, 17_999)}
    assert rate[0] == rate[12_000] == 0
    assert rate[500] == pytest.approx(recipe.peak_rate) and rate[12_200] == pytest.approx(recipe.restart_rate)
    assert rate[11_999] < 0.01 * recipe.peak_rate and rate[17_999] < 0.01 * recipe.restart_rate


def test_labels_lie_on_their_frames():
    """A frame's label is the state in the middle of its own 10 ms: loud in S1 and S2, silent in between."""
    x, y = Batches([corpus()], [1.0], seed=1, augment=False, hard_from=9).batch(0)
    own = x[:, WINDOW - TOKENS * TOKEN * 21 :].reshape(BATCH, TOKENS * TOKEN, 21)
    middle = np.abs(own[:, :, 8:13]).max(axis=2)
    label = y.reshape(BATCH, -1)
    loud, silent = middle[np.isin(label, (0, 2))], middle[np.isin(label, (1, 3))]
    assert np.percentile(loud, 1) > 0.2 * np.median(loud)
    assert (silent < 0.2 * np.median(loud)).mean() > 0.98  # the high pass rings for a frame or two


def test_shortened_diastoles_are_shorter_and_nothing_else():
    c = corpus()
    at = np.arange(WINDOW) + 60_000.0
    x, new = _shorten_diastoles(np.random.default_rng(3), c.pcg, c.label, at)
    assert new[-1] == at[-1] and (np.diff(new) > 0).all() and new[0] < at[0] - 1000
    label = c.label[np.rint(new).astype(int)]
    lengths = {s: [] for s in range(4)}
    edges = np.flatnonzero(np.diff(label)) + 1
    for a, b in itertools.pairwise(edges):
        lengths[int(label[a])].append(b - a)
    for state in (0, 1, 2):
        assert set(lengths[state]) == {210}
    assert max(lengths[3]) < 1600 - 630 and min(lengths[3]) >= 140
    assert np.isfinite(x).all()


@pytest.mark.parametrize("seed", range(20))
def test_a_pause_makes_one_diastole_longer(seed):
    c, at = corpus(), np.arange(WINDOW, dtype=float) + 20_800  # it begins with an S1
    new = _pause(np.random.default_rng(seed), c.label, at)
    assert len(new) == WINDOW and new[-1] == at[-1]
    assert np.abs(np.diff(new)).min() > 0 and np.abs(np.diff(new)).max() <= 2  # it goes back and forth, and never jumps
    label = c.label[np.rint(new).astype(int)]
    edges = np.concatenate([[0], np.flatnonzero(np.diff(label)) + 1, [WINDOW]])
    long = [b - a for a, b in itertools.pairwise(edges) if b - a > 1600 - 630]
    assert len(long) == 1 and (label[0] == 3 or long[0] >= PCG_RATE + (1600 - 630) // 2)  # it may begin in the pause


def test_without_a_long_diastole_there_is_no_pause():
    at = np.arange(WINDOW, dtype=float)
    np.testing.assert_array_equal(_pause(np.random.default_rng(0), np.zeros(WINDOW, np.int8), at), at)


def test_a_batch_is_heard_through_the_high_pass():
    x, _ = Batches([corpus()], [1.0], seed=1, hard_from=0).batch(0)
    power = np.abs(np.fft.rfft(x)) ** 2
    f = np.fft.rfftfreq(WINDOW, 1 / PCG_RATE)
    assert (power[:, f < 5].sum(axis=1) < 0.02 * power.sum(axis=1)).all()


def test_interpolation():
    x = np.sin(np.arange(200) * 0.3).astype(np.float32)
    at = np.arange(-10, 210) + 0.25
    y = _interpolate(x, at)
    np.testing.assert_allclose(y[13:207], np.sin(at[13:207] * 0.3), atol=1e-3)
    assert (y[:8] == 0).all() and (y[-8:] == 0).all()


def test_time_marked_as_noise_is_unknown():
    """It mostly holds a heart, so it is no example of none."""
    start, end, state = np.array([0.0, 0.1, 0.2]), np.array([0.1, 0.2, 0.3]), np.array([1, NOISE, 2], np.int8)
    label = labels_of(Recording("a", Path("a.wav"), "a", start, end, state), 800)
    assert [set(label[a:b].tolist()) for a, b in ((0, 210), (210, 420), (420, 630), (630, 800))] == [
        {0}, {UNKNOWN}, {1}, {UNKNOWN},
    ]  # fmt: skip


def test_missing_kinds_of_sounds_are_left_out(tmp_path):
    assert read_no_heart(tmp_path, ["rain", "speech"]) == []


def test_real_sounds_without_a_heart_are_half_of_the_empty_windows():
    tone = np.sin(np.arange(30_000) * 0.3).astype(np.float32)
    plain, real = (Batches([corpus()], [1.0], seed=1, hard_from=0, no_heart=n) for n in ((), [[tone], [tone]]))
    (x, y), (x2, y2) = plain.batch(3), real.batch(3)
    np.testing.assert_array_equal(y, y2)
    assert x2.shape == x.shape and np.isfinite(x2).all()
    assert (y2[-HARD_EMPTY:] == NO_HEART).all() and not np.array_equal(x, x2)


def test_without_a_heart_even_odds_cost_nothing():
    """The surer a posterior, the more it costs. Annotated frames are not part of this loss."""

    class Constant:
        def __init__(self, logit):
            self.logits = np.zeros((2, TOKENS, HEADS, TOKEN, 4), np.float32)
            self.logits[..., 2] = logit

        def __call__(self, window, training):
            return tf.constant(self.logits), tf.zeros((2, TOKENS))

    label = np.full((2, TOKENS, TOKEN), NO_HEART, np.int8)
    label[0] = 2
    undecided = [float(training.losses_of(Constant(v), None, label, True)[1]) for v in (0, 1, 3)]
    assert undecided[0] == pytest.approx(0, abs=1e-6) and undecided[0] < undecided[1] < undecided[2]
    assert float(training.losses_of(Constant(3), None, np.full_like(label, 2), True)[1]) == 0


def test_a_run_goes_on_with_its_own_recipe_only(tmp_path):
    (tmp_path / "recipe.json").write_text("{}")
    with pytest.raises(DataError, match="another recipe"):
        training.train(tmp_path, tmp_path, training.Recipe())


def test_a_run_that_falls_short_of_the_shipped_network_says_so(tmp_path):
    said = []
    assert scores(tmp_path, None, said.append) == {} and all(name in " ".join(said) for name in SETS)
    card = json.loads((Path(loader.__file__).parent / f"{loader.DEFAULT}.json").read_text())
    assert {*card["scores"]} == {*SETS}
    assert not shortfall({name: f1 - WITHIN + 0.01 for name, f1 in card["scores"].items()}, said.append)
    assert shortfall({SETS[0]: card["scores"][SETS[0]] - WITHIN - 0.01}, said.append)
    assert said[-1].startswith("circor/dev: F1 ")


@pytest.fixture
def eagerly():
    """To be called: from then on TensorFlow builds no graphs, until the test ends."""
    yield lambda: tf.config.run_functions_eagerly(True)
    tf.config.run_functions_eagerly(False)


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_stopped(eagerly, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(training, "training_recordings", lambda data, without: {c: c for c in training.CLINICS})
    monkeypatch.setattr(training, "build", lambda recordings: corpus())
    monkeypatch.setattr(training, "_CHECKPOINT_EVERY", 2)
    recipe, save = training.Recipe(steps=4), training._save

    def copy_half(path, state, step):
        save(path, state, step)
        if step == 2:  # what a run that is killed here leaves
            shutil.copytree(tmp_path / "whole", tmp_path / "killed")

    monkeypatch.setattr(training, "_save", copy_half)
    whole = training.train(tmp_path, tmp_path / "whole", recipe)
    eagerly()  # a graph takes half a minute to build, and the first run had one
    resumed = training.train(tmp_path, tmp_path / "killed", recipe)
    assert "going on at step 2" in capsys.readouterr().out
    for a, b in zip(whole.weights, resumed.weights, strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), atol=1e-5)
