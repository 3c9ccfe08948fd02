"""The recording: exactly what the engine heard, whatever happens to the disk, the device or the process."""

import itertools
import os
import re
import resource
import subprocess

import numpy as np
import pytest
import soundfile
from live_command import LIVE
from waiting import until

from heartseg.stream.events import Marker, Recording, Sound
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.segmenter.segmenter import Segmenter
from heartseg.stream.sinks import riff
from heartseg.stream.sinks.base import Accounts, SinkError
from heartseg.stream.sinks.jsonl import JsonLines
from heartseg.stream.sinks.wav import WavRecording
from heartseg.stream.sources.file import FileSource
from heartseg.stream.sources.simulated import SimulatedHeart

SECOND = np.linspace(-1, 1, STREAM_RATE, dtype=np.float32)


def kept(path):
    return soundfile.read(path, dtype="float32")[0]


def heart(seconds):
    return np.concatenate(list(itertools.islice(SimulatedHeart(seed=3).blocks(), seconds * 10)))


def test_silence_stands_for_what_was_missed_so_that_times_agree(tmp_path, network):
    before, lost, after = heart(8), 3 * STREAM_RATE + 17, heart(20)
    segmenter, recording = Segmenter(network, rate=STREAM_RATE), WavRecording(str(tmp_path / "kept.wav"))
    recording.on_samples(before)
    events = segmenter.push(before)
    recording.on_missing(lost)
    events += segmenter.gap(lost, "device lost")
    recording.on_samples(after)
    events += segmenter.push(after) + segmenter.flush()
    assert recording.recording and recording.seconds == (len(before) + lost + len(after)) / STREAM_RATE
    recording.close(None)

    np.testing.assert_array_equal(kept(recording.path), np.concatenate([before, np.zeros(lost, np.float32), after]))
    again = Segmenter(network, rate=STREAM_RATE)
    replayed = [e for block in FileSource(recording.path).blocks() for e in again.push(block)] + again.flush()
    live, replayed = ([e for e in some if isinstance(e, Sound)] for some in (events, replayed))
    late = len(before) + lost + 8 * STREAM_RATE  # the network's memory of the silence has passed
    assert sum(e.onset > late for e in live) > 20
    for sound in live:
        if sound.offset < len(before) - STREAM_RATE:
            assert sound in replayed
        elif sound.onset > late:
            assert any(r.kind == sound.kind and abs(r.onset - sound.onset) < STREAM_RATE // 50 for r in replayed)


def test_it_can_be_stopped_and_started_while_it_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recording = WavRecording()
    recording.on_samples(SECOND)
    assert not recording.recording and recording.path is None and recording.seconds == 0
    paths = []
    for part in (SECOND, -SECOND):
        recording.toggle()
        assert recording.recording and recording.message is None
        recording.on_samples(part)
        recording.toggle()
        recording.on_samples(SECOND)
        assert not recording.recording and recording.seconds == 1.0 and "recorded 1.0 s" in recording.message
        assert re.fullmatch(r"heartseg-\d{8}-\d{6}(-\d)?\.wav", recording.path)
        paths.append(recording.path)
    recording.close(None)
    np.testing.assert_array_equal(kept(paths[0]), SECOND)
    np.testing.assert_array_equal(kept(paths[1]), -SECOND)
    assert sorted(os.listdir()) == sorted(paths) and not recording.failure
    assert recording.written() == [f"{path}: 1.0 s recorded" for path in paths]
    places = [Recording(path, at, at + n, n > 0) for path, at in zip(paths, (1, 3), strict=True) for n in (0, 1)]
    assert recording.own_events(ended=False) == [
        Recording(p.file, p.start * STREAM_RATE, p.end * STREAM_RATE, p.ended) for p in places
    ]
    assert recording.own_events(ended=True) == []


def chunks(path):
    """The chunks of a RIFF file, by name."""
    content, found, at = path.read_bytes(), {}, 12
    assert int.from_bytes(content[4:8], "little") == len(content) - 8
    while at < len(content):
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        found[content[at : at + 4]] = content[at + 8 : at + 8 + length]
        at += 8 + length
    return found


def test_the_file_tells_its_place_in_the_stream_and_the_marks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recording = WavRecording()
    recording.on_samples(SECOND)
    recording.begin_at(5 * STREAM_RATE)  # as after a jump
    recording.on_samples(SECOND)
    recording.toggle()
    recording.on_event(Marker(STREAM_RATE - 1))  # before it
    recording.on_samples(SECOND)
    recording.on_event(Marker(STREAM_RATE + 77))
    recording.close(None)
    found = chunks(tmp_path / recording.path)
    assert int.from_bytes(found[b"bext"][338:346], "little") == 6 * STREAM_RATE
    assert b"6.000 s" in found[b"bext"] and b"Not a medical device." in found[b"bext"]
    assert int.from_bytes(found[b"cue "][:4], "little") == 1
    assert int.from_bytes(found[b"cue "][24:28], "little") == 77
    np.testing.assert_array_equal(kept(recording.path), SECOND)


def test_no_file_is_overwritten_unasked(tmp_path):
    path = tmp_path / "kept.wav"
    path.write_text("the first patient")
    for make in (lambda: WavRecording(str(path)), lambda: JsonLines(str(path), {})):
        with pytest.raises(SinkError, match=r"kept\.wav: exists; .* --force"):
            make()
    assert path.read_text() == "the first patient"
    WavRecording(str(path), force=True).close(None)
    assert len(kept(path)) == 0
    JsonLines("/dev/null", {}).close(Accounts(0, 0, 0, 0))


def test_one_that_cannot_be_started_says_so_and_harms_nothing(tmp_path, monkeypatch):
    with pytest.raises(SinkError, match=r"no/kept\.wav: cannot be written"):
        WavRecording(str(tmp_path / "no/kept.wav"))
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    recording = WavRecording()
    recording.toggle()
    assert not recording.recording and "cannot be written" in recording.message == recording.failure
    recording.on_samples(SECOND)
    recording.close(None)


def test_beyond_4_gib_it_goes_on_as_rf64(tmp_path, monkeypatch):
    monkeypatch.setattr(riff, "RIFF_LARGEST", 6 * STREAM_RATE)
    recording = WavRecording(str(tmp_path / "kept.wav"))
    recording.on_samples(SECOND)
    assert soundfile.info(recording.path).format == "WAV"
    recording.on_samples(SECOND)
    recording.close(None)
    assert soundfile.info(recording.path).format == "RF64"
    np.testing.assert_array_equal(kept(recording.path), np.tile(SECOND, 2))


def test_whatever_is_done_at_any_time_the_file_opens_and_is_at_most_a_second_short(tmp_path):
    recording = WavRecording(str(tmp_path / "kept.wav"))
    length = 0
    for n in (441, 5 * 441, 22_050, 1, 44_099, 22_049):
        recording.on_samples(SECOND[:n])
        length += n
        assert length - STREAM_RATE // 2 <= soundfile.info(recording.path).frames <= length
    recording.close(None)
    assert soundfile.info(recording.path).frames == length


def test_what_was_written_is_put_on_the_disk(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_ino))
    recording = WavRecording(str(tmp_path / "kept.wav"))
    until(lambda: os.stat(recording.path).st_ino in synced)
    recording.close(None)


