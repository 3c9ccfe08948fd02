"""Unmarked recordings: the beats to expect, and the judgement of other devices."""

import json

import numpy as np
import pytest
import soundfile

from heartseg.models import load
from heartseg.offline.cli import main
from heartseg.offline.evaluation.transfer import left_out_recordings, transfer, transfer_table
from heartseg.offline.evaluation.unmarked import HeardHeart, Invented, envelope_period_s, expected_beats, share_heard
from heartseg.stream.rates import PCG_RATE, STREAM_RATE
from heartseg.stream.segmenter.decimator import Decimator
from heartseg.stream.sources.simulated import SimulatedHeart


def stream(heart, seconds):
    blocks = heart.blocks()
    return np.concatenate([next(blocks) for _ in range(10 * seconds)])


def pcg(heart, seconds):
    decimator = Decimator()
    return np.concatenate([decimator.push(stream(heart, seconds)), decimator.flush()])


@pytest.mark.parametrize("bpm", [50, 72, 110])
def test_the_envelope_has_the_period_of_the_heart(bpm):
    heart = SimulatedHeart(bpm=bpm, seed=3, variability=0.01, breathing=0.0)
    assert envelope_period_s(pcg(heart, 20)) == pytest.approx(60 / bpm, rel=0.05)


def test_noise_and_short_sounds_have_no_period():
    noise = np.random.default_rng(0).standard_normal(20 * PCG_RATE).astype(np.float32)
    assert envelope_period_s(noise) is None and envelope_period_s(noise[:2100]) is None


def test_beats_are_expected_by_the_ecg_then_the_envelope_then_the_path():
    heart = pcg(SimulatedHeart(bpm=60, seed=1, variability=0.0, breathing=0.0), 20)
    noise = np.random.default_rng(0).standard_normal(20 * PCG_RATE).astype(np.float32)
    assert expected_beats(20, np.arange(18.0), heart, 0) == (18, "ECG")
    beats, way = expected_beats(20, None, heart, 20)
    assert way == "envelope" and beats == pytest.approx(19, abs=1)
    assert expected_beats(20, None, noise, 7) == (7, "ungated")
    assert expected_beats(20, None, heart, 10) == (10, "ungated")  # the period of single sounds


def test_shares():
    assert share_heard([HeardHeart("a", 10, "ECG", 8), HeardHeart("b", 10, "ECG", 7)]) == 0.5
    assert Invented("rain", 3, 1.5).per_minute == 2.0


@pytest.mark.slow
def test_a_device_and_a_noise_are_judged(tmp_path, data, capsys):
    """On real sets where they are, with a device and a noise of our own."""
    for folder in ("circor/dev", "cinc2016/dev", "pascal"):
        if not (data / folder).is_dir():
            pytest.skip(f"{data / folder} is not there")
    for name in ("circor", "cinc2016", "pascal"):
        (tmp_path / name).mkdir()
    for files in ((data / "circor/dev").glob("*_AV.*"), (data / "cinc2016/dev").glob("a000[12]*")):
        for file in sorted(files)[:4]:
            (tmp_path / file.parts[-3] / "dev").mkdir(exist_ok=True)
            (tmp_path / file.parts[-3] / "dev" / file.name).symlink_to(file)
    (tmp_path / "pascal").rmdir()
    (tmp_path / "pascal").symlink_to(data / "pascal")
    for folder in ("hearts/drum", "noheart/hiss"):
        (tmp_path / folder).mkdir(parents=True)
    heart = stream(SimulatedHeart(bpm=80, seed=2), 15)
    soundfile.write(tmp_path / "hearts/drum/a.wav", heart, STREAM_RATE)
    hiss = 0.1 * np.random.default_rng(1).standard_normal(10 * STREAM_RATE)
    soundfile.write(tmp_path / "noheart/hiss/a.flac", hiss, STREAM_RATE)
    found = transfer(tmp_path, load(), {}, "normal", lambda line: None)
    assert share_heard(found.hearts["drum"]) == 1.0 and found.hearts["drum"][0].counted == "envelope"
    assert found.invented == [Invented("hiss", 0, 10 / 60)]
    assert all(evaluation.class_agnostic_f1 > 0.8 for evaluation in found.sets.values())
    assert "| drum | 1 | 100.0 % | envelope 1 |" in transfer_table(found)
    assert main(["transfer", "--data", str(tmp_path), "--json", str(tmp_path / "out.json")]) == 0
    assert "| hiss | 0.2 | 0.0 |" in capsys.readouterr().out
    assert json.loads((tmp_path / "out.json").read_text())["sounds_a_minute"] == {"hiss": 0.0}


def test_a_clinic_left_out_is_judged_on_itself(data):
    if not (data / "cinc2016/train").is_dir():
        pytest.skip(f"{data / 'cinc2016/train'} is not there")
    assert {r.name[0] for r in left_out_recordings(data, "cinc-b")} == {"b"}


def test_a_wrong_clinic_is_refused(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["transfer", "--left-out", "x=y.onnx"])
    assert "circor, cinc-b, cinc-e" in capsys.readouterr().err
