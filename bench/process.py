"""heartseg-live as a process of its own: start-up, memory, and what it costs to listen."""

import json
import os
import pty
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import soundfile
import soxr

from bench.measure import Figure, Wrong, figure, heart, must
from heartseg.stream.rates import STREAM_RATE

RATE = 4_000
STEPS = ("interpreter", "imports", "numba cache", "session", "first window")
_MINUTE = 60


def start_up(cache: Path) -> dict[str, float]:
    """Seconds of each step from the command to the first window, with numba's cache in a folder of its own."""
    began = time.time()
    run = subprocess.run(
        [sys.executable, "-c", _START], check=True, capture_output=True, text=True,
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},
    )  # fmt: skip
    said = json.loads(run.stdout)
    must(said["windows"] > 0, "no window was processed at the start")
    return dict(zip(STEPS, np.diff([began, *said["times"]]).tolist(), strict=True))


def starts(warm: int = 5) -> list[Figure]:
    """Cold once, warm several times."""
    with tempfile.TemporaryDirectory() as folder:
        runs = [start_up(Path(folder)) for _ in range(warm + 1)]
    figures = [figure("start-up, cold: command to first window", [sum(runs[0].values())], "s", more=False)]
    totals = [sum(run.values()) for run in runs[1:]]
    figures.append(figure("start-up, warm: command to first window", totals, "s", more=False))
    return figures + [
        figure(f"  {name}: {step}", [run[step] for run in found], "s", more=False)
        for name, found in (("cold", runs[:1]), ("warm", runs[1:]))
        for step in STEPS
    ]


def memory_mb(path: Path, seconds: float) -> float:
    """Largest resident memory of a replay at --speed max, in MB."""
    log = path.with_suffix(".jsonl")
    code = _LIVE.format(args=["--replay", str(path), "--speed", "max", "--jsonl", str(log)]) + _PEAK
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    end = json.loads(log.read_text().splitlines()[-1])
    must(end["samples"]["processed"] == round(seconds * STREAM_RATE), f"a replay did not hear all: {end}")
    return int(out.split()[-1]) / 1e3


def memory(minutes: int = 60) -> list[Figure]:
    """After one minute and after an hour of sound."""
    x = soxr.resample(heart(_MINUTE), STREAM_RATE, RATE, quality="HQ")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for length in (1, minutes):
            path = Path(folder) / f"{length}.wav"
            with soundfile.SoundFile(path, "w", RATE, 1) as file:
                for _ in range(length):
                    file.write(x)
            found.append(memory_mb(path, length * _MINUTE))
    return [
        figure("resident after 1 minute at --speed max", found[:1], "MB", more=False),
        figure(f"resident after {minutes} minutes at --speed max", found[1:], "MB", more=False),
    ]


def cpu_share(display: bool, seconds: float) -> float:
    """Percent of a core that a live stream takes once it has named sounds, at default settings, in a terminal."""
    leader, follower = pty.openpty()
    args = ["--demo"] if display else ["--demo", "--no-display"]
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
    process = subprocess.Popen(
        [sys.executable, "-c", _LIVE.format(args=args)], stdout=follower, stderr=follower, env=env
    )
    os.close(follower)
    try:
        _read(leader, lambda text: b"dub" in text)
        before, began = _cpu(process.pid), time.monotonic()
        _read(leader, lambda text: bool(text) and time.monotonic() > began + seconds)
        share = (_cpu(process.pid) - before) / (time.monotonic() - began) * 100
    finally:
        process.terminate()
        process.wait()
        os.close(leader)
    return share


def measure(warm: int = 5, minutes: int = 60, seconds: float = 10) -> list[Figure]:
    """Memory and CPU time side by side, since neither depends on the clock; then start-up by itself."""
    if sys.platform != "linux":
        return starts(warm)
    with ThreadPoolExecutor() as pool:
        kept = pool.submit(memory, minutes)
        shares = {name: pool.submit(cpu_share, name == "on", seconds) for name in ("off", "on")}
        figures = kept.result()
        for name, share in shares.items():
            said = f"CPU of a live stream, display {name}"
            figures.append(figure(said, [share.result()], "% of a core", more=False))
    return figures + starts(warm)


def _read(descriptor: int, enough: Callable[[bytes], bool]) -> None:
    """Read what a terminal is sent until it is enough; Wrong after a minute without that."""
    text, deadline = b"", time.monotonic() + _MINUTE
    while not enough(text):
        must(time.monotonic() < deadline, "a live stream named nothing")
        if select.select([descriptor], [], [], 0.05)[0]:
            try:
                text += os.read(descriptor, 1 << 16)
            except OSError:
                raise Wrong("a live stream ended by itself") from None


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


_LIVE = "from heartseg.stream.cli import main; main({args})\n"
_PEAK = "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])\n"
_START = """
import json, time
times = [time.time()]
import numpy as np
from heartseg.stream import cli, engine
from heartseg.stream.sinks import text as lines
from heartseg.stream.sinks import jsonl as sinks
from heartseg.stream.sources import file as source
from heartseg.stream.segmenter.decimator import Decimator
from heartseg.stream.segmenter.decoder import Decoder
from heartseg.stream.segmenter.segmenter import Segmenter
from heartseg.stream.segmenter.windows import Posteriors
from heartseg.models import load
times.append(time.time())
Decimator().push(np.zeros(441, np.float32))
decoder = Decoder(1)
rows = np.log(np.tile(np.eye(4, dtype=np.float32) * 0.97 + 0.01, (12, 1)))
decoder.push(Posteriors(0, np.repeat(rows, 12, axis=0), np.ones(48, np.float32), 48, 0))
decoder.flush()
times.append(time.time())
network = load()
times.append(time.time())
windows = []
run = network.run
network.run = lambda window: windows.append(1) or run(window)
Segmenter(network, rate=44_100).push(np.zeros(4410, np.float32))
times.append(time.time())
print(json.dumps({"times": times, "windows": len(windows)}))
"""
