"""The article's exercise and its two ways to segment: clips, the networks, the envelope, the comparison."""

import itertools
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from offline_command import run

from heartseg.models import ModelError
from heartseg.offline.article.clips import CLIP, CLIPS_FILE, ClipNetwork, clips_of, cut, each_normalised, sound_of
from heartseg.offline.article.compare import by_clips, by_envelope, segments
from heartseg.offline.cli import main, parser
from heartseg.offline.commands.article import quiet_unless_it_fails
from heartseg.offline.datasets.pascal import read_pascal
from heartseg.offline.datasets.recording import Recording
from heartseg.offline.evaluation import envelope
from heartseg.offline.evaluation.evaluate import PEAK_BEFORE_CENTRE_S
from heartseg.offline.scoring import KINDS, match
from heartseg.stream.sources.base import SourceError
from heartseg.stream.sources.simulated import SimulatedHeart


@pytest.fixture(scope="module")
def exercise():
    """The part that needs TensorFlow, in a size for tests."""
    for library in ("librosa", "tensorflow"):
        pytest.importorskip(library, reason="the exercise needs the extra 'train'")
    from heartseg.offline.article import exercise

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exercise, "SPEEDS", (0.85, 1.0, 1.15))
        patch.setattr(exercise, "FOLDS", 2)
        patch.setattr(exercise, "MENDED_EPOCHS", 12)
        patch.setattr(exercise, "PRINTED_EPOCHS", 2)
        yield exercise


@pytest.fixture(scope="module")
def hearts(tmp_path_factory):
    """Marked recordings of four simulated hearts; a mark is where a sound is loudest."""
    folder, found = tmp_path_factory.mktemp("hearts"), []
    for seed, bpm in enumerate((60, 70, 80, 90)):
        heart = SimulatedHeart(bpm=bpm, seed=seed)
        path = folder / f"heart{seed}.wav"
        soundfile.write(path, np.concatenate(list(itertools.islice(heart.blocks(), 120))), 44_100)
        sounds = [s for beat in itertools.islice(heart.beats(), 11) for s in (beat.s1, beat.s2)]
        at = np.array([start + 0.32 * (end - start) for start, end in sounds]) / 44_100
        found.append(Recording(path.stem, path, path.stem, at, at, np.tile(np.array([1, 3], np.int8), 11), True))
    return found


@pytest.fixture(scope="module")
def trained(exercise, hearts):
    return exercise.train_mended(hearts, seed=1)


@pytest.fixture(scope="module")
def exported(exercise, trained, tmp_path_factory):
    """A folder with the trained networks as a file."""
    folder = tmp_path_factory.mktemp("exported")
    exercise.export(trained, folder / CLIPS_FILE)
    return folder


def test_clips_run_from_mark_to_mark():
    sound = np.arange(1, 60_001, dtype=np.float32)
    clips = cut(sound, np.array([100, 10_100, 50_000]))
    assert clips.shape == (3, CLIP)
    assert clips[0, 0] == 101 and clips[0, 9_999] == 10_100 and not clips[0, 10_000:].any()  # padded
    assert clips[1, -1] == 30_100  # cut
    assert clips[2, 9_999] == 60_000 and not clips[2, 10_000:].any()  # ends with the recording


def test_sound_comes_at_the_clips_rate(tmp_path):
    t = np.arange(4_000) / 4_000
    soundfile.write(tmp_path / "a.wav", np.stack([np.sin(300 * t), np.zeros(4_000)], 1), 4_000, "FLOAT")
    sound, faster = sound_of(tmp_path / "a.wav"), sound_of(tmp_path / "a.wav", 1.25)
    assert len(sound) == 44_100 and len(faster) == 35_280
    inner = np.arange(2_000, 42_000)
    np.testing.assert_allclose(sound[inner], np.sin(300 * inner / 44_100) / 2, atol=1e-3)
    inner = np.arange(2_000, 33_000)
    np.testing.assert_allclose(faster[inner], np.sin(300 * 1.25 * inner / 44_100) / 2, atol=1e-3)


def test_what_librosa_cannot_load_is_said(tmp_path):
    soundfile.write(tmp_path / "nan.wav", np.full(4_000, np.nan), 4_000, "FLOAT")
    (tmp_path / "text.wav").write_text("no sound")
    for name, reason in (("nan.wav", "librosa cannot load it"), ("text.wav", "not a sound file"), ("a.wav", "no such")):
        with pytest.raises(SourceError, match=f"{name}: {reason}"):
            sound_of(tmp_path / name)


def test_clips_of_the_real_set(data):
    recordings = list(read_pascal(data / "pascal"))
    clips = clips_of(recordings)
    assert clips.sound.shape == (196, CLIP) and len(clips.names) == 11
    first = recordings[0]
    sound, _ = soundfile.read(first.audio, dtype="float32")
    mark = round(first.start_s[0] * 44_100)
    np.testing.assert_array_equal(clips.sound[0, : clips.length[0]], sound[mark : mark + clips.length[0]])
    x = each_normalised(clips.sound)
    assert x.shape == (196, CLIP, 1)
    np.testing.assert_allclose((x**2).mean(axis=(1, 2)), 1.0, rtol=1e-3)


