"""Shards: the same bytes whoever makes them, whatever happens meanwhile."""

import itertools
import json
import os
import resource
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from archives import files, heart, planned
from offline_command import run
from waiting import until

from heartseg.models import load
from heartseg.offline.archive import workers
from heartseg.offline.archive.shards.plan import read_plan
from heartseg.offline.archive.shards.run import segment_shards
from heartseg.offline.archive.workers import Settings
from heartseg.offline.segmentation import segment_file
from heartseg.stream.segmenter.lag import FULL_CONTEXT

COMMAND = [str(Path(sys.executable).with_name("heartseg-offline")), "segment"]
DEADLINE_S = 60
SETTINGS = Settings(None, FULL_CONTEXT)


@pytest.fixture(scope="module")
def source(tmp_path_factory, data):
    """Five recordings, two of them of children, in two folders."""
    root = tmp_path_factory.mktemp("archive")
    for seed, name in enumerate(("a.wav", "one/b.wav", "one/c.flac")):
        heart(root / name, seed=seed)
    for path in sorted((data / "circor/dev").glob("*.flac"))[:2]:
        (root / "two").mkdir(exist_ok=True)
        (root / "two" / path.name).write_bytes(path.read_bytes())
    return root


@pytest.fixture(scope="module")
def plan(source, tmp_path_factory):
    """A plan of three shards."""
    return planned(source, tmp_path_factory.mktemp("plan") / "a.plan")


@pytest.fixture(scope="module")
def made(plan, tmp_path_factory):
    """The files of one core."""
    out = tmp_path_factory.mktemp("made")
    assert run("segment", plan, "--out", out, "--jobs", 1) == 0
    return files(out)


def test_a_shard_has_the_events_and_the_summary_of_each_recording(plan, made):
    network = load(FULL_CONTEXT.network)
    assert list(made) and sorted(made) == [f"shard-0000{number}.jsonl" for number in range(3)]
    for shard in read_plan(plan).shards():
        head, *rows, end = map(json.loads, made[f"shard-0000{shard.number}.jsonl"].splitlines())
        assert head["type"] == "shard" and head["sha256"] == shard.sha256 and head["notice"] == "Not a medical device."
        assert (end["recordings"], end["failed"]) == (len(shard.items), 0)
        by_file = {file: list(group) for file, group in itertools.groupby(rows, lambda row: row["file"])}
        assert list(by_file) == [item.name.as_posix() for item in shard.items]
        for item in shard.items:
            *events, summary = by_file[item.name.as_posix()]
            found = segment_file(item.file, network, FULL_CONTEXT)
            assert [{**event, "file": 0} for event in events] == [{**e.as_dict(), "file": 0} for e in found.events]
            assert summary["type"] == "summary" and summary["seconds"] == round(found.duration_s, 3)
            assert len(events) > 5


@pytest.mark.slow
def test_shares_and_processes_give_the_bytes_of_one(plan, made, tmp_path):
    for share in ("0/2", "1/2"):
        assert run("segment", plan, "--out", tmp_path, "--shard", share, "--jobs", 2) == 0
        if share == "0/2":
            assert sorted(files(tmp_path)) == ["shard-00000.jsonl", "shard-00002.jsonl"]
    assert files(tmp_path) == made


@pytest.mark.slow
def test_what_was_made_is_left_alone_or_refused(plan, made, tmp_path, source, capsys):
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
        os.utime(tmp_path / name, ns=(1, 1))
    command = ["segment", plan, "--out", tmp_path, "--jobs", 1]
    assert run(*command) == 0
    assert "3 of 3 shards were made before" in capsys.readouterr().err
    others = {"network and lag": "live", "sensitivity": "high", "format": "csv"}
    for what, value in others.items():
        assert run(*command, f"--{what.split()[-1]}", value) == 2
        assert f"made with another {what};" in capsys.readouterr().err
    other = planned(source / "two", tmp_path / "other.plan")
    assert run("segment", other, "--out", tmp_path) == 2
    assert "other recordings" in capsys.readouterr().err
    other.unlink()
    assert files(tmp_path) == made and all(p.stat().st_mtime_ns == 1 for p in tmp_path.iterdir())
    (tmp_path / "shard-00001.jsonl").write_text("by hand")
    assert run(*command, "--again") == 2
    assert "--force" in capsys.readouterr().err and (tmp_path / "shard-00001.jsonl").read_text() == "by hand"
    (tmp_path / "shard-00001.jsonl").write_bytes(made["shard-00001.jsonl"][:-9])  # torn by a crash of the machine
    assert run(*command) == 0
    assert "2 of 3" in capsys.readouterr().err and files(tmp_path) == made
    assert (tmp_path / "shard-00000.jsonl").stat().st_mtime_ns == 1


@pytest.mark.slow
def test_a_file_for_each_recording_besides(plan, source, made, tmp_path, capsys):
    assert run("segment", source, "--out", tmp_path / "plain", "--format", "csv", "--jobs", 1) == 0
    out = tmp_path / "out"
    (out / "one").mkdir(parents=True)
    (out / "one/b.wav.csv").write_text("by hand")
    command = ["segment", plan, "--out", out, "--format", "csv", "--jobs", 1]
    assert run(*command) == 2
    assert "b.wav.csv: exists, with other content" in capsys.readouterr().err
    assert (out / "one/b.wav.csv").read_text() == "by hand" and not (out / "shard-00001.jsonl").exists()
    assert run(*command, "--force") == 0
    plain = {name: content for name, content in files(tmp_path / "plain").items() if name.count("/")}
    assert len(plain) == 4
    for name, content in plain.items():
        (found,) = out.glob(name.replace(".csv", ".*.csv"))
        assert found.read_bytes() == content
    body = made["shard-00001.jsonl"].splitlines()[1:-1]
    assert (out / "shard-00001.jsonl").read_bytes().splitlines()[1:-1] == body


