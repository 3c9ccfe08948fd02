"""Markers of Lab Streaming Layer, received over the loopback address."""

import itertools
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from live_command import LIVE

from heartseg.stream.sources.simulated import SimulatedHeart

HEAR = """
import pylsl
found = pylsl.resolve_byprop("name", "heartseg", timeout=60)
inlet = pylsl.StreamInlet(found[0])
inlet.open_stream(60)
print(inlet.info().type(), inlet.info().desc().child_value("notice"), flush=True)
while (heard := inlet.pull_sample(15))[0] is not None:
    print(heard[0][0], heard[1] + inlet.time_correction(), pylsl.local_clock(), flush=True)
"""


@pytest.fixture
def loopback(tmp_path):
    """An environment in which Lab Streaming Layer stays on this machine."""
    try:
        import pylsl  # noqa: F401
    except (ImportError, RuntimeError) as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs pylsl: {error}")
        pytest.skip(f"needs pylsl: {error}")
    config = tmp_path / "lsl_api.cfg"
    config.write_text(
        "[ports]\nIPv6 = disable\n[multicast]\nResolveScope = machine\nListenAddress = 127.0.0.1\n"
        "[lab]\nKnownPeers = {127.0.0.1}\n[log]\nlevel = -3\n"
    )
    return {**os.environ, "LSLAPICFG": str(config)}


@pytest.mark.slow
def test_markers_have_the_times_of_the_sounds(loopback, tmp_path):
    x = np.concatenate(list(itertools.islice(SimulatedHeart(bpm=120, seed=2).blocks(), 300)))
    soundfile.write(tmp_path / "heart.wav", x, 44_100, "FLOAT")
    jsonl = tmp_path / "events.jsonl"
    live = subprocess.Popen(
        [*LIVE, "--replay", str(tmp_path / "heart.wav"), "--lsl", "--jsonl", str(jsonl)],
        env=loopback, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    hears = subprocess.Popen([sys.executable, "-c", HEAR], env=loopback, stdout=subprocess.PIPE, text=True)
    try:
        assert hears.stdout.readline().strip() == "Markers Not a medical device."
        heard = [hears.stdout.readline().split() for _ in range(9)][:8]  # the ninth: the file has these, too
    finally:
        for process in (live, hears):
            process.kill()
            process.wait()
    lines = [json.loads(line) for line in jsonl.read_text().splitlines(keepends=True) if line.endswith("\n")]
    sounds = [line for line in lines if line["type"] == "sound"]
    kinds = [sound["kind"] for sound in sounds]
    matches = [n for n in range(len(kinds)) if kinds[n : n + 8] == [kind for kind, *_ in heard]]
    steps = np.diff([float(at) for _, at, _ in heard])
    assert any(
        np.abs(steps - np.diff([sound["onset_s"] for sound in sounds[n : n + 8]])).max() < 0.002 for n in matches
    )
    for _, at, received in heard:
        assert float(received) - float(at) > 0.1  # stamped with the onset, not with the decision


def test_it_needs_time_and_pylsl(tmp_path):
    result = subprocess.run([*LIVE, "--demo", "--lsl", "--speed", "max"], capture_output=True, text=True)
    assert result.returncode == 2 and "--lsl" in result.stderr
    (tmp_path / "pylsl.py").write_text("raise RuntimeError('LSL binary library file was not found')\n")
    result = subprocess.run([*LIVE, "--demo", "--lsl"], capture_output=True, text=True,
                            env={**os.environ, "PYTHONPATH": str(tmp_path)})  # fmt: skip
    assert result.returncode == 1 and len(result.stderr.splitlines()) == 1
    assert "pip install 'heartseg[lsl]'" in result.stderr
