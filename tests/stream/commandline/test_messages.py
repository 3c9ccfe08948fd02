"""Output that another encoding than UTF-8 cannot hold, as a pipe on Windows has."""

import json
import os
import subprocess
import sys

import pytest

ENCODING = {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}


def run(*words):
    """A command whose standard output is a pipe of that encoding; its bytes."""
    result = subprocess.run(
        [sys.executable, "-m", "heartseg", *words], capture_output=True, timeout=60, env={**os.environ, **ENCODING}
    )
    assert result.returncode == 0 and not result.stderr, result.stderr
    return result.stdout


def test_a_sign_that_cannot_be_printed_ends_no_command():
    assert b"? ? seek" in run("live", "--help")
    assert b"heartseg segment" in run("segment", "--help")


def test_json_lines_are_utf_8_whatever_the_encoding_of_the_pipe(tmp_path, short_recording):
    name = tmp_path / "hëart→.wav"
    name.write_bytes(short_recording.read_bytes())
    lines = run("live", "--replay", str(name), "--speed", "max", "--jsonl", "-", "-q").split(b"\n")
    assert json.loads(lines[0].decode("utf-8"))["source"] == str(name)
    assert b"\r" not in lines[0] and json.loads(lines[-2])["type"] == "end"


@pytest.fixture
def short_recording(tmp_path):
    """A second of silence."""
    import numpy as np
    import soundfile

    path = tmp_path / "second.wav"
    soundfile.write(path, np.zeros(44_100), 44_100, "PCM_16")
    return path
