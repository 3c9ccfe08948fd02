"""`heartseg-offline plot`, and what it draws."""

import itertools
import re

import numpy as np
import pytest
import soundfile
from offline_command import run

from heartseg.models import WHOLE, load
from heartseg.offline.console import UsageError
from heartseg.offline.datasets.recording import DataError
from heartseg.offline.figures.analysis import hear
from heartseg.offline.figures.plot import Picture, pages, save
from heartseg.offline.formats import read_annotation
from heartseg.offline.scoring import KINDS, Prediction, by_centre
from heartseg.stream.rates import FRAME_RATE, STREAM_RATE
from heartseg.stream.segmenter.lag import DEFAULT_LAG, FULL_CONTEXT
from heartseg.stream.sources.simulated import SimulatedHeart

pytest.importorskip("matplotlib", reason="plots need the extra 'plot'")


def heart(seconds, seed=1):
    return np.concatenate(list(itertools.islice(SimulatedHeart(seed=seed).blocks(), seconds * 10)))


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("plot") / "heart.wav"
    soundfile.write(path, heart(20), STREAM_RATE)
    return path


def labels(path):
    """The texts of an SVG, and how often each stands in it."""
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", path.read_text())
    return {text: texts.count(text) for text in texts}


def test_each_sound_is_drawn_and_named_once(recording, tmp_path):
    assert run("plot", recording, "--out", tmp_path / "p.svg") == 0
    assert run("plot", recording, "--out", tmp_path / "p.svg") == 2
    drawn, sounds = labels(tmp_path / "p.svg"), hear(recording, load(WHOLE), FULL_CONTEXT).sounds
    for kind in ("S1", "S2"):
        assert drawn[kind] == sum(s.kind == kind for s in sounds) > 15
    assert any("Not a medical device." in text for text in drawn) and "heart.wav" in drawn
    assert "bpm" in drawn and "posterior" not in drawn and "reference" not in drawn


@pytest.mark.slow
def test_reference_and_posteriors_are_drawn_below(recording, tmp_path):
    for form in ("jsonl", "tsv", "audacity"):
        assert run("segment", recording, "--out", tmp_path, "--format", form) == 0
    alone = tmp_path / "alone.svg"
    assert run("plot", recording, "--out", alone) == 0
    for ending in ("jsonl", "tsv", "txt"):
        out = tmp_path / "both.svg"
        reference = tmp_path / f"heart.{ending}"
        assert run("plot", recording, "--reference", reference, "--posteriors", "--out", out, "--force") == 0
        drawn = labels(out)
        assert drawn["reference"] == 3 and drawn["posterior"] == 2  # two rows, and the key of the rate
        assert drawn["S2"] >= 2 * labels(alone)["S2"] - 1  # the last one may be cut, which no reference keeps


@pytest.mark.slow
def test_long_recordings_come_in_pages(tmp_path, capsys):
    path = tmp_path / "long.flac"
    soundfile.write(path, heart(100), STREAM_RATE)
    assert run("plot", path, "--out", tmp_path / "long.png", "--lag", "live") == 0
    names = ["long-1.png", "long-2.png", "long-3.png"]
    assert capsys.readouterr().out.split() == [str(tmp_path / name) for name in names]
    assert sorted(p.name for p in tmp_path.iterdir()) == [*names, "long.flac"]
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in names)
    assert run("plot", path, "--out", tmp_path / "long.pdf") == 0
    assert re.search(rb"/Count (\d+)", (tmp_path / "long.pdf").read_bytes()).group(1) == b"3"


@pytest.mark.slow
def test_pages_that_exist_stay(tmp_path):
    picture = Picture("heart", np.zeros(60 * 2100, np.float32), Prediction(dict.fromkeys(KINDS, by_centre([]))))
    for name in ("p.svg", "p-2.svg"):
        (tmp_path / name).write_text("by hand")
    with pytest.raises(UsageError, match=r"p-2.svg: exists.*--force"):
        save(picture, tmp_path / "p.svg", force=False)
    assert len(list(tmp_path.iterdir())) == 2 and (tmp_path / "p-2.svg").read_text() == "by hand"
    save(picture, tmp_path / "p.svg", force=True)
    assert "heart" in (tmp_path / "p-2.svg").read_text() and (tmp_path / "p.svg").read_text() == "by hand"


