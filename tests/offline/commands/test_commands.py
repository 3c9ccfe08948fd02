"""`heartseg-offline` as a person or a script runs it."""

import itertools
import json

import numpy as np
import pytest
import soundfile
from offline_command import run

from heartseg.offline.archive.manifest import NAME
from heartseg.offline.datasets.recording import DataError
from heartseg.offline.formats import read_prediction
from heartseg.stream.sources.simulated import SimulatedHeart


@pytest.fixture
def hearts(tmp_path):
    paths = []
    for seed in (1, 2):
        path = tmp_path / f"heart{seed}.wav"
        soundfile.write(path, np.concatenate(list(itertools.islice(SimulatedHeart(seed=seed).blocks(), 80))), 44_100)
        paths.append(path)
    return paths


def test_segment_writes_one_result_each(hearts, tmp_path):
    out = tmp_path / "out"
    assert run("segment", *hearts, "--out", out, "--lag", "live") == 0
    assert sorted(p.name for p in out.iterdir() if p.name != NAME) == ["heart1.jsonl", "heart2.jsonl", "summary.csv"]
    lines = [json.loads(line) for line in (out / "heart1.jsonl").read_text().splitlines()]
    assert lines[0]["type"] == "session" and lines[-1]["type"] == "end" and len(lines) > 12


def test_lags_differ_in_emission(hearts, tmp_path):
    lag = {}
    for name in ("200", "live", "full"):
        assert run("segment", hearts[0], "--out", tmp_path / name, "--lag", name) == 0
        p = read_prediction(tmp_path / name / "heart1.jsonl")
        lag[name] = np.nanmedian(p.emitted["S1"] - p.sounds["S1"].mean(axis=1))  # nan: withheld
    assert lag["200"] <= 0.2 < lag["live"] < 0.45 < lag["full"]


def test_formats_hold_the_same_sounds(hearts, tmp_path):
    found = {}
    for form, ending in (("jsonl", "jsonl"), ("tsv", "tsv"), ("audacity", "txt")):
        assert run("segment", hearts[0], "--out", tmp_path, "--format", form) == 0
        found[form] = read_prediction(tmp_path / f"heart1.{ending}")
    for kind in ("S1", "S2"):
        for form in ("tsv", "audacity"):
            np.testing.assert_allclose(found[form].sounds[kind], found["jsonl"].sounds[kind], atol=1e-4)
    rows = np.loadtxt(tmp_path / "heart1.tsv")
    assert rows.shape[1] == 3 and rows[0, 0] == 0 and rows[-1, 1] == 8.0
    np.testing.assert_array_equal(rows[1:, 0], rows[:-1, 1])
    middle = rows[3:-3, 2].astype(int)
    assert set(middle.tolist()) == {1, 2, 3, 4}
    assert all((b - a) % 4 == 1 for a, b in itertools.pairwise(middle))


@pytest.mark.slow
def test_a_bad_file_does_not_stop_the_others(hearts, tmp_path, capsys):
    bad = tmp_path / "bad.wav"
    bad.write_text("no sound")
    assert run("segment", bad, hearts[0], tmp_path / "none.wav", hearts[1], "--out", tmp_path / "out") == 1
    assert len(list((tmp_path / "out").glob("heart*"))) == 2
    said = capsys.readouterr().err
    assert "bad.wav" in said and "none.wav" in said and "2 of 4" in said


def test_two_files_of_one_name_are_refused_before_anything_is_written(hearts, tmp_path, capsys):
    (tmp_path / "x").mkdir()
    twin = tmp_path / "x/heart1.wav"
    soundfile.write(twin, np.zeros(100), 44_100)
    assert run("segment", hearts[0], twin, "--out", tmp_path / "out") == 2
    assert not (tmp_path / "out").exists() and "heart1" in capsys.readouterr().err


@pytest.mark.parametrize("lag", ["soon", "3", "nan"])
def test_wrong_lags(hearts, tmp_path, lag, capsys):
    assert run("segment", hearts[0], "--out", tmp_path, "--lag", lag) == 2
    assert "--lag" in capsys.readouterr().err


@pytest.mark.slow
def test_score_of_real_recordings(data, tmp_path, capsys):
    names = sorted((data / "circor/dev").glob("*.flac"))[:6]
    assert run("segment", *names, "--out", tmp_path / "out", "--lag", "live") == 0
    assert run("score", names[0].with_suffix(".tsv"), tmp_path / "out", "--json", tmp_path / "s.json") == 0
    result = json.loads((tmp_path / "s.json").read_text())
    both = result["tolerance_ms"]["60"]["both"]
    assert both["references"] > 10 and both["tp"] + both["fn"] == both["references"]
    assert "coverage" in capsys.readouterr().out


