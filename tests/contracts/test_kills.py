"""Faults in the middle of a run: what it leaves can be read, and adds up.

The night form of the first test is `python tests/support/kills.py --count 200`.
"""

import random
import resource
import subprocess

import numpy as np
import pytest
import soundfile
from kills import LIVE, WAYS, check_books, end_one, lines_of
from pseudo_terminal import drawn, in_a_terminal
from test_engine import Broken, Hasty, Notes, heart_blocks
from waiting import until

from heartseg.stream.engine import Engine
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.segmenter.segmenter import Segmenter
from heartseg.stream.sinks.base import SinkError
from heartseg.stream.sinks.jsonl import JsonLines
from heartseg.stream.sinks.session import session
from heartseg.stream.sinks.wav import WavRecording


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_ended_at_a_random_moment(tmp_path, way):
    rng = random.Random(str(way))
    for _ in range(6):
        end_one(way, rng, tmp_path)


def test_a_worker_that_fails_loses_no_sample_and_leaves_whole_files(tmp_path, network):
    jsonl, wav = tmp_path / "events.jsonl", tmp_path / "kept.wav"
    segmenter, notes = Broken(network, rate=STREAM_RATE), Notes()
    sinks = [WavRecording(str(wav)), JsonLines(str(jsonl), session(segmenter, "x")), notes]
    engine = Engine(segmenter, Hasty(heart_blocks(8)), sinks)
    engine.start()
    assert engine.wait(30) and "it broke" in engine.failure
    assert not notes.accounts.uncounted and notes.accounts.dropped > 0
    assert notes.accounts.captured == 8 * STREAM_RATE
    check_books(jsonl, wav)


def test_a_sink_that_fails_in_whatever_way_at_the_end_keeps_the_others_from_nothing(tmp_path, network):
    class Torn(Notes):
        def close(self, accounts):
            raise RuntimeError("torn\nin two")

    jsonl, wav = tmp_path / "events.jsonl", tmp_path / "kept.wav"
    segmenter = Segmenter(network, rate=STREAM_RATE)
    sinks = [Torn(), WavRecording(str(wav)), JsonLines(str(jsonl), session(segmenter, "x"))]
    engine = Engine(segmenter, Hasty(heart_blocks(4)), sinks)
    engine.start()
    assert engine.wait(30) and engine.failure == "the engine failed: RuntimeError: torn in two"
    check_books(jsonl, wav)


def limited(size):
    """What limits the files of a process to so many bytes, as a full disk would."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("size", [900, 2_345, 7_001])
def test_a_disk_that_is_full_in_the_middle_of_a_line(tmp_path, size):
    jsonl = tmp_path / "events.jsonl"
    command = [*LIVE, "--demo", "--speed", "max", "--jsonl", str(jsonl)]
    result = subprocess.run(command, capture_output=True, text=True, preexec_fn=limited(size), timeout=60)
    count, failure = result.stderr.splitlines()
    assert result.returncode == 1 and "events.jsonl: cannot be written" in failure
    sounds = jsonl.read_text().count('"type": "sound"')
    assert count.endswith(f"events.jsonl: {sounds} sounds")
    assert size - 300 < jsonl.stat().st_size < size
    first, *events = lines_of(jsonl)
    assert first["type"] == "session" and {e["type"] for e in events} <= {"sound", "onset"}


def test_one_full_disk_does_not_spoil_the_other_file(tmp_path, network):
    class Full(Notes):
        def on_samples(self, block):
            raise SinkError("disk: cannot be written (no space left)")

    wav = tmp_path / "kept.wav"
    notes = Notes()
    segmenter = Segmenter(network, rate=STREAM_RATE)
    engine = Engine(segmenter, Hasty(heart_blocks(8)), [Full(), WavRecording(str(wav)), notes])
    engine.start()
    assert engine.wait(30) and engine.failure
    np.testing.assert_array_equal(soundfile.read(wav, dtype="float32")[0], np.concatenate(notes.samples))


@pytest.mark.slow
def test_a_full_disk_restores_the_terminal(tmp_path):
    args = ["--speed", "max", "--jsonl", str(tmp_path / "events.jsonl")]
    process, leader = in_a_terminal(args, tmp_path, limited(20_000))
    written = drawn(leader)
    until(lambda: process.poll() is not None)
    assert process.returncode == 1
    until(lambda: b"cannot be written" in written)
    assert written.rindex(b"\x1b[?1049l") > written.rindex(b"\x1b[?1049h")
    assert written.rindex(b"\x1b[?25h") > written.rindex(b"\x1b[?25l")
    assert b"Traceback" not in written
    lines_of(tmp_path / "events.jsonl")
