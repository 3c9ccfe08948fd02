"""The results of shards: merged, verified, and counted while they are made."""

import csv
import hashlib
import json
import os
import time

import pytest
from archives import files, heart, planned
from offline_command import run

from heartseg.offline.archive.shards.plan import read_plan
from heartseg.offline.archive.shards.status import status_of
from heartseg.offline.formats.results import SUMMARY


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Three recordings, and one that cannot be read."""
    root = tmp_path_factory.mktemp("archive")
    for seed, name in enumerate(("a.wav", "one/b.wav", "one/c.flac")):
        heart(root / name, seed=seed)
    (root / "bad.wav").write_text("no sound")
    return root


@pytest.fixture(scope="module")
def plan(source, tmp_path_factory):
    return planned(source, tmp_path_factory.mktemp("plan") / "a.plan")


@pytest.fixture(scope="module")
def made(plan, tmp_path_factory):
    out = tmp_path_factory.mktemp("made")
    assert run("segment", plan, "--out", out, "--jobs", 1) == 1
    return files(out)


@pytest.fixture
def results(made, tmp_path):
    """A copy of the results that a test may harm."""
    folder = tmp_path / "results"
    folder.mkdir()
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return folder


def rewritten(path, old, new):
    """Replace bytes in the results of a shard, with a hash that agrees."""
    lines = path.read_bytes().replace(old, new).splitlines(keepends=True)
    body = b"".join(lines[:-1])
    end = {**json.loads(lines[-1]), "sha256": hashlib.sha256(body).hexdigest()}
    path.write_bytes(body + json.dumps(end).encode() + b"\n")


@pytest.mark.slow
def test_merged_results_are_those_of_a_run_without_shards(plan, source, made, results, tmp_path):
    assert run("merge", plan, results, "--out", tmp_path / "merged") == 0
    head, *events = (tmp_path / "merged/events.jsonl").read_bytes().splitlines(keepends=True)
    assert json.loads(head)["type"] == "events" and json.loads(head)["recordings"] == 4
    lines = b"".join(content for _, content in sorted(made.items())).splitlines(keepends=True)
    assert events == [line for line in lines if json.loads(line)["type"] in ("sound", "gap")] and len(events) > 20

    assert run("segment", source, "--out", tmp_path / "plain", "--jobs", 1) == 1
    with (tmp_path / "plain" / SUMMARY).open() as plain, (tmp_path / "merged" / SUMMARY).open() as merged:
        wanted, rows = list(csv.DictReader(plain)), list(csv.DictReader(merged))
    failed = [row for row in rows if row["error"]]
    assert [row["file"] for row in failed] == ["bad.wav"] and "not a sound file" in failed[0]["error"]
    assert [{**row, "error": ""} for row in wanted] == [row for row in rows if not row["error"]]


def test_merging_overwrites_nothing_and_leaves_nothing_half(plan, results, tmp_path, capsys):
    out = tmp_path / "merged"
    out.mkdir()
    (out / SUMMARY).write_text("by hand")
    assert run("merge", plan, results, "--out", out) == 2
    assert files(out) == {SUMMARY: b"by hand"}
    content = (results / "shard-00001.jsonl").read_bytes()
    (results / "shard-00001.jsonl").write_bytes(content.replace(b'"S1"', b'"S2"', 1))
    assert run("merge", plan, results, "--out", out, "--force") == 1
    assert "shard-00001.jsonl: damaged" in capsys.readouterr().err and files(out) == {SUMMARY: b"by hand"}
    (results / "shard-00001.jsonl").unlink()
    assert run("merge", plan, results, "--out", out, "--force") == 1
    assert "shard-00001.jsonl: not there" in capsys.readouterr().err and files(out) == {SUMMARY: b"by hand"}


@pytest.mark.slow
def test_a_sample_is_redone(plan, results, capsys):
    assert run("verify", plan, results, "--sample", 9) == 0
    assert capsys.readouterr().out.splitlines() == ["4 of 4 recordings have a result, 1 of them an error", "3 redone"]
    rewritten(results / "shard-00000.jsonl", b'"kind": "S1"', b'"kind": "S2"')
    assert run("verify", plan, results, "--sample", 9) == 1
    assert "a.wav: its result is another when redone" in capsys.readouterr().err


def test_what_is_wrong_with_results_is_found(plan, made, results, capsys):
    def verified():
        status = run("verify", plan, results)
        return status, capsys.readouterr().err

    assert verified() == (0, "")
    path, whole = results / "shard-00001.jsonl", made["shard-00001.jsonl"]
    harmed = {
        "not the results of a shard": b"by hand",
        "cut short": whole[:-10],
        "damaged": whole.replace(b'"S1"', b'"S2"', 1),
        "other recordings": made["shard-00000.jsonl"],
        "not there": None,
    }
    for what, content in harmed.items():
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        status, said = verified()
        assert status == 1 and f"{path}: " in said and what in said
    path.write_bytes(whole)
    harmed = {
        "another sensitivity than": (b'"sensitivity": "normal"', b'"sensitivity": "low"'),
        "not those of the plan": (b'"file": "one/b.wav"', b'"file": "one/x.wav"'),
    }
    for what, (old, new) in harmed.items():
        path.write_bytes(whole)
        rewritten(path, old, new)
        status, said = verified()
        assert status == 1 and f"{path}: " in said and what in said
    path.write_bytes(whole)
    for missing in (b'"file": "one/b.wav"', b'"file": "one/c.flac"'):  # the first or the last of its shard
        path.write_bytes(b"".join(line for line in whole.splitlines(keepends=True) if missing not in line))
        rewritten(path, b"", b"")
        assert verified()[0] == 1


def test_status_counts_what_is_there(plan, results, capsys):
    now = time.time()
    for number, ago in ((0, 30), (1, 10)):
        os.utime(results / f"shard-0000{number}.jsonl", (now - ago, now - ago))
    assert run("status", plan, results) == 0
    said = capsys.readouterr().out
    assert "shards      2 of 2 done" in said and "4 of 4 done, 1 failed" in said
    assert "0.1 recordings a second" in said and "10 s ago" in said
    status = status_of(read_plan(plan), results)
    assert status.rate == pytest.approx(2 / 20) and status.left_s == 0
    (results / "shard-00000.jsonl").unlink()
    (results / ".0123.part").write_text("half")
    status = status_of(read_plan(plan), results)
    assert (status.shards_done, status.recordings_done, status.rate, status.left_s) == (1, 2, None, None)
    assert status_of(read_plan(plan), results / "none").shards_done == 0
