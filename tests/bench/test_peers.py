"""The benchmark beside peers: its list of recordings, its table, its tracks and its archive."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))

import bench.peers.__main__ as peers  # noqa: E402
from bench.peers import events, methods, recordings  # noqa: E402
from bench.peers.methods import Peer, PeerError  # noqa: E402
from heartseg.offline.commands.score import score_files  # noqa: E402


@pytest.fixture
def few(data, tmp_path):
    """A folder of public sets with two recordings of circor/dev."""
    folder = tmp_path / "data/circor/dev"
    folder.mkdir(parents=True)
    names = sorted(p.stem for p in (data / "circor/dev").glob("*.tsv"))[:2]
    for name in names:
        (folder / f"{name}.flac").symlink_to(data / f"circor/dev/{name}.flac")
        shutil.copy(data / f"circor/dev/{name}.tsv", folder)
    return tmp_path / "data"


def run(few, tmp_path, *args):
    command = ["--data", few, "--out", tmp_path / "out", "--sets", "circor/dev", "--json", tmp_path / "f.json", *args]
    status = peers.main([str(a) for a in command])
    return status, json.loads((tmp_path / "f.json").read_text())["circor/dev"]


def test_the_list_of_recordings():
    table = recordings.published()
    count = {name: sum(row["set"] == name for row in table) for name in (*methods.SETS, *recordings.TRAINING_SETS)}
    assert count == {"circor/dev": 359, "cinc2016/dev": 409, "pascal": 11, "circor/train": 827, "cinc2016/train": 1690}
    heard = {row["person"] for row in table if row["set"] in recordings.TRAINING_SETS}
    judged = {row["person"] for row in table if row["set"] in methods.SETS}
    assert len(heard) > 1000 and not heard & judged
    assert all(len(row["sha256"]) == (64 if row["set"] in methods.SETS else 0) for row in table)


def test_it_knows_the_recordings_by_their_samples(data, few, tmp_path):
    """As WAV, too, and it tells another one."""
    table = {row["recording"]: row for row in recordings.published() if row["set"] == "circor/dev"}
    read = {r.name: r for r in recordings.read_set(few / "circor/dev")}
    for name, recording in read.items():
        assert recordings.row_of("circor/dev", recording) == table[name]
    x, rate = soundfile.read(recording.audio, dtype="int16")
    recording.audio.unlink()
    soundfile.write(recording.audio.with_suffix(".wav"), x, rate)
    read = {r.name: r for r in recordings.read_set(few / "circor/dev")}
    assert recordings.row_of("circor/dev", read[name]) == table[name]
    soundfile.write(read[name].audio, x[:-1], rate)
    assert recordings.row_of("circor/dev", read[name]) != table[name]


def test_downloads_are_sorted_into_the_sets(few, tmp_path, capsys):
    command = ["--arrange", str(few), "--data", str(tmp_path / "sorted")]
    assert recordings.main(command) == recordings.main(command) == 0
    assert "recordings of the table are not in" in capsys.readouterr().out
    there = sorted(p.relative_to(tmp_path / "sorted") for p in (tmp_path / "sorted").rglob("*") if p.is_file())
    assert there == sorted(p.relative_to(few) for p in few.rglob("*") if p.is_file())


def test_a_method_of_ones_own_lands_in_the_table(few, tmp_path, capsys):
    mine = tmp_path / "mine"
    mine.mkdir()
    first, second = sorted((few / "circor/dev").glob("*.tsv"))
    shutil.copy(first, mine)
    status, rows = run(few, tmp_path, "--methods", "--results", f"mine={mine}")
    assert status == 0 and rows["mine"]["without a result"] == 1 and 0 < rows["mine"]["F1"] < 1
    shutil.copy(second, mine)
    status, rows = run(few, tmp_path, "--methods", "--results", f"mine={mine}", "--results", f"again={mine}")
    assert status == 0 and rows["mine"] == rows["again"] and rows["mine"]["F1"] == 1
    assert "| mine | 100.00 | 100.00 |" in capsys.readouterr().out


def test_a_method_that_fails_is_named_and_the_others_are_scored(few, tmp_path, monkeypatch, capsys):
    def stops(*args):
        raise PeerError("other: stopped")

    monkeypatch.setattr(Peer, "segment", stops)
    status, rows = run(few, tmp_path, "--methods", "pyPCG", "--results", f"mine={few / 'circor/dev'}")
    assert status == 1 and set(rows) == {"mine"}
    assert capsys.readouterr().err == "peers: other: stopped\n"


def test_a_wrong_name_is_refused(few, tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        run(few, tmp_path, "--results", "mine")
    assert "'mine' is not NAME=DIR" in capsys.readouterr().err


PROGRAM = """
from tracks import at_peak, write_tracks
def segment(x, rate):
    if len(x) > 10 * rate:
        raise ValueError("too long")
    return [at_peak(2.0, "S2"), at_peak(1.0, "S1")]
write_tracks(segment)
"""


def test_tracks(tmp_path):
    """They are read by the scorer, an error is told and leaves an empty one, and none is made twice."""
    for name, seconds in (("a", 3), ("b", 11)):
        soundfile.write(tmp_path / f"{name}.wav", np.zeros((seconds * 1000, 2)), 1000)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    names = "".join(f"{tmp_path / name}.wav\n" for name in ("a", "b"))
    command = [sys.executable, str(program), str(tmp_path / "tracks")]
    env = {"PYTHONPATH": str(ROOT / "bench/peers")}
    said = subprocess.run(command, input=names, env=env, text=True, capture_output=True, check=True, timeout=60).stderr
    assert said == "b.wav: ValueError: too long\n"
    assert (tmp_path / "tracks/b.txt").read_text() == ""
    (tmp_path / "set").mkdir()
    (tmp_path / "set/a.tsv").write_text("0.966\t1.066\t1\n1.066\t1.966\t2\n1.966\t2.066\t3\n")
    evaluation, _ = score_files(tmp_path / "set/a.tsv", tmp_path / "tracks")
    assert evaluation.f1 == 1
    (tmp_path / "tracks/a.txt").write_text("")
    subprocess.run(command, input=names, env=env, text=True, check=True, timeout=60)
    assert (tmp_path / "tracks/a.txt").read_text() == ""


@pytest.mark.slow
def test_the_archive_can_be_scored(few, tmp_path, capsys):
    """As the table has it; again, it has the same bytes."""
    status, rows = run(few, tmp_path, "--methods", "heartseg-live")
    assert status == 0 and rows["heartseg-live"]["F1"] > 0.9
    for name in ("one", "two"):
        events.write_archive(tmp_path / f"{name}.zip", few, tmp_path / "out", ("circor/dev",))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert "Not a medical device" in archive.read("README.txt").decode()
        assert len(archive.read("recordings.csv").splitlines()) == 3
        assert not any(str(tmp_path).encode() in archive.read(name) for name in archive.namelist())
        archive.extractall(tmp_path / "unpacked")
    evaluation, missing = score_files(few / "circor/dev", tmp_path / "unpacked/circor/dev")
    assert evaluation.f1 == rows["heartseg-live"]["F1"] and not missing
    with pytest.raises(SystemExit, match="2"):
        events.main([str(tmp_path / "one.zip")])
    assert "name another file" in capsys.readouterr().err
