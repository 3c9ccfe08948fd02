"""A microphone without hardware: a PulseAudio server of our own, whose only source reads a FIFO that a thread fills."""

import itertools
import os
import shutil
import subprocess
import threading
import time

import numpy as np
import pytest
from waiting import until

from heartseg.stream.sources.simulated import SimulatedHeart


def need(*programs):
    """Skip a test where these programs of PulseAudio are not there; fail it in CI."""
    if all(map(shutil.which, programs)):
        return
    if os.environ.get("CI"):
        pytest.fail("CI needs pulseaudio")
    pytest.skip("needs pulseaudio, pulseaudio-utils, libasound2-plugins and libportaudio2")


def recorded(env):
    """What is played on the speaker of an environment from now on: bytes of 32-bit floats at 44,100 Hz; they grow."""
    recorder = subprocess.Popen(
        ["parec", "-d", "speaker.monitor", "--format=float32le", "--rate=44100", "--channels=1", "--latency-msec=50"],
        env=env, stdout=subprocess.PIPE,
    )  # fmt: skip
    heard = bytearray()
    threading.Thread(target=lambda: [heard.extend(b) for b in iter(lambda: recorder.stdout.read(4096), b"")],
                     daemon=True).start()  # fmt: skip
    return heard


def a_heart(seconds, seed=6, bpm=120):
    """A simulated heart in 16-bit samples at 44,100 Hz. By default it beats fast, so that few seconds bring many."""
    blocks = itertools.islice(SimulatedHeart(bpm=bpm, seed=seed).blocks(), seconds * 10)
    return np.rint(np.concatenate(list(blocks)) * 32767).astype("<i2")


class VirtualMicrophone:
    """`env` is the environment in which the device `pulse` captures what `play` plays."""

    def __init__(self, folder, rate=44_100, channels=1):
        self._fifo, self._form = folder / "fifo", (rate, channels)
        (folder / "run").mkdir(mode=0o700)
        self.env = {
            **os.environ, "XDG_RUNTIME_DIR": str(folder / "run"), "HOME": str(folder), "PULSE_SOURCE": "pmic"
        }  # fmt: skip
        self._enough = threading.Event()
        self._players = []
        self.server = None

    def plug(self):
        """Start the server."""
        self.server = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "-L", "module-native-protocol-unix",
             "-L", "module-null-sink sink_name=vmic rate=44100 channels=1"],
            env=self.env, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        rate, channels = self._form
        load = ["pactl", "load-module", "module-pipe-source", "source_name=pmic", f"file={self._fifo}",
                "format=s16le", f"rate={rate}", f"channels={channels}"]  # fmt: skip
        until(lambda: self._done(load))

    def load(self, *module):
        """Load a module of the server; returns its number."""
        command = ["pactl", "load-module", *module]
        return subprocess.run(
            command, env=self.env, capture_output=True, text=True, check=True, timeout=20
        ).stdout.strip()

    def unload(self, number):
        """Unload a module of the server."""
        subprocess.run(["pactl", "unload-module", number], env=self.env, check=True, timeout=20)

    def unplug(self):
        """Kill the server."""
        self.server.kill()
        self.server.wait(20)

    def _done(self, command):
        assert self.server.poll() is None, "pulseaudio ended"
        try:
            return subprocess.run(command, env=self.env, capture_output=True, timeout=20).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def play(self, samples):
        """Write 16-bit samples, shape (n,) or (n, channels), at their own pace; wait while nobody takes them."""
        player = threading.Thread(target=self._play, args=(samples,), daemon=True)
        self._players.append(player)
        player.start()

    def close(self):
        """Stop everything."""
        self._enough.set()
        for player in self._players:
            player.join(20)
        if self.server is not None:
            self.unplug()
        assert not any(player.is_alive() for player in self._players), "a player of the microphone does not end"

    def _play(self, samples):
        block = self._form[0] // 100
        fifo = os.open(self._fifo, os.O_RDWR | os.O_NONBLOCK)
        due = time.monotonic()
        for at in range(0, len(samples), block):
            data = samples[at : at + block].tobytes()
            due += 0.01
            self._enough.wait(max(0.0, due - time.monotonic()))
            while not self._enough.is_set():
                try:
                    if os.fstat(fifo).st_ino != os.stat(self._fifo).st_ino:  # another server made another
                        os.close(fifo)
                        fifo = os.open(self._fifo, os.O_RDWR | os.O_NONBLOCK)
                    os.write(fifo, data)
                    break
                except (BlockingIOError, FileNotFoundError):
                    self._enough.wait(0.01)
                    due = time.monotonic()
        os.close(fifo)
