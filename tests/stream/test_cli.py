"""What `heartseg-live` makes of bad input and of options that cannot be: one message, and the exit status."""

import json
import os

import numpy as np
import pytest
import soundfile
from live_command import heart_file, one_line, run_live


@pytest.fixture
def heart(tmp_path):
    return heart_file(tmp_path)


def bad(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_bad_input(tmp_path):
    one_line(run_live("--replay", tmp_path / "none.wav"), 2, "none.wav", "no such file")
    one_line(run_live("--replay", tmp_path), 2, "is a directory")
    one_line(run_live("--replay", bad(tmp_path, "empty.wav", b"")), 1, "empty.wav", "is empty")
    one_line(run_live("--replay", bad(tmp_path, "text.wav", b"hello\n" * 99)), 1, "text.wav", "not a sound file")


def test_no_samples_is_done_at_once(tmp_path):
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 44_100)
    result = run_live("--replay", tmp_path / "none.wav", "--jsonl", "-")
    assert result.returncode == 0 and json.loads(result.stdout.splitlines()[-1])["samples"]["captured"] == 0


def test_a_truncated_file_is_processed_with_a_warning(heart, tmp_path):
    content = heart.read_bytes()
    path = bad(tmp_path, "cut.wav", content[: len(content) // 2])
    result = run_live("--replay", path, "--speed", "max")
    one_line(result, 0, "warning", "truncated")
    assert "S1 lub" in result.stdout


def test_nan_is_a_gap(heart, tmp_path):
    x, _ = soundfile.read(heart, dtype="float32")
    x[100_000:110_000] = np.nan
    soundfile.write(tmp_path / "nan.wav", x, 44_100, "FLOAT")
    result = run_live("--replay", tmp_path / "nan.wav", "--speed", "max", "--jsonl", "-")
    assert result.returncode == 0 and result.stderr == ""
    gap = next(json.loads(line) for line in result.stdout.splitlines() if '"gap"' in line)
    assert gap["start_sample"] == 100_000 and gap["reason"] == "samples that are no numbers"


@pytest.mark.parametrize(
    "args",
    [(), ("--replay",), ("--demo", "--replay", "x"), ("--speed", "0"), ("--speed", "fast"), ("--demo", "500"),
     ("--demo", "--lag", "5"), ("--nonsense",)],
)  # fmt: skip
def test_wrong_commands(args):
    result = run_live(*args)
    assert result.returncode == 2 and "Traceback" not in result.stderr
    assert result.stderr.splitlines()[-1].startswith("heartseg-live: error: ")


def test_a_model_by_name(heart):
    default = run_live("--replay", heart, "--speed", "max", "--jsonl", "-")
    assert (
        run_live("--replay", heart, "--speed", "max", "--jsonl", "-", "--model", "heartseg-5").stdout == default.stdout
    )
    one_line(run_live("--replay", heart, "--model", "none"), 1, "none")


def test_outputs_that_cannot_be_written(heart, tmp_path):
    one_line(run_live("--replay", heart, "--jsonl", tmp_path / "no/dir.jsonl"), 1, "dir.jsonl", "cannot be written")
    one_line(run_live("--replay", heart, "--record", tmp_path / "no/dir.wav"), 1, "dir.wav", "cannot be written")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_ends_with_a_message(heart):
    for option in ("--jsonl", "--record"):
        one_line(
            run_live("--replay", heart, "--speed", "max", option, "/dev/full"), 1, "/dev/full", "cannot be written"
        )


def test_version_says_what_it_is_not():
    assert run_live("--version").stdout.strip().endswith("Not a medical device.")


def test_the_latency_is_explained():
    result = run_live("--explain-latency", "--lag", "250")
    assert result.returncode == 0
    for word in ("decimator", "hop", "lookahead", "decoder", "sum"):
        assert word in result.stdout


def test_it_overwrites_nothing_unasked(tmp_path):
    (tmp_path / "kept.wav").write_text("the first patient")
    one_line(run_live("--demo", "--record", tmp_path / "kept.wav"), 2, "kept.wav: exists", "--force")
    one_line(run_live("--demo", "--record", "heart.mp3"), 2, "heart.mp3", ".wav")
    assert (tmp_path / "kept.wav").read_text() == "the first patient"
    assert run_live("--demo", "--record", tmp_path / "new.wav", "--jsonl", tmp_path / "no/dir").returncode == 1
    assert not (tmp_path / "new.wav").exists()