def test_silence_is_no_error():
    assert not each_normalised(np.zeros((2, CLIP), np.float32)).any()


@pytest.mark.slow
def test_one_softmax_unit_learns_nothing(exercise, hearts):
    clips = clips_of(hearts[:2])
    clips = replace(clips, kind=clips.kind * (clips.recording > 0))  # fewer of class 1, so that the shares differ
    run = exercise.train_printed(clips, exercise.loss_of_answer, seed=1)
    assert (run.lowest, run.highest) == pytest.approx((1, 1), abs=1e-6) and run.gradient == 0.0
    zeros = 1 - run.learning.accuracy[0]  # it is right on class 1 alone
    np.testing.assert_allclose(run.learning.loss, zeros * exercise.WRONG_COSTS, rtol=1e-3)
    np.testing.assert_array_equal(run.learning.accuracy, run.learning.accuracy[0])


@pytest.mark.slow
def test_todays_keras_learns_and_still_answers_one(exercise, hearts):
    run = exercise.train_printed(clips_of(hearts[:2]), exercise.KERAS_3_LOSS, seed=1)
    assert (run.lowest, run.highest) == pytest.approx((1, 1), abs=1e-6) and run.gradient > 0
    assert run.learning.loss[-1] < run.learning.loss[0] < 1
    np.testing.assert_array_equal(run.learning.accuracy, run.learning.accuracy[0])


@pytest.mark.slow
def test_folds_split_by_recording(exercise, hearts, trained):
    assert sorted(name for names in trained.held_out for name in names) == sorted(r.name for r in hearts)
    clips = clips_of(hearts)
    of = exercise.folds(clips)
    for i in range(len(clips.names)):
        assert len(set(of[clips.recording == i])) == 1


@pytest.mark.slow
def test_the_mended_network_names_hearts_it_has_not_heard(hearts, trained):
    clips = clips_of(hearts)
    assert ((trained.p > 0.5) == clips.kind).mean() > 0.7
    assert trained.learning.loss[-1] < trained.learning.loss[0]


@pytest.mark.slow
def test_a_written_network_judges_only_what_it_has_not_heard(hearts, trained, exported):
    network = ClipNetwork(exported / CLIPS_FILE)
    clips = clips_of(hearts)
    for i, name in enumerate(clips.names):
        mine = clips.recording == i
        np.testing.assert_allclose(network.s2(clips.sound[mine], name), trained.p[mine], atol=1e-4)
    x = each_normalised(clips.sound)
    mean = np.mean([fold(x).numpy()[:, 0] for fold in trained.networks], axis=0)
    np.testing.assert_allclose(network.s2(clips.sound, "another"), mean, atol=1e-4)
    assert network.s2(np.zeros((0, CLIP), np.float32), "another").shape == (0,)


@pytest.mark.slow
def test_clips_name_the_peaks_of_a_raw_file(hearts, exported):
    found = by_clips(hearts[1], ClipNetwork(exported / CLIPS_FILE))
    truth = hearts[1].start_s[hearts[1].state == 1]
    assert len(match(truth + PEAK_BEFORE_CENTRE_S, found.sounds["S1"].mean(axis=1), 0.04)[0]) >= 0.8 * len(truth)


def test_no_network_there(tmp_path):
    with pytest.raises(ModelError, match=r"clips\.onnx: cannot be read .*heartseg-offline article"):
        ClipNetwork(tmp_path / CLIPS_FILE)
    (tmp_path / CLIPS_FILE).write_bytes(b"something else")
    with pytest.raises(ModelError, match=r"clips\.onnx: not the networks"):
        ClipNetwork(tmp_path / CLIPS_FILE)


@pytest.mark.parametrize("seed", range(3))
def test_the_envelope_finds_and_names_a_heart(tmp_path, seed):
    heart = SimulatedHeart(bpm=60 + 15 * seed, seed=seed)
    path = tmp_path / "heart.wav"
    soundfile.write(path, np.concatenate(list(itertools.islice(heart.blocks(), 150))), 44_100)
    nothing = np.zeros(0)
    found = by_envelope(Recording("heart", path, "heart", nothing, nothing, nothing.astype(np.int8)))
    beats = [b for b in itertools.islice(heart.beats(), 60) if b.s2[1] < 14.5 * 44_100]
    for kind, spans in (("S1", [b.s1 for b in beats]), ("S2", [b.s2 for b in beats])):
        truth = np.array([(start + end) / 2 / 44_100 for start, end in spans])
        assert len(match(truth, found.sounds[kind].mean(axis=1), 0.06)[0]) >= 0.95 * len(truth)
        assert len(found.sounds[kind]) <= len(truth) + 3


