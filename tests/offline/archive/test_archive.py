"""Whole archives: spread over processes, gone on with, and whole whatever happens."""

import json
import os
import pty
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from archives import heart
from offline_command import run
from waiting import until

from heartseg.models import load
from heartseg.offline.archive import workers
from heartseg.offline.archive.manifest import NAME
from heartseg.offline.formats.results import SUMMARY
from heartseg.offline.segmentation import segment_file
from heartseg.stream.segmenter.lag import DEFAULT_LAG

COMMAND = [str(Path(sys.executable).with_name("heartseg-offline")), "segment"]
DEADLINE_S = 60
NAMES = ["a", "one/a", "one/b", "two/c", "two/deep/a"]


def silence(path, seconds):
    """A recording that takes long to read and little room."""
    soundfile.write(path, np.zeros(seconds * 2000, np.int16), 2000)


def done(folder):
    """How many results there are by now."""
    return sum(p.is_file() and p.suffix != ".part" and p.name not in (NAME, SUMMARY) for p in folder.rglob("*"))


def results(folder):
    """Names and content of the results in a folder, and nothing but results in it."""
    found = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    for name in (NAME, SUMMARY):
        found.pop(name, None)
    assert not [name for name in found if name.endswith(".part")]
    return found


@pytest.mark.slow
def test_a_folder_keeps_its_folders(archive, tmp_path):
    out = tmp_path / "out"
    assert run("segment", archive, "--out", out) == 0
    assert sorted(results(out)) == [f"{name}.jsonl" for name in NAMES]


def test_files_that_no_run_has_made_stay(archive, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "b.jsonl").write_text("by hand")
    command = ["segment", archive / "one", "--out", out, "--jobs", "1"]
    for again in ((), ("--again",)):
        assert run(*command, *again) == 1
        said = capsys.readouterr().err
        assert f"{out / 'b.jsonl'}: exists" in said and "--force" in said and "1 of 2 recordings failed" in said
        assert (out / "b.jsonl").read_text() == "by hand" and (out / "a.jsonl").is_file()
    assert run(*command, "--force") == 0
    assert (out / "b.jsonl").read_text() != "by hand"
    (out / "b.jsonl").write_text("by hand")  # it is ours now, as the notes say
    assert run(*command) == 0 and (out / "b.jsonl").read_text() == "by hand"
    assert run(*command, "--again") == 0 and (out / "b.jsonl").read_text() != "by hand"


def test_no_recording_is_overwritten_by_its_result(tmp_path):
    sound = heart(tmp_path / "heart.wav", 1).rename(tmp_path / "heart.txt")
    for out in ((), ("--out", tmp_path)):
        assert run("segment", sound, "--format", "audacity", "--force", *out) in (1, 2)
        assert sound.read_bytes().startswith(b"RIFF")


@pytest.mark.slow
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_processes_give_the_bytes_of_one(archive, tmp_path, form):
    for jobs in (1, 3):
        assert run("segment", archive, "--out", tmp_path / str(jobs), "--jobs", jobs, "--format", form) == 0
    assert results(tmp_path / "1") == results(tmp_path / "3") and len(results(tmp_path / "1")) == 5
    assert (tmp_path / "1" / SUMMARY).read_bytes() == (tmp_path / "3" / SUMMARY).read_bytes()


@pytest.mark.slow
def test_live_in_processes_is_the_live_engine(archive, tmp_path):
    assert run("segment", archive / "one", "--out", tmp_path, "--lag", "live", "--jobs", "2") == 0
    events = segment_file(archive / "one/b.wav", load(), DEFAULT_LAG).events
    lines = [json.loads(line) for line in (tmp_path / "b.jsonl").read_text().splitlines()]
    assert lines[1:-1] == [e.as_dict() for e in events] and len(events) > 5


@pytest.mark.slow
def test_bad_files_are_listed_at_the_end(archive, tmp_path, capsys):
    (archive / "one/bad.wav").write_text("no sound")
    (archive / "two/empty.flac").touch()
    assert (
        run("segment", archive, archive / "none.wav", tmp_path / "*.wav", "--out", tmp_path / "out", "--jobs", 2) == 1
    )
    said = capsys.readouterr().err.splitlines()
    assert "4 of 9 recordings failed:" in said[0] and len(said) == 6 and "5 recordings, " in said[-1]
    assert all(any(name in line for line in said[1:5]) for name in ("bad.wav", "empty.flac", "none.wav", "*.wav"))
    assert len(results(tmp_path / "out")) == 5


def stamps(folder):
    return {p.relative_to(folder).as_posix(): p.stat().st_mtime_ns for p in folder.rglob("*.jsonl")}


