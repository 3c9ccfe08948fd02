"""An archive tells what was heard in it, on every run and in every format."""

import csv
import itertools

import numpy as np
import pytest
import soundfile
from offline_command import run

from heartseg.offline.archive.summary import closing_line, row_of, table
from heartseg.offline.segmentation import Findings
from heartseg.stream.events import Gap, Sound
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.sinks.base import Accounts
from heartseg.stream.sources.simulated import SimulatedHeart


def summary(out):
    with (out / "summary.csv").open(newline="") as file:
        return {row.pop("file"): row for row in csv.DictReader(file)}


@pytest.fixture
def archive(tmp_path):
    """A heart at 75 bpm, and silence that is shorter than its header says."""
    root = tmp_path / "archive"
    (root / "one").mkdir(parents=True)
    heart = np.concatenate(list(itertools.islice(SimulatedHeart(bpm=75, seed=1).blocks(), 80)))
    soundfile.write(root / "one/heart.wav", heart, STREAM_RATE)
    soundfile.write(root / "rest.wav", np.zeros(8 * 4000), 4000)
    content = (root / "rest.wav").read_bytes()
    (root / "rest.wav").write_bytes(content[: len(content) // 2])
    return root


def test_it_is_right_on_every_run(archive, tmp_path, capsys):
    out = tmp_path / "out"
    command = ["segment", archive, "--out", out, "--jobs", "1"]
    line = "2 recordings, 0.2 min; a heart in 6"
    assert run(*command, "--format", "audacity") == 0
    first, said = summary(out), capsys.readouterr().err
    assert line in said and "1 under half: rest.wav" in said
    assert list(first) == ["one/heart.wav", "rest.wav"]
    heart, rest = first["one/heart.wav"], first["rest.wav"]
    assert float(heart["bpm"]) == pytest.approx(75, abs=3) and heart["beats"] in ("9", "10")
    assert float(heart["seconds"]) == 8 and float(heart["coverage"]) > 0.8 and heart["warnings"] == ""
    assert float(heart["systole_ms"]) < float(heart["diastole_ms"])
    assert rest["bpm"] == rest["systole_ms"] == rest["confidence"] == "" and float(rest["coverage"]) == 0
    assert "truncated" in rest["warnings"]

    (out / "summary.csv").unlink()
    assert run(*command, "--format", "audacity") == 0  # nothing is done again
    assert summary(out) == first and line in capsys.readouterr().err
    assert run("segment", archive / "*.wav", "--out", out, "--jobs", "1") == 0  # a part, in another format
    assert summary(out) == first and "1 recording, 0.1 min; a heart in 0 %" in capsys.readouterr().err
    (out / "one/heart.txt").unlink()
    assert run("segment", archive / "*.wav", "--out", out, "--jobs", "1") == 0
    assert list(summary(out)) == ["rest.wav"]


def test_another_summary_stays(archive, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "summary.csv").write_text("by hand")
    assert run("segment", archive, "--out", out, "--jobs", "1") == 2
    assert "summary.csv: exists" in capsys.readouterr().err
    assert [p.read_text() for p in out.iterdir()] == ["by hand"]
    assert run("segment", archive, "--out", out, "--jobs", "1", "--force") == 0
    assert len(summary(out)) == 2


def test_a_recording_of_that_name(archive, tmp_path):
    (archive / "one/heart.wav").rename(archive / "summary.wav")
    assert run("segment", archive, "--out", tmp_path, "--jobs", "1", "--format", "csv") == 0
    assert list(summary(tmp_path)) == ["rest.wav", "summary.wav"] and (tmp_path / "summary.wav.csv").is_file()


def heard(beats, seconds, gaps=()):
    """A beat a second, from the first on."""
    sounds = [
        Sound(kind, int((i + start) * STREAM_RATE), int((i + start + 0.1) * STREAM_RATE), 0.9, 0)
        for i in range(beats)
        for kind, start in (("S1", 0.0), ("S2", 0.3))
    ]
    length = seconds * STREAM_RATE
    return Findings([*sounds, *gaps], Accounts(length, length, 0, 0), {}, [])


@pytest.mark.parametrize(
    ("findings", "bpm", "coverage"),
    [
        (heard(9, 10), 60, 0.8),
        (heard(9, 20), None, 0.4),
        (heard(2, 1), None, 1.0),  # one cycle
        (heard(9, 10, [Gap(int(4.5 * STREAM_RATE), int(4.6 * STREAM_RATE), "overflow")]), 60, 0.7),
        (heard(0, 0), None, 0.0),
    ],
)
def test_rates_rest_on_what_was_named(findings, bpm, coverage, tmp_path):
    row = row_of(tmp_path / "heart.wav", findings)
    assert (row["bpm"], row["coverage"]) == (bpm, pytest.approx(coverage))
    assert row["beats"] == len(findings.sounds) // 2
    assert (row["systole_ms"] is None) == (bpm is None) == (row["diastole_ms"] is None)


def test_the_line_of_a_large_archive():
    row = {"seconds": 600.0, "beats": 0, "bpm": None, "systole_ms": None, "diastole_ms": None, "confidence": None}
    rows = [{"file": f"{i}.wav", **row, "coverage": i / 10, "warnings": ["a", "b"]} for i in range(10)]
    assert closing_line(rows[5:6]) == "1 recording, 10.0 min; a heart in 50 % of the time"
    assert closing_line(rows[4:6]) == "2 recordings, 20.0 min; a heart in 45 % of the time; 1 under half: 4.wav"
    rows.insert(0, {**rows[0], "file": "x.wav"})
    assert closing_line(rows) == (
        "11 recordings, 1.8 h; a heart in 41 % of the time; 6 under half: x.wav, 0.wav, 1.wav, 2.wav, 3.wav, …"
    )
    assert table(rows).decode().splitlines()[1] == "0.wav,600.0,0,,,,0.0,,a; b"