def test_intervals_name_sounds():
    at = np.cumsum([0.5, 0.3, 0.5, 0.31, 0.52, 0.3, 0.49])
    assert envelope.kinds(at).tolist() == [0, 1, 0, 1, 0, 1, 0]
    assert envelope.kinds(at[1:]).tolist() == [1, 0, 1, 0, 1, 0]
    assert envelope.kinds(at[:2]).tolist() == [0, 1]
    assert envelope.kinds(at[:0]).tolist() == []


def test_sounds_too_short_or_silent_have_no_peaks():
    assert len(envelope.peaks(np.zeros(0, np.float32))) == 0
    assert len(envelope.peaks(np.zeros(50, np.float32))) == 0
    assert len(envelope.peaks(np.zeros(21_000, np.float32))) == 0


def test_segments_lie_around_their_peaks():
    p = segments(np.array([1.0, 1.3, 2.0]), np.array([0, 1, 0]))
    assert [len(p.sounds[k]) for k in KINDS] == [2, 1]
    start, end = p.sounds["S2"][0]
    assert start < 1.3 < end and 0.05 < end - start < 0.15


@pytest.mark.slow
def test_compare_on_the_real_set(data, exported, capsys):
    assert main(["compare", str(data / "pascal"), "--clips", str(exported)]) == 0
    out = capsys.readouterr().out
    rows = [line for line in out.splitlines() if line.startswith("|")][2:]
    f1 = [float(row.split("|")[2].split("(")[0]) for row in rows]
    assert len(f1) == 4 and f1[0] > 75 and f1[3] > 90 and max(f1[:2]) < f1[2]
    assert "Not a medical device." in out


def test_compare_without_clips(data, capsys):
    assert main(["compare", str(data / "pascal")]) == 0
    seen = capsys.readouterr()
    assert "heartseg-offline article" in seen.err and "clip network" not in seen.out


def test_what_libraries_write_is_shown_only_if_they_fail(capfd):
    with quiet_unless_it_fails():
        os.write(2, b"I0000 noise\n")
    os.write(2, b"between\n")
    with pytest.raises(ImportError), quiet_unless_it_fails():
        os.write(2, b"the reason\n")
        raise ImportError
    assert capfd.readouterr().err == "between\nthe reason\n"


@pytest.mark.slow
@pytest.mark.filterwarnings("error:You are using a softmax")
def test_the_command(exercise, hearts, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(exercise, "MENDED_EPOCHS", 1)
    monkeypatch.setattr(exercise, "PRINTED_EPOCHS", 1)
    (tmp_path / "set/Atraining_normal").mkdir(parents=True)
    rows = ["," + "S1,S2," * 11]
    for heart in hearts[:2]:
        (tmp_path / "set/Atraining_normal" / heart.audio.name).symlink_to(heart.audio)
        rows.append(f"{heart.name}.aif," + ",".join(str(round(t * 44_100)) for t in heart.start_s))
    (tmp_path / "set/Atraining_normal_seg.csv").write_bytes("\r".join(rows).encode())
    assert main(["article", str(tmp_path / "set"), "--out", str(tmp_path / "out")]) == 0
    out = capsys.readouterr().out
    assert "42 clips of 2 recordings" in out and "answers from 1 to 1" in out and "Not a medical device." in out
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [CLIPS_FILE, "clips.png", "curves.csv", "curves.svg"]
    rows = (tmp_path / "out/curves.csv").read_text().splitlines()
    assert rows[0] == "network,epoch,loss,accuracy,held_loss,held_accuracy" and len(rows) == 4


def test_the_command_without_the_set(exercise, tmp_path, capsys):
    assert main(["article", str(tmp_path)]) == 1
    assert f"{tmp_path}: no Atraining_normal_seg.csv" in capsys.readouterr().err


def test_too_few_recordings(exercise, hearts, tmp_path, capsys):
    (tmp_path / "Atraining_normal").mkdir()
    (tmp_path / "Atraining_normal/a.wav").symlink_to(hearts[0].audio)
    (tmp_path / "Atraining_normal_seg.csv").write_bytes(b",S1,S2\ra.aif,100,200\r")
    assert main(["article", str(tmp_path)]) == 1
    assert f"{tmp_path}: the exercise needs 2 marked recordings, and finds 1" in capsys.readouterr().err


def test_every_command_of_the_tutorial_exists():
    shown = re.findall(r"^\$ heartseg-offline (.*)$", (Path(__file__).parents[3] / "docs/article.md").read_text(), re.M)
    assert {line.split()[0] for line in shown} == {"data", "article", "compare"}
    for line in shown:
        parser().parse_args(line.split())


def test_results_that_exist_stay(exercise, data, tmp_path, capsys):
    (tmp_path / "clips.png").write_text("mine")
    assert run("article", data / "pascal", "--out", tmp_path) == 2
    assert "clips.png: exists" in capsys.readouterr().err and (tmp_path / "clips.png").read_text() == "mine"