def test_goes_on_where_it_stopped(archive, tmp_path, capsys):
    out = tmp_path / "out"
    command = ["segment", archive, "--out", out, "--jobs", "1"]
    assert run(*command) == 0
    whole, before = results(out), stamps(out)
    capsys.readouterr()
    assert run(*command) == 0
    assert stamps(out) == before and "5 of 5 were made before" in capsys.readouterr().err

    (out / "one/a.jsonl").unlink()  # a result is gone
    heart(archive / "two/c.aiff", seed=9)  # a recording has changed
    assert run(*command) == 0
    changed = {name for name, at in stamps(out).items() if before[name] != at}
    assert changed == {"one/a.jsonl", "two/c.jsonl"}
    assert results(out)["one/a.jsonl"] == whole["one/a.jsonl"]
    assert results(out)["two/c.jsonl"] != whole["two/c.jsonl"]

    before = stamps(out)
    assert run(*command, "--lag", "live") == 0  # other settings
    assert all(stamps(out)[f"{name}.jsonl"] != before[f"{name}.jsonl"] for name in NAMES)
    before = stamps(out)
    assert run(*command, "--lag", "live", "--again") == 0
    assert all(stamps(out)[f"{name}.jsonl"] != before[f"{name}.jsonl"] for name in NAMES)
    assert run(*command, "--lag", "live", "--format", "csv") == 0  # other results beside them
    assert len(results(out)) == 10


def test_a_torn_manifest_costs_only_its_torn_line(archive, tmp_path, capsys):
    out = tmp_path / "out"
    assert run("segment", archive, "--out", out, "--jobs", "1") == 0
    text = (out / NAME).read_bytes()
    (out / NAME).write_bytes(text[:-30])
    assert run("segment", archive, "--out", out, "--jobs", "1") == 0
    assert "4 of 5" in capsys.readouterr().err and len(results(out)) == 5
    assert run("segment", archive, "--out", out, "--jobs", "1") == 0
    assert "5 of 5" in capsys.readouterr().err


def test_a_result_that_cannot_be_written_whole_is_not_there(archive, tmp_path, capsys):
    size, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, most))  # as on a full disk, in the middle of a file
    try:
        assert run("segment", archive / "one", "--out", tmp_path / "out", "--jobs", "1") == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    assert "a.jsonl: cannot be written (File too large)" in capsys.readouterr().err
    assert results(tmp_path / "out") == {}


@pytest.mark.slow
def test_a_process_that_dies_costs_one_recording(archive, tmp_path, monkeypatch, capsys):
    """Killed twice in the middle of a recording, as by the kernel when memory runs out."""
    silence(archive / "a.wav", 3600)
    start, started = workers._start, []

    def noted(*args):
        started.append(start(*args))
        return started[-1]

    def kill_whoever_reads_the_long_one():
        until(lambda: done(tmp_path / "out") == 4)
        started[0][1].kill()
        until(lambda: len(started) > 2)
        started[-1][1].kill()

    monkeypatch.setattr(workers, "_start", noted)
    (tmp_path / "out").mkdir()
    killer = threading.Thread(target=kill_whoever_reads_the_long_one)
    killer.start()
    assert run("segment", archive, "--out", tmp_path / "out", "--jobs", "2") == 1
    killer.join()
    said = capsys.readouterr().err
    assert "a.wav: two processes that read it died (SIGKILL)" in said and "1 of 5" in said
    assert len(results(tmp_path / "out")) == 4
    silence(archive / "a.wav", 1)
    assert run("segment", archive, "--out", tmp_path / "out", "--jobs", "2") == 0


@pytest.mark.slow
def test_ctrl_c_leaves_what_is_done_and_no_more(archive, tmp_path):
    """The whole process group gets it, as from a terminal."""
    silence(archive / "z.wav", 7200)
    out = tmp_path / "out"
    process = subprocess.Popen(
        [*COMMAND, archive, "--out", out, "--jobs", "2"], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    until(lambda: out.exists() and done(out) == 5)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 1 and "Traceback" not in said
    assert "5 of 6 are done" in said and "5 recordings, " in said and len(said.splitlines()) == 2
    assert len(results(out)) == 5


@pytest.mark.slow
def test_a_bar_on_a_terminal_and_only_there(archive, tmp_path):
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(
        [*COMMAND, archive, "--out", tmp_path / "out", "--jobs", "2"],
        stderr=theirs, stdout=subprocess.PIPE, env=environment,
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while True:
        try:
            more = os.read(ours, 4096)
        except OSError:
            break
        if not more:
            break
        said += more
    assert process.wait(DEADLINE_S) == 0 and process.stdout.read() == b""
    os.close(ours)
    assert b"5/5" in said and b"s/s" in said and "━".encode() in said
    piped = subprocess.run(
        [*COMMAND, archive / "one", "--out", tmp_path / "other"], capture_output=True, timeout=DEADLINE_S
    )
    assert piped.returncode == 0 and len(piped.stderr.splitlines()) == 1 and piped.stdout == b""


@pytest.mark.parametrize("jobs", ["0", "-1", "many"])
def test_wrong_jobs(archive, tmp_path, jobs, capsys):
    assert run("segment", archive, "--out", tmp_path / "out", "--jobs", jobs) == 2
    assert "--jobs" in capsys.readouterr().err