@pytest.mark.slow
def test_the_same_shard_twice_at_once(plan, made, tmp_path):
    command = [*COMMAND, plan, "--out", tmp_path, "--jobs", "1", "--again", "--shard", "0/3"]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=DEADLINE_S)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert files(tmp_path) == {"shard-00000.jsonl": made["shard-00000.jsonl"]}


@pytest.mark.slow
def test_a_full_disk_costs_a_shard(plan, made, tmp_path, capsys):
    size, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    sizes = [len(made[name]) for name in sorted(made)]
    assert sizes[0] < sizes[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (sizes[0] + 100, most))  # room for the first
    try:
        assert run("segment", plan, "--out", tmp_path, "--jobs", 1) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    assert "shard-00001.jsonl: File too large" in capsys.readouterr().err
    assert files(tmp_path) == {"shard-00000.jsonl": made["shard-00000.jsonl"]}
    assert run("segment", plan, "--out", tmp_path, "--jobs", 1) == 0
    assert files(tmp_path) == made


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing(plan, made, tmp_path, monkeypatch):
    """By kill -9, in the middle of a shard."""
    start, started = workers._start, []

    def noted(*args):
        started.append(start(*args))
        return started[-1]

    def kill_the_first(outcome):
        started[0][1].kill()

    monkeypatch.setattr(workers, "_start", noted)
    reports = segment_shards(read_plan(plan).shards(), tmp_path, SETTINGS, 1, on_outcome=kill_the_first)
    with closing(reports):
        assert [report.failed for report in reports] == [[], [], []]
    assert len(started) == 2 and files(tmp_path) == made


@pytest.mark.slow
def test_a_run_that_is_killed_costs_its_shard(plan, made, tmp_path):
    process = subprocess.Popen([*COMMAND, plan, "--out", tmp_path, "--jobs", "1"], stderr=subprocess.DEVNULL)
    until((tmp_path / "shard-00000.jsonl").exists)
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = files(tmp_path)
    assert all(content == made[name] for name, content in left.items() if name.endswith(".jsonl"))
    for path in tmp_path.glob(".*.part"):
        path.unlink()
    assert run("segment", plan, "--out", tmp_path, "--jobs", 1) == 0
    assert files(tmp_path) == made


@pytest.mark.slow
def test_what_cannot_be_segmented_has_a_row_with_its_error(source, made, tmp_path, monkeypatch, capsys):
    """One recording kills whoever reads it, one is no sound, one has changed: the others come out as ever."""
    archive = tmp_path / "archive"
    for name in ("one/b.wav", "one/c.flac"):
        (archive / name).parent.mkdir(parents=True, exist_ok=True)
        (archive / name).write_bytes((source / name).read_bytes())
    for name in ("bad.wav", "one/bomb.m4a", "two.wav"):
        (archive / name).write_text("no sound")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "ffmpeg").write_text("#!/bin/sh\nkill -9 $PPID\n")
    (programs / "ffmpeg").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    plan = planned(archive, tmp_path / "a.plan", shard_size=3)
    heart(archive / "two.wav", seconds=1)
    command = ["segment", plan, "--out", tmp_path / "out", "--jobs", 2]
    assert run(*command) == 1
    said = capsys.readouterr().err
    assert "3 recordings failed; each has a row" in said and "2 recordings, " in said
    rows = b"".join(content for _, content in sorted(files(tmp_path / "out").items())).splitlines()
    errors = {row["file"]: row["error"] for row in map(json.loads, rows) if "error" in row}
    assert list(errors) == ["bad.wav", "one/bomb.m4a", "two.wav"]
    assert "not a sound file" in errors["bad.wav"] and "has changed since the plan" in errors["two.wav"]
    assert "two processes that read it died (SIGKILL)" in errors["one/bomb.m4a"]
    whole = b"".join(made.values()).splitlines()
    healthy = [row for row in rows if b'"file": "one/b.wav"' in row or b'"file": "one/c.flac"' in row]
    assert len(healthy) > 10 and set(healthy) <= set(whole)
    assert run(*command) == 0  # nothing is left to do
    assert "2 of 2 shards were made before" in capsys.readouterr().err


@pytest.mark.parametrize("share", ["2/2", "1", "a/b", "0/0"])
def test_wrong_shares(plan, tmp_path, share, capsys):
    assert run("segment", plan, "--out", tmp_path, "--shard", share) == 2
    assert "I/N" in capsys.readouterr().err


def test_what_a_plan_needs(plan, source, tmp_path, capsys):
    assert run("segment", plan) == 2
    assert "needs --out DIR" in capsys.readouterr().err
    assert run("segment", source, "--out", tmp_path, "--shard", "0/2") == 2
    assert "needs a plan" in capsys.readouterr().err and not files(tmp_path)
