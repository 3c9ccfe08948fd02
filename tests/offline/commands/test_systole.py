"""`heartseg-offline systole`: the recordings of one person, and one answer; `--systole` of the other commands."""

import csv
import json

import numpy as np
import pytest
import soundfile
from offline_command import run

from heartseg.offline.formats import read_prediction
from heartseg.stream.rates import STREAM_RATE

REVIEW = "for review, not a diagnosis"


@pytest.fixture
def silence(tmp_path):
    """Five seconds without a heart."""
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(5 * STREAM_RATE), STREAM_RATE)
    return path


def test_a_murmur_of_grade_iii_is_heard_in_a_person_and_at_each_position(data, silence, capsys):
    files = sorted((data / "circor/dev").glob("84693_*.flac"))[:2]
    assert run("systole", *files, silence, "--json") == 0
    person = json.loads(capsys.readouterr().out)
    assert person["answer"] == "heard" and person["probability"] > 0.9
    assert [p["file"] for p in person["positions"]] == [str(f) for f in (*files, silence)]
    assert [p["answer"] for p in person["positions"]] == ["heard", "heard", "cannot tell"]
    assert [p["beats"] is None for p in person["positions"]] == [False, False, True]
    assert person["notice"] == "For review, not a diagnosis. Not a medical device."


def test_no_answer_without_beats_and_none_is_lost_to_a_file_that_cannot_be_read(silence, tmp_path, capsys):
    assert run("systole", silence) == 0
    rows = capsys.readouterr().out.splitlines()
    assert "cannot tell  too few clean beats" in rows[0]
    assert rows[1:] == [
        f"murmur-like sound in systole: cannot tell  0 of 1 recording  {REVIEW}",
        "Not a medical device.",
    ]
    assert run("systole", silence, tmp_path / "none.wav") == 1
    told = capsys.readouterr()
    assert "none.wav: no such file" in told.err and told.out.splitlines()[1:] == rows[1:]
    assert run("systole", tmp_path / "none.wav", "--json") == 1 and capsys.readouterr().out == ""


def test_an_archive_has_columns_for_it_only_if_they_are_wanted(data, silence, tmp_path, capsys):
    out, command = tmp_path / "out", ["segment", data / "circor/dev/84693_PV.flac", silence, "--jobs", "1", "--out"]
    assert run(*command, out) == 0 and run(*command, tmp_path / "plain") == 0
    assert "systole_probability" not in (out / "summary.csv").read_text() and "murmur" not in capsys.readouterr().err
    assert run(*command, out, "--systole") == 0, "all is made again"
    line = f"murmur-like sound in systole: heard in 1, not heard in 0, cannot tell in 1; {REVIEW}"
    assert line in capsys.readouterr().err
    with (out / "summary.csv").open(newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    assert rows["84693_PV.flac"]["systole"] == "heard" and float(rows["84693_PV.flac"]["systole_probability"]) > 0.9
    assert rows["silence.wav"]["systole"] == "cannot tell" and rows["silence.wav"]["systole_probability"] == ""
    before = (out / "summary.csv").read_bytes()
    assert run(*command, out, "--systole") == 0 and "2 of 2 were made before" in capsys.readouterr().err
    assert (out / "summary.csv").read_bytes() == before

    with_it, without = (folder / "84693_PV.jsonl" for folder in (out, tmp_path / "plain"))
    lines = [json.loads(line) for line in with_it.read_text().splitlines()]
    kept = [line for line in lines if line["type"] != "systole"]
    assert lines[0].pop("systole_model") and len(kept) < len(lines)
    assert kept == [json.loads(line) for line in without.read_text().splitlines()]
    a, b = read_prediction(with_it), read_prediction(without)
    assert all(np.array_equal(a.sounds[kind], b.sounds[kind]) for kind in ("S1", "S2"))


def test_rows_of_earlier_runs_stay_beside_those_with_an_answer(data, silence, tmp_path):
    heart = data / "circor/dev/84693_PV.flac"
    for recording, *options in ((silence,), (heart, "--systole")):
        assert run("segment", recording, "--out", tmp_path / "out", "--jobs", "1", *options) == 0
    with (tmp_path / "out/summary.csv").open(newline="") as file:
        assert [(row["file"], row["systole"]) for row in csv.DictReader(file)] == [
            ("84693_PV.flac", "heard"), ("silence.wav", ""),
        ]  # fmt: skip


def test_options_of_the_model_and_of_a_network_do_not_mix(capsys):
    assert run("train", "--network", "heartseg-5") == 2 and "--systole" in capsys.readouterr().err
    assert run("train", "--systole", "--steps", "5") == 2 and "--steps" in capsys.readouterr().err
