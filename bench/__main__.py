"""`python bench/`: does heartseg keep up on this machine, and by how much?

Sides that are compared run alternately in one process and give ratios: machines are noisy.
"""

import itertools
import json
import os
import platform
import pty
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.signal import upfirdn

from heartseg.models import load
from heartseg.stream.clock import DECIMATION, PCG_RATE, STREAM_PER_FRAME, STREAM_RATE
from heartseg.stream.decimator import GROUP_DELAY, STEPS, Decimator, coefficients
from heartseg.stream.engine import warm_up
from heartseg.stream.heart import SimulatedHeart
from heartseg.stream.segmenter import DEFAULT_LAG, Segmenter

_HOP = DEFAULT_LAG.hop * STREAM_PER_FRAME

FloatArray = NDArray[np.float32]

LIVE = [sys.executable, "-c", "import sys; from heartseg.stream.cli import main; sys.exit(main())"]


def heart(seconds: int) -> FloatArray:
    """A simulated heart, shape (samples,)."""
    return np.concatenate(list(itertools.islice(SimulatedHeart(seed=1).blocks(), seconds * 10)))


def decimation(block: int, rounds: int = 9) -> dict[str, float]:
    """Median ns per input sample of three ways to 2,100 Hz, fed in blocks. Ours is checked against upfirdn."""
    x = heart(4)
    first, second = coefficients()
    spread = np.zeros((len(second) - 1) * STEPS[0] + 1, np.float32)
    spread[:: STEPS[0]] = second
    taps = np.convolve(first, spread)
    blocks = np.split(x, range(block, len(x), block))
    history = np.zeros(len(taps) - 1, np.float32)

    def ours() -> FloatArray:
        d = Decimator()
        return np.concatenate([*[d.push(b) for b in blocks], d.flush()])

    def scipy_upfirdn() -> None:
        for b in blocks:
            upfirdn(taps, np.concatenate([history, b]), 1, DECIMATION)

    def soxr_hq() -> None:
        stream = soxr.ResampleStream(STREAM_RATE, PCG_RATE, 1, dtype="float32", quality="HQ")
        for b in blocks:
            stream.resample_chunk(b)

    whole = upfirdn(taps, np.concatenate([x, np.zeros(len(taps))]), 1, 1)[GROUP_DELAY::DECIMATION]
    done = ours()
    assert np.abs(done - whole[: len(done)]).max() < 1e-5, "the decimator is wrong"
    sides = {"heartseg": ours, "soxr HQ": soxr_hq, "scipy upfirdn": scipy_upfirdn}
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _, (name, side) in itertools.product(range(rounds), sides.items()):
        began = time.perf_counter()
        side()
        times[name].append((time.perf_counter() - began) / len(x) * 1e9)
    return {name: float(np.median(t)) for name, t in times.items()}


def hops(seconds: int) -> tuple[FloatArray, FloatArray]:
    """Seconds that each hop of 50 ms takes in the segmenter, all of it and the network's own run."""
    network, x = load(), heart(seconds)
    segmenter = Segmenter(network)
    warm_up(segmenter)
    inside: list[float] = []
    run = network.run

    def timed(window: FloatArray) -> tuple[FloatArray, float]:
        began = time.perf_counter()
        result = run(window)
        inside.append(time.perf_counter() - began)
        return result

    network.run = timed  # type: ignore[method-assign]
    total = []
    for at in range(0, len(x) - _HOP, _HOP):
        began = time.perf_counter()
        segmenter.push(x[at : at + _HOP])
        total.append(time.perf_counter() - began)
    return np.array(total[20:], np.float32), np.array(inside[20:], np.float32)


def replay_speed(path: Path) -> float:
    """Seconds of sound per CPU second of `--replay --speed max`, start-up taken out by a short twin."""
    used = [cpu_of("--replay", str(p), "--speed", "max", "--jsonl", os.devnull) for p in (path, _short(path))]
    return (soundfile.info(path).duration - 1.0) / (used[0] - used[1])


def _short(path: Path) -> Path:
    short = path.with_name("short.wav")
    x, rate = soundfile.read(path, frames=44_100)
    soundfile.write(short, x, rate)
    return short


