"""Clicks on the output device, and what happens without one."""

import contextlib
import os
import subprocess
import time

import numpy as np
import pytest
from live_command import LIVE
from virtual_microphone import recorded
from waiting import until

from heartseg.stream.rates import PCG_RATE, STREAM_RATE
from heartseg.stream.segmenter.decimator import Decimator
from heartseg.stream.sinks.click import PITCH, click


def clicks(samples):
    """How often each of the two pitches is clicked."""
    t = np.arange(len(samples)) / STREAM_RATE
    found = dict.fromkeys(PITCH, 0)
    if len(samples) < STREAM_RATE:
        return found
    for kind, hertz in PITCH.items():
        tone = np.abs(np.convolve(samples * np.exp(-2j * np.pi * hertz * t), np.ones(882) / 882, "same"))
        found[kind] = int((np.diff((tone > 0.05).astype(int)) == 1).sum())
    return found


@pytest.mark.slow
def test_each_lub_and_dub_is_clicked(speaker):
    env, server = speaker
    played = recorded(env)
    live = subprocess.Popen([*LIVE, "--demo", "--beep"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        found = {}

        def enough():
            found.update(clicks(np.frombuffer(bytes(played[: len(played) // 4 * 4]), np.float32)))
            return min(found.values()) >= 4

        until(enough)
        assert abs(found["S1"] - found["S2"]) <= 2
        server.kill()  # the output goes away: the listening goes on
        time.sleep(1.0)
        assert live.poll() is None
        live.terminate()
        assert live.wait(20) == 0 and live.stderr.read() == b""
    finally:
        with contextlib.suppress(OSError):
            live.kill()
            live.wait()


def test_without_an_output_it_says_so_and_listens_on(tmp_path):
    stub = tmp_path / "stub"
    stub.mkdir()
    (stub / "sounddevice.py").write_text('raise OSError("PortAudio library not found")\n')
    live = subprocess.Popen([*LIVE, "--demo", "--beep", "--speed", "20"], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(stub)})  # fmt: skip
    try:
        assert any("S1 lub" in live.stdout.readline() for _ in range(20))
    finally:
        live.terminate()
    said = live.communicate(timeout=20)[1].splitlines()
    assert live.returncode == 0 and len(said) == 1 and "--beep" in said[0] and "PortAudio" in said[0]


@pytest.mark.parametrize("kind", ["S1", "S2"])
def test_the_network_does_not_hear_the_clicks(kind):
    quiet = np.zeros(STREAM_RATE // 2, np.float32)
    sound = np.concatenate([quiet, click(kind), quiet])
    pcg = Decimator().push(sound)
    assert len(pcg) > PCG_RATE // 2
    assert np.abs(pcg).max() < 3e-4 * np.abs(sound).max()