def test_a_full_disk_ends_the_recording_and_not_the_listening(tmp_path):
    source, wav = tmp_path / "heart.wav", tmp_path / "kept.wav"
    x = heart(10)
    soundfile.write(source, x, STREAM_RATE, "FLOAT")
    command = [*LIVE, "--replay", str(source), "--speed", "max", "--jsonl", "-"]

    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (800_000, 800_000))

    without = subprocess.run(command, capture_output=True, text=True)
    result = subprocess.run(
        [*command, "--record", str(wav)], capture_output=True, text=True, preexec_fn=little_room,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    events = [line for line in result.stdout.splitlines() if '"recording"' not in line]
    assert events == without.stdout.splitlines() and '"end"' in events[-1]
    failure, length = result.stderr.splitlines()
    assert result.returncode == 1 and "kept.wav: cannot be written" in failure and "kept.wav: 4." in length
    there = kept(wav)
    assert len(there) > 800_000 // 4 - STREAM_RATE
    np.testing.assert_array_equal(there, x[: len(there)])


def test_a_recording_that_ends_where_a_loop_begins_again_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recording = WavRecording()
    recording.begin_at(0)
    recording.toggle()
    recording.on_samples(SECOND)
    recording.own_events(ended=True)
    recording.close(None)
    assert recording.message is None  # the end of all that is heard needs no word
    recording.begin_at(0)
    assert "recorded 1.0 s; it ended where the replay began again" in recording.message