def cpu_of(*args: str) -> float:
    """CPU seconds of a run of heartseg-live."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*LIVE, *args], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def start_up(path: Path) -> float:
    """Seconds from the command to the first line that needed a window, median of five, warm caches."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        process = subprocess.Popen(
            [*LIVE, "--replay", str(path), "--speed", "max", "--jsonl", "-"], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        while b'"sound"' not in process.stdout.readline():
            pass
        times.append(time.perf_counter() - began)
        process.kill()
        process.wait()
        process.stdout.close()
    return float(np.median(times))


def memory_mb(path: Path) -> float:
    """Largest resident memory of a run, in MB."""
    code = (
        "from pathlib import Path; from heartseg.stream.cli import main; "
        f"main(['--replay', {str(path)!r}, '--speed', 'max', '--jsonl', '{os.devnull}']); "
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    return int(out.split()[-1]) / 1e3


def cpu_share(path: Path, display: bool, seconds: float = 12.0) -> float:
    """CPU seconds per second of a replay in real time, after its start-up, in a terminal of its own."""
    leader, follower = pty.openpty()
    args = ["--replay", str(path), *([] if display else ["--no-display"])]
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
    process = subprocess.Popen([*LIVE, *args], stdout=follower, stderr=follower, env=env)
    os.close(follower)
    reader = threading.Thread(target=_drain, args=(leader,), daemon=True)
    reader.start()
    time.sleep(4.0)
    before, began = _cpu(process.pid), time.monotonic()
    time.sleep(seconds)
    share = (_cpu(process.pid) - before) / (time.monotonic() - began)
    process.terminate()
    process.wait()
    return share


def _drain(descriptor: int) -> None:
    try:
        while os.read(descriptor, 1 << 16):
            pass
    except OSError:
        os.close(descriptor)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Measure, print the table and the verdict; `--json FILE` keeps the figures."""
    console, figures = Console(), {}
    table = Table("what", "figure", title=f"heartseg on {_machine()}")

    def row(name: str, figure: str, value: float) -> None:
        table.add_row(name, figure)
        figures[name] = value

    for block in (441, 4410):
        ns = decimation(block)
        row(f"decimation, blocks of {block}", f"{ns['heartseg']:.1f} ns a sample", ns["heartseg"])
        for other in ("soxr HQ", "scipy upfirdn"):
            ratio = ns[other] / ns["heartseg"]
            row(f"  faster than {other}", f"{ratio:.1f}×", ratio)
    total, inside = hops(60)
    for share in (50, 99, 99.9):
        value = float(np.percentile(total, share)) * 1e3
        row(f"one hop (50 ms of sound), p{share:g}", f"{value:.3f} ms", value)
    row("  of it the network, p50", f"{np.median(inside) * 1e3:.3f} ms", float(np.median(inside)) * 1e3)
    headroom = _HOP / STREAM_RATE / float(np.percentile(total, 99))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "heart.wav"
        soundfile.write(path, heart(300), STREAM_RATE)
        speed = replay_speed(path)
        row("replay at --speed max", f"{speed:.0f}× real time", speed)
        seconds = start_up(path)
        row("start to first sound, warm", f"{seconds:.2f} s", seconds)
        if sys.platform == "linux":
            row("resident memory, 5 minutes of sound", f"{(mb := memory_mb(path)):.0f} MB", mb)
            for name, display in (("without", False), ("with", True)):
                share = cpu_share(path, display) * 100
                row(f"CPU of a live replay {name} display", f"{share:.1f} % of a core", share)
    console.print(table)
    fit = "keeps up" if headroom > 2 else "does NOT keep up safely"
    console.print(f"{fit}: {headroom:.0f}× headroom (hop ÷ p99 of its work)", highlight=False)
    figures["headroom"] = headroom
    if "--json" in sys.argv[1:-1]:
        Path(sys.argv[sys.argv.index("--json") + 1]).write_text(json.dumps(figures, indent=1) + "\n")
    return 0 if headroom > 1 else 1


def _machine() -> str:
    name = platform.processor() or platform.machine()
    if sys.platform == "linux":
        found = [s for s in Path("/proc/cpuinfo").read_text().splitlines() if s.startswith("model name")]
        name = found[0].split(":", 1)[1].strip() if found else name
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
