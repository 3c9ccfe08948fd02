"""`heartseg-live` as a person or a script runs it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile
from live_command import LIVE, heart_file, one_line, run_live

from heartseg.offline.segmentation import segment_file
from heartseg.stream.engine import Engine
from heartseg.stream.segmenter.lag import DEFAULT_LAG
from heartseg.stream.segmenter.segmenter import Segmenter
from heartseg.stream.sinks.jsonl import JsonLines
from heartseg.stream.sinks.session import session
from heartseg.stream.sources.file import FileSource
from heartseg.stream.sources.replay import Replay


def live(*args, env=None, **options):
    return subprocess.run(
        [*LIVE, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **(env or {})},
        **options,
    )


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def heart(tmp_path):
    return heart_file(tmp_path)


def replayed(path, out, network, speed):
    """The JSONL of a replay through the whole engine."""
    source, segmenter = FileSource(path), Segmenter(network, rate=44_100)
    engine = Engine(
        segmenter, Replay(source.blocks(), speed), [JsonLines(str(out), session(segmenter, str(path)), True)]
    )
    engine.start()
    assert engine.wait(120) and engine.failure is None
    return [line for line in out.read_text().splitlines() if '"session"' not in line and '"type": "end"' not in line]


def recordings(data):
    found = sorted((data / "circor/dev").glob("*.flac"))[::90] + sorted((data / "cinc2016/dev").glob("*.flac"))[::90]
    return (found + sorted((data / "pascal/Atraining_normal").glob("*.wav")))[:12]


@pytest.mark.slow
def test_recordings_paced_unpaced_and_offline_are_the_same_bytes(data, tmp_path, network):
    files = recordings(data)
    assert len(files) == 12
    sounds = 0
    for path in files:
        fast = replayed(path, tmp_path / "fast.jsonl", network, None)
        paced = replayed(path, tmp_path / "paced.jsonl", network, 100.0)
        events = segment_file(path, network, DEFAULT_LAG).events
        offline = [json.dumps(e.as_dict(), ensure_ascii=False) for e in events]
        assert fast == paced == offline
        sounds += len(fast)
    assert sounds > 300


@pytest.mark.slow
def test_real_time_is_the_same_too(data, tmp_path, network):
    path = data / "pascal/Atraining_normal/201103221214.wav"
    began = time.monotonic()
    paced = replayed(path, tmp_path / "a.jsonl", network, 1.0)
    assert time.monotonic() - began > FileSource(path).seconds - 0.5
    assert paced and paced == replayed(path, tmp_path / "b.jsonl", network, None)


def test_jsonl_has_the_schema(heart, tmp_path):
    out = tmp_path / "events.jsonl"
    result = run_live("--replay", heart, "--speed", "max", "--jsonl", out)
    first, *events, last = lines_of(out)
    one_line(result, 0, f"{out}: {sum(last['sounds'].values())} sounds")
    assert first["type"] == "session" and first["schema"] == 1 and first["rate_hz"] == 44_100
    assert first["source"] == str(heart) and first["notice"] == "Not a medical device."
    assert len(first["model_sha256"]) == 64 and first["latency_ms"]["from_centre"] > 0
    assert {e["type"] for e in events} == {"sound", "onset"}
    events = [e for e in events if e["type"] == "sound"]
    assert {e["kind"] for e in events} == {"S1", "S2"}
    for e in events:
        assert list(e) == [
            "type", "kind", "onset_s", "offset_s", "onset_sample", "offset_sample", "confidence", "emitted_s",
            "announced_s", "withheld",
        ]  # fmt: skip
        assert e["onset_s"] == round(e["onset_sample"] / 44_100, 4) and 0 < e["confidence"] <= 1
    withheld = [e["withheld"] for e in events]
    assert withheld == sorted(withheld, reverse=True) and {*withheld} == {True, False}
    assert last["samples"] == {"captured": 264_600, "processed": 264_600, "dropped": 0}
    assert last["sounds"] == {k: sum(e["kind"] == k for e in events) for k in ("S1", "S2")}


def test_jsonl_on_standard_output_is_all_there_is(heart, tmp_path):
    out = tmp_path / "events.jsonl"
    run_live("--replay", heart, "--speed", "max", "--jsonl", out)
    result = live("--replay", heart, "--speed", "max", "--jsonl", "-")
    assert result.stdout == out.read_text()


def test_piped_it_prints_plain_lines(heart):
    result = live("--replay", heart, "--speed", "max")
    assert result.returncode == 0
    assert "S1 lub" in result.stdout and "S2 dub" in result.stdout
    assert "Not a medical device." in result.stdout and "\x1b" not in result.stdout


def test_recording_is_what_was_heard(heart, tmp_path):
    out = tmp_path / "kept.wav"
    one_line(run_live("--replay", heart, "--speed", "max", "--record", out), 0, f"{out}: 6.0 s recorded")
    kept, rate = soundfile.read(out, dtype="float32")
    assert rate == 44_100 and soundfile.info(out).subtype == "FLOAT"
    np.testing.assert_array_equal(kept, soundfile.read(heart, dtype="float32")[0])


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_in_good_order(tmp_path, number):
    out, wav = tmp_path / "events.jsonl", tmp_path / "kept.wav"
    process = subprocess.Popen(
        [*LIVE, "--demo", "--speed", "8", "--jsonl", str(out), "--record", str(wav)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline and not (out.exists() and '"sound"' in out.read_text()):
        time.sleep(0.05)
    process.send_signal(number)
    assert process.wait(20) == 0
    assert process.stderr.read().count(b"\n") == 2  # the files
    first, *_, last = lines_of(out)
    assert first["type"] == "session" and last["type"] == "end"
    assert last["samples"]["captured"] == last["samples"]["processed"] == soundfile.info(wav).frames


@pytest.mark.slow
def test_killed_it_leaves_files_that_open(tmp_path):
    out, wav = tmp_path / "events.jsonl", tmp_path / "kept.wav"
    process = subprocess.Popen(
        [*LIVE, "--demo", "--speed", "8", "--jsonl", str(out), "--record", str(wav)], stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline and not (out.exists() and out.read_text().count('"sound"') > 4):
        time.sleep(0.05)
    process.kill()
    process.wait()
    events = lines_of(out)
    assert soundfile.info(wav).frames >= (events[-1]["emitted_s"] - 1.0) * 44_100


@pytest.mark.parametrize(
    "args", ["--replay heart.wav --speed max --jsonl -", "--demo --speed max", "--explain-latency"]
)
def test_head_ends_it_in_silence(heart, args):
    command = " ".join(f"'{part}'" for part in LIVE) + " " + args
    result = subprocess.run(
        ["bash", "-c", f"{command} | head -n 1; exit ${{PIPESTATUS[0]}}"],
        capture_output=True, text=True, cwd=heart.parent, timeout=60,
    )  # fmt: skip
    assert result.returncode == 0 and result.stderr == "" and len(result.stdout.splitlines()) == 1


@pytest.fixture
def no_portaudio(tmp_path):
    """An environment where importing sounddevice fails as it does without PortAudio."""
    (tmp_path / "stub").mkdir()
    (tmp_path / "stub/sounddevice.py").write_text('raise OSError("PortAudio library not found")\n')
    return {"PYTHONPATH": str(tmp_path / "stub")}


@pytest.mark.slow
def test_without_portaudio(heart, no_portaudio):
    one_line(live("--device", env=no_portaudio), 1, "PortAudio is not installed", "apt-get install libportaudio2")
    one_line(live("--list-devices", env=no_portaudio), 1, "PortAudio is not installed")
    assert live("--replay", heart, "--speed", "max", env=no_portaudio).returncode == 0


def test_an_unknown_device():
    result = live("--device", "no such microphone")
    if "PortAudio" in result.stderr and not os.environ.get("CI"):
        pytest.skip("PortAudio is not installed")
    assert result.returncode in (1, 2)  # 1 where the machine has no capture device at all
    assert len(result.stderr.splitlines()) == 1 and "capture device" in result.stderr


def test_the_live_engine_stays_light():
    code = (
        "import importlib, pkgutil, sys, heartseg.stream as stream, heartseg.models as models\n"
        "for package in (stream, models):\n"
        "    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        importlib.import_module(module.name)\n"
        "bad = [m for m in sys.modules if m.startswith(('tensorflow', 'librosa', 'matplotlib', 'scipy.signal', "
        "'heartseg.offline', 'sounddevice', 'keras'))]\n"
        "sys.exit(' '.join(bad) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_the_commands_are_installed():
    for name in ("heartseg", "heartseg-live", "heartseg-offline"):
        found = shutil.which(name, path=os.path.dirname(sys.executable)) or shutil.which(name)
        assert found and subprocess.run([found, "--version"], capture_output=True).returncode == 0


def test_it_does_not_overwrite_what_it_reads(heart, tmp_path):
    content = heart.read_bytes()
    for option in ("--record", "--jsonl"):
        assert run_live("--replay", heart, option, tmp_path / "." / heart.name).returncode == 2
    assert run_live("--demo", "--record", tmp_path / "x", "--jsonl", tmp_path / "x").returncode == 2
    assert heart.read_bytes() == content


@pytest.mark.slow
def test_odd_names(heart, tmp_path):
    odd = os.fsencode(tmp_path) + b"/n[b]\xff.wav"
    os.rename(heart, odd)
    result = subprocess.run([*map(os.fsencode, LIVE), b"--replay", odd, b"--speed", b"max"], capture_output=True)
    assert result.returncode == 0 and b"S1 lub" in result.stdout and result.stderr == b""
    one_line(run_live("--replay", "x" * 300), 2, "cannot be read")


@pytest.mark.slow
def test_a_standard_output_that_cannot_be_written(heart):
    command = " ".join(f"'{part}'" for part in [*LIVE, "--replay", str(heart), "--speed", "max"])
    for where, status in ((">/dev/full", 1), (">&-", 0)):
        result = subprocess.run(["bash", "-c", f"{command} {where}"], capture_output=True, text=True)
        assert result.returncode == status and "Traceback" not in result.stderr


@pytest.mark.slow
def test_nohup_is_left_alone(tmp_path):
    out = tmp_path / "events.jsonl"
    command = ["nohup", *LIVE, "--demo", "--speed", "8", "--jsonl", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline and not (out.exists() and '"sound"' in out.read_text()):
        time.sleep(0.05)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert process.poll() is None
    process.terminate()
    assert process.wait(20) == 0


def test_without_a_writable_cache_it_lends_numba_one(tmp_path):
    code = (
        "import os, heartseg.stream.numba_cache as c\n"
        "c._writable = lambda folder: False\n"
        "c._choose_cache(); print(os.environ['NUMBA_CACHE_DIR'])"
    )
    env = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"} | {"TMPDIR": str(tmp_path)}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    folder = os.stat(result.stdout.strip())
    assert folder.st_uid == os.getuid() and not folder.st_mode & 0o077


def test_every_output_says_that_an_answer_about_systole_is_for_review(tmp_path):
    import itertools

    from heartseg.stream.sources.simulated import SimulatedHeart

    path = tmp_path / "heart.wav"
    x = np.concatenate(list(itertools.islice(SimulatedHeart(bpm=110, seed=2).blocks(), 90)))
    soundfile.write(path, x, 44_100, "FLOAT")
    told = live("--replay", path, "--speed", "max", "--systole", "--jsonl", tmp_path / "out.jsonl")
    assert told.returncode == 0, told.stderr
    said = [line for line in told.stdout.splitlines() if "murmur" in line]
    assert len(said) >= 2 and all("for review, not a diagnosis" in line for line in said)
    written = [line for line in lines_of(tmp_path / "out.jsonl") if line["type"] == "systole"]
    assert len(written) == len(said) - 1, "and the summary repeats the last"
    assert {line["notice"] for line in written} == {"For review, not a diagnosis. Not a medical device."}
