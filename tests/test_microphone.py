"""A real stream through PortAudio, from a virtual microphone: captured as played, and replayed alike."""

import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import soundfile

from heartseg.stream.heart import SimulatedHeart

LIVE = [sys.executable, "-c", "import sys; from heartseg.stream.cli import main; sys.exit(main())"]


@pytest.fixture
def microphone(tmp_path):
    """A PulseAudio server of our own, whose only source reads a FIFO: (environment, fifo, server)."""
    if not (shutil.which("pulseaudio") and shutil.which("pactl")):
        if os.environ.get("CI"):
            pytest.fail("CI needs pulseaudio")
        pytest.skip("needs pulseaudio, pulseaudio-utils, libasound2-plugins and libportaudio2")
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    env = {**os.environ, "XDG_RUNTIME_DIR": str(runtime), "HOME": str(tmp_path), "PULSE_SOURCE": "pmic"}
    sink = "module-null-sink sink_name=vmic rate=44100 channels=1"
    server = subprocess.Popen(
        ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "-L", "module-native-protocol-unix", "-L", sink],
        env=env, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    fifo = tmp_path / "fifo"
    load = ["pactl", "load-module", "module-pipe-source", "source_name=pmic", f"file={fifo}", "format=s16le",
            "rate=44100", "channels=1"]  # fmt: skip
    deadline = time.monotonic() + 20
    while subprocess.run(load, env=env, capture_output=True).returncode:
        assert time.monotonic() < deadline, "the PulseAudio server did not come up"
        time.sleep(0.2)
    yield env, fifo, server
    server.kill()
    server.wait()


def a_minute():
    """A simulated heart in 16-bit samples."""
    blocks = itertools.islice(SimulatedHeart(seed=6).blocks(), 600)
    return np.rint(np.concatenate(list(blocks)) * 32767).astype("<i2")


def play(samples, fifo, enough):
    """Write 16-bit samples at their own pace until all are gone or `enough` is set."""
    with contextlib.suppress(BrokenPipeError), open(fifo, "wb", buffering=0) as out:
        began = time.monotonic()
        for at in range(0, len(samples), 441):
            if enough.is_set():
                return
            time.sleep(max(0.0, began + at / 44_100 - time.monotonic()))
            out.write(samples[at : at + 441].tobytes())


def sounds(path):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [(e["kind"], e["onset_sample"], e["offset_sample"]) for e in lines if e["type"] == "sound"], lines


def start(env, tmp_path):
    jsonl, wav = tmp_path / "events.jsonl", tmp_path / "heard.wav"
    process = subprocess.Popen(
        [*LIVE, "--device", "pulse", "--jsonl", str(jsonl), "--record", str(wav)],
        env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    return process, jsonl, wav


def until(condition, seconds=40):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_captured_is_played_and_replays_alike(microphone, tmp_path):
    env, fifo, _ = microphone
    samples = a_minute()
    process, jsonl, wav = start(env, tmp_path)
    enough = threading.Event()
    player = threading.Thread(target=play, args=(samples, fifo, enough))
    player.start()
    try:
        until(lambda: jsonl.exists() and jsonl.read_text().count('"sound"') >= 12)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, process.stderr.read()
    finally:
        enough.set()
        player.join()
        process.kill()
    assert process.stderr.read() == ""

    found, lines = sounds(jsonl)
    accounts = lines[-1]["samples"]
    heard, _ = soundfile.read(wav, dtype="float32")
    assert accounts["captured"] == accounts["processed"] + accounts["dropped"] == len(heard)
    if not accounts["dropped"]:  # a stalled machine may overflow; that has a test of its own
        played = samples.astype(np.float32) / 32768
        first = next(k for k in np.flatnonzero(played == heard[0]) if (played[k : k + 500] == heard[:500]).all())
        np.testing.assert_array_equal(heard, played[first : first + len(heard)])
        again = tmp_path / "again.jsonl"
        subprocess.run([*LIVE, "--replay", str(wav), "--speed", "max", "--jsonl", str(again)], check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        assert sounds(again)[0] == found


def test_a_device_that_goes_away_ends_the_run_and_loses_nothing(microphone, tmp_path):
    env, fifo, server = microphone
    samples = a_minute()
    process, jsonl, wav = start(env, tmp_path)
    enough = threading.Event()
    player = threading.Thread(target=play, args=(samples, fifo, enough), daemon=True)
    player.start()
    until(lambda: jsonl.exists() and jsonl.read_text().count('"sound"') >= 4)
    server.kill()
    assert process.wait(20) == 1
    enough.set()
    said = process.stderr.read().splitlines()
    assert len(said) == 1 and "the device is gone" in said[0]
    found, lines = sounds(jsonl)
    assert len(found) >= 4 and lines[-1]["type"] == "end"
    assert lines[-1]["samples"]["captured"] == len(soundfile.read(wav)[0])


def test_devices_are_listed_and_looked_up(microphone):
    env, *_ = microphone
    listed = subprocess.run([*LIVE, "--list-devices"], env=env, capture_output=True, text=True)
    assert listed.returncode == 0 and "pulse" in listed.stdout and listed.stderr == ""
    unknown = subprocess.run([*LIVE, "--device", "nobody"], env=env, capture_output=True, text=True)
    assert unknown.returncode == 2 and len(unknown.stderr.splitlines()) == 1 and "nobody" in unknown.stderr