@pytest.mark.slow
def test_shipped_network_on_dev(data, tmp_path):
    """A floor well below what is published, over some recordings: a broken path falls through it."""
    for part, step, least in (("circor/dev", 24, 0.93), ("cinc2016/dev", 40, 0.95)):
        names = sorted((data / part).glob("*.flac"))[::step]
        out, subset = tmp_path / part, tmp_path / "ref" / part
        subset.mkdir(parents=True)
        for name in names:
            for file in name.parent.glob(name.stem + "*"):
                (subset / file.name).symlink_to(file.resolve())
        assert run("segment", *names, "--out", out, "--lag", "live") == 0
        assert run("score", subset, out, "--force", "--json", tmp_path / "s.json") == 0
        result = json.loads((tmp_path / "s.json").read_text())
        assert result["tolerance_ms"]["60"]["both"]["f1"] > least
        assert result["lag_s"]["q0.95"] <= 0.4


@pytest.mark.slow
def test_a_bad_output_does_not_stop_the_others(hearts, tmp_path, capsys):
    (tmp_path / "out/heart1.jsonl").mkdir(parents=True)
    assert run("segment", *hearts, "--out", tmp_path / "out") == 1
    assert (tmp_path / "out/heart2.jsonl").is_file() and not list((tmp_path / "out").glob("*.part"))
    assert "heart1.jsonl: cannot be written" in capsys.readouterr().err


def test_references_are_not_overwritten(hearts, tmp_path, capsys):
    reference = hearts[0].with_suffix(".tsv")
    reference.write_text("0\t1\t0\n")
    assert run("segment", hearts[0], "--out", tmp_path, "--format", "tsv") == 1
    assert reference.read_text() == "0\t1\t0\n" and "--out" in capsys.readouterr().err


def test_tsv_leaves_a_gap_open():
    from heartseg.offline.formats import FORMATS
    from heartseg.offline.segmentation import Findings
    from heartseg.stream.events import Gap, Sound
    from heartseg.stream.sinks.base import Accounts

    events = [Sound("S1", 0, 5000, 0.9, 9000), Gap(6000, 7000, "overflow"), Sound("S2", 10_000, 14_000, 0.9, 20_000)]
    text = FORMATS["tsv"].write(Findings(events, Accounts(14_000, 13_000, 1_000, 0), {}, [])).decode()
    assert [line.split("\t")[2] for line in text.splitlines()] == ["1", "0", "3"]


def test_score_says_what_is_wrong(tmp_path, capsys):
    assert run("score", tmp_path, tmp_path) == 1
    assert str(tmp_path) in capsys.readouterr().err
    assert run("score", tmp_path / "none", tmp_path) == 1


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.jsonl", "{"),
        ("a.jsonl", "3"),
        ("a.jsonl", '{"type":"sound","kind":"S1"}'),
        ("a.tsv", "1\t2"),
        ("a.txt", "a\tb\tS1"),
    ],
)
def test_damaged_predictions(tmp_path, name, line):
    path = tmp_path / name
    path.write_text(line + "\n")
    with pytest.raises(DataError, match="line 1"):
        read_prediction(path)


@pytest.mark.slow
def test_curve_and_worst(data, tmp_path, capsys):
    pytest.importorskip("matplotlib", reason="the plot needs the extra 'plot'")
    subset = tmp_path / "some/dev"
    subset.mkdir(parents=True)
    for name in ("13918_AV", "43852_MV"):
        for ending in (".flac", ".tsv"):
            (subset / (name + ending)).symlink_to((data / "circor/dev" / (name + ending)).resolve())
    assert run("curve", subset, "--out", tmp_path / "out") == 0
    table = (tmp_path / "out/curve.md").read_text()
    assert "| some/dev |" in table and "named at the onset" in table and "whole recording" in table
    rows = json.loads((tmp_path / "out/curve.json").read_text())
    lag = [row["lag_s"]["q0.95"] for row in rows]
    assert lag == sorted(lag) and lag[0] < 0.1
    assert b"<svg" in (tmp_path / "out/curve.svg").read_bytes()[:1000]

    # The row of the default lag is what `segment --lag live` and `score` say.
    assert run("segment", *subset.glob("*.flac"), "--out", tmp_path / "live", "--lag", "live") == 0
    capsys.readouterr()
    worst = ("--worst", "1", "--plots", tmp_path / "plots")
    assert run("score", subset, tmp_path / "live", *worst, "--json", tmp_path / "s.json") == 0
    assert "43852_MV" in capsys.readouterr().out
    drawn = list((tmp_path / "plots").glob("*.png"))
    assert drawn and all(path.name.startswith("43852_MV") for path in drawn)
    assert run("score", subset, tmp_path / "live", "--plots", tmp_path / "plots") == 2
    both = json.loads((tmp_path / "s.json").read_text())["tolerance_ms"]["60"]["both"]
    live = next(row for row in rows if row["lag"] == "390")["tolerance_ms"]["60"]["both"]
    assert {k: both[k] for k in ("tp", "fp", "fn")} == {k: live[k] for k in ("tp", "fp", "fn")}