def test_drawing_takes_any_prediction():
    """As `score` has it: no confidence, no events, sounds in seconds."""
    sounds = {"S1": by_centre([(0.2, 0.3), (1.0, 1.1)]), "S2": by_centre([(0.5, 0.6)])}
    picture = Picture("a $name_{", np.zeros(3 * 2100, np.float32), Prediction(sounds))
    (figure,) = pages(picture)
    figure.canvas.draw()
    bpm = figure.axes[-1].lines[0].get_ydata()
    np.testing.assert_allclose(bpm[np.isfinite(bpm)], [75.0])


def test_posteriors_are_those_that_name_the_sounds(recording, network):
    heard = hear(recording, network, DEFAULT_LAG)
    assert len(heard.posterior) == 20 * FRAME_RATE and np.isfinite(heard.posterior).all()
    for sound in heard.sounds:
        at = slice(sound.onset // 441, sound.offset // 441)
        assert heard.posterior[at, {"S1": 0, "S2": 2}[sound.kind]].mean() > 0.4


def test_a_gap_is_left_open_and_what_follows_starts_anew(tmp_path):
    before, after = heart(5), heart(6, seed=2)
    whole, second = tmp_path / "whole.wav", tmp_path / "second.wav"
    missing = np.full(STREAM_RATE // 2, np.nan, np.float32)
    soundfile.write(whole, np.concatenate([before, missing, after]), STREAM_RATE, subtype="FLOAT")
    soundfile.write(second, after[4410:], STREAM_RATE, subtype="FLOAT")  # the first 0.1 s prove that it is good
    network = load(WHOLE)
    heard, alone = hear(whole, network, FULL_CONTEXT), hear(second, network, FULL_CONTEXT)
    assert len(heard.gaps) == 1 and heard.seconds == 11.5
    assert np.isnan(heard.posterior[505:555]).all() and np.isnan(heard.pcg[505 * 21 : 555 * 21]).all()
    np.testing.assert_array_equal(heard.posterior[560:], alone.posterior)
    np.testing.assert_array_equal(heard.pcg[560 * 21 :], alone.pcg)
    assert run("plot", whole, "--posteriors", "--out", tmp_path / "gap.png") == 0


@pytest.mark.slow
def test_public_annotations_are_drawn(data, tmp_path):
    for audio, reference, kinds in (
        ("circor/dev/13918_AV.flac", "circor/dev/13918_AV.tsv", 14),
        ("cinc2016/dev/a0001.flac", "cinc2016/dev/a0001_StateAns.mat", 30),
        ("pascal/Atraining_normal/201102081321.wav", "pascal/Atraining_normal_seg.csv", 12),
    ):
        alone, both = tmp_path / "alone.svg", tmp_path / "both.svg"
        assert run("plot", data / audio, "--out", alone, "--force") == 0
        assert run("plot", data / audio, "--reference", data / reference, "--out", both, "--force") == 0
        assert labels(both)["S2"] - labels(alone)["S2"] >= kinds


def test_marks_of_another_recording_are_refused(tmp_path):
    csv = tmp_path / "Atraining_normal_seg.csv"
    csv.write_text(",S1,S2\ra.aif,10021,20759\r")
    assert read_annotation(csv, "a").state.tolist() == [1, 3]
    with pytest.raises(DataError, match="no marks of b"):
        read_annotation(csv, "b")


def test_what_cannot_be_drawn_is_said_and_nothing_written(recording, tmp_path, capsys):
    assert run("plot", recording, "--out", tmp_path / "p.jpg") == 2
    assert ".png, .svg, .pdf" in capsys.readouterr().err
    assert run("plot", recording, "--reference", tmp_path / "none.tsv", "--out", tmp_path / "p.png") == 1
    assert "none.tsv: no such file" in capsys.readouterr().err
    empty = tmp_path / "empty.wav"
    soundfile.write(empty, np.zeros(0), STREAM_RATE)
    assert run("plot", empty, "--out", tmp_path / "p.png") == 1
    assert "empty.wav: holds no sound" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["empty.wav"]
    (tmp_path / "p.png").mkdir()
    assert run("plot", recording, "--out", tmp_path / "p.png", "--force") == 1
    assert f"{tmp_path / 'p.png'}: " in capsys.readouterr().err and not list(tmp_path.glob("*.part"))
