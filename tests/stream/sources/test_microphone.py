"""A real stream through PortAudio, from a virtual microphone: captured as played, and replayed alike."""

import json
import signal
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import soxr
from live_command import LIVE
from virtual_microphone import a_heart
from waiting import until

from heartseg.stream.sources.file import FileSource

ONLY_48_STEREO = [sys.executable, "-c", """
import sys, sounddevice
from heartseg.stream.cli import main
query, check = sounddevice.query_devices, sounddevice.check_input_settings
def strict(device, channels, dtype, samplerate):
    if (channels, samplerate) != (2, 48_000):
        raise sounddevice.PortAudioError("Invalid sample rate")
    check(device, channels, dtype, samplerate)
def own(device=None):
    found = query(device)
    return found if device is None else {**found, "default_samplerate": 48_000.0, "max_input_channels": 2}
sounddevice.check_input_settings, sounddevice.query_devices = strict, own
sys.exit(main())
"""]  # fmt: skip
"""PortAudio, but for a device that does 48 kHz stereo and nothing else."""


def sounds(path):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [(e["kind"], e["onset_sample"], e["offset_sample"]) for e in lines if e["type"] == "sound"], lines


def captured(live, microphone, samples, tmp_path):
    """The sounds, all lines and the recording of a run that ends after twelve sounds."""
    jsonl, wav = tmp_path / "events.jsonl", tmp_path / "heard.wav"
    process = subprocess.Popen(
        [*live, "--device", "pulse", "--jsonl", str(jsonl), "--record", str(wav)],
        env=microphone.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        microphone.play(samples)
        until(lambda: jsonl.exists() and jsonl.read_text().count('"sound"') >= 12)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, process.stderr.read()
    finally:
        process.kill()
    assert process.stderr.read().count("\n") == 2  # the files
    found, lines = sounds(jsonl)
    heard, _ = soundfile.read(wav, dtype="float32")
    accounts = lines[-1]["samples"]
    assert accounts["captured"] == accounts["processed"] + accounts["dropped"] == len(heard)
    return found, lines, heard


def replayed(wav, tmp_path):
    again = tmp_path / "again.jsonl"
    subprocess.run([*LIVE, "--replay", str(wav), "--speed", "max", "--jsonl", str(again)], check=True,
                   stdout=subprocess.DEVNULL, timeout=60)  # fmt: skip
    return sounds(again)[0]


@pytest.mark.slow
def test_captured_is_played_and_replays_alike(microphone, tmp_path):
    samples = a_heart(60)
    found, lines, heard = captured(LIVE, microphone, samples, tmp_path)
    assert lines[0]["latency_ms"]["capture"] == 10.0 and lines[0]["latency_ms"]["conversion"] == 0.0
    assert lines[-1]["samples"]["dropped"] == 0
    played = samples.astype(np.float32) / 32768
    first = next(k for k in np.flatnonzero(played == heard[0]) if (played[k : k + 500] == heard[:500]).all())
    np.testing.assert_array_equal(heard, played[first : first + len(heard)])
    assert replayed(tmp_path / "heard.wav", tmp_path) == found


@pytest.mark.slow
def test_a_device_of_another_rate_hears_what_a_replay_of_such_a_file_does(microphones, tmp_path):
    microphone = microphones(48_000, 2)
    microphone.plug()
    at_48 = soxr.resample(a_heart(60, bpm=72).astype(np.float64), 44_100, 48_000)
    samples = np.rint(np.stack([at_48, 0.5 * at_48], axis=1)).astype("<i2")
    found, lines, heard = captured(ONLY_48_STEREO, microphone, samples, tmp_path)
    assert 10 < lines[0]["latency_ms"]["conversion"] < 25
    assert lines[-1]["samples"]["dropped"] == 0

    played = samples.astype(np.float32) / 32768
    mono = played.mean(axis=1, dtype=np.float64).astype(np.float32)

    def differs(first):
        return np.abs(soxr.resample(mono[first : first + 9_600], 48_000, 44_100)[:4_410] - heard[:4_410]).max()

    size = 1 << 22
    whole = np.fft.rfft(soxr.resample(mono, 48_000, 44_100), size)
    likeness = np.fft.irfft(whole * np.fft.rfft(heard[:88_200], size).conj(), size)
    about = round(int(likeness.argmax()) * 48_000 / 44_100)  # however late a busy machine began to listen
    first = min(range(max(0, about - 48), about + 49), key=differs)
    last = next(n for n in range(first, len(mono)) if round((n - first) * 44_100 / 48_000) == len(heard))
    wav = tmp_path / "played.wav"
    soundfile.write(wav, played[first:last], 48_000, "FLOAT")
    np.testing.assert_array_equal(np.concatenate(list(FileSource(wav).blocks())), heard)
    assert replayed(wav, tmp_path) == found


def test_devices_are_listed_and_looked_up(microphone):
    listed = subprocess.run([*LIVE, "--list-devices"], env=microphone.env, capture_output=True, text=True, timeout=60)
    assert listed.returncode == 0 and "pulse" in listed.stdout and listed.stderr == ""
    unknown = subprocess.run(
        [*LIVE, "--device", "nobody"], env=microphone.env, capture_output=True, text=True, timeout=60
    )
    assert unknown.returncode == 2 and len(unknown.stderr.splitlines()) == 1 and "nobody" in unknown.stderr


def stethoscope(microphone, name="steth"):
    """Plug in a source with a description, two channels of what the microphone hears; returns its module."""
    microphone.env.pop("PULSE_SOURCE", None)
    return microphone.load(
        "module-remap-source", f"source_name={name}", "master=pmic", "channels=2",
        "source_properties=device.description=USB-Stethoscope",
    )  # fmt: skip


def test_sources_of_the_sound_server_are_listed_and_found_by_description(microphone):
    stethoscope(microphone)
    stethoscope(microphone, "steth2")

    def said(*args):
        command = [*LIVE, *args]
        return subprocess.run(command, env=microphone.env, capture_output=True, text=True, timeout=60)

    listed = said("--list-devices").stdout
    assert "USB-Stethoscope (steth), 2 channel(s), 44100 Hz\n" in listed
    assert listed.splitlines()[-1].endswith("what an output plays")  # monitors come last
    several = said("--device", "stethoscope")
    assert several.returncode == 2 and len(several.stderr.splitlines()) == 1
    assert "USB-Stethoscope (steth), USB-Stethoscope (steth2)" in several.stderr
    channel = said("--device", "steth2", "--channel", "3")
    assert channel.returncode == 2 and "USB-Stethoscope: no channel 3; it has 2" in channel.stderr


@pytest.mark.slow
def test_a_source_that_is_unplugged_is_waited_for_and_no_other_is_heard(microphone, tmp_path):
    module, jsonl = stethoscope(microphone), tmp_path / "events.jsonl"
    process = subprocess.Popen(
        [*LIVE, "--device", "usb-steth", "--channel", "1", "--jsonl", str(jsonl)],
        env=microphone.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        microphone.play(a_heart(120))
        until(lambda: jsonl.exists() and jsonl.read_text().count('"sound"') >= 8)
        microphone.unload(module)
        assert "device lost" in process.stderr.readline()
        stethoscope(microphone)
        assert "listening" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
    _, lines = sounds(jsonl)
    assert lines[0]["source"] == "USB-Stethoscope"
    assert [line["reason"] for line in lines if line["type"] == "gap"][-1] == "device lost"
