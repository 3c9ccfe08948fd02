"""`python bench/archive.py`: what a large archive costs, in time and memory, beyond the network.

One process segments recordings of 20 s, and the network's share is taken out. Plans of up to a million recordings are
made and read, and shards of recordings that take no time are written: does time or memory grow? For many processes, and
for storage that answers late, reading is a pause of 20 to 200 ms.
"""

import argparse
import itertools
import json
import multiprocessing
import resource
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where `bench` is

from bench.offline import recordings
from heartseg.models import load
from heartseg.offline.archive import workers
from heartseg.offline.archive.find import Item, in_order
from heartseg.offline.archive.places import State, state_of
from heartseg.offline.archive.shards.local import segment_plan
from heartseg.offline.archive.shards.plan import read_plan, write_plan
from heartseg.offline.archive.shards.planning import make_plan
from heartseg.offline.archive.shards.run import lines_of, segment_shards
from heartseg.offline.archive.shards.status import status_of
from heartseg.offline.archive.workers import Outcome, Settings
from heartseg.stream.segmenter.lag import FULL_CONTEXT

SETTINGS = Settings(None, FULL_CONTEXT)
LENGTH_S = 20
SHARD_SIZE = 1000
Figures = dict[str, float]

_EVENT = b'{"type": "sound", "file": "folder/recording.wav", "kind": "S1", "onset_s": 12.34, "offset_s": 12.46}\n'
_LINES = 100 * _EVENT  # about what 20 s give
_ROW = {"file": "x", "seconds": 20.0, "beats": 24, "bpm": 72.0, "systole_ms": 340.0, "diastole_ms": 500.0,
        "coverage": 0.95, "confidence": 0.99, "warnings": []}  # fmt: skip


class Stopwatch:
    """Adds up the CPU time, in ms, that a function takes."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function, self.spent = function, 0.0

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Call the function."""
        began = time.process_time()
        try:
            return self._function(*args, **named)
        finally:
            self.spent += (time.process_time() - began) * 1e3


def alone(work: Callable[..., Figures], *args: Any) -> Figures:
    """The figures of work in a process of its own, with its peak memory."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_with_peak, work, args).result()


def _with_peak(work: Callable[..., Figures], args: tuple[Any, ...]) -> Figures:
    figures = work(*args)
    return {**figures, "peak memory, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3}


def one_recording(count: int) -> Figures:
    """CPU ms for each recording of 20 s in a worker: of the network, of the segmenter beyond it, and of the shard."""
    network = load(FULL_CONTEXT.network)
    network.run = in_network = Stopwatch(network.run)  # type: ignore[method-assign]
    workers.segment_source = in_segmenter = Stopwatch(workers.segment_source)
    times = []
    with tempfile.TemporaryDirectory() as folder:
        paths = recordings(Path(folder), count, LENGTH_S)
        for path in (paths[0], *paths):
            in_network.spent = in_segmenter.spent = 0.0
            item = Item(path, Path(path.name), state_of(path))
            whole = Stopwatch(lambda item: lines_of(workers.outcome(item, _FOR_SHARDS, network, None)))
            whole(item)
            times.append((in_network.spent, in_segmenter.spent - in_network.spent, whole.spent - in_segmenter.spent))
    figures: Figures = {}
    for name, values in zip(("network", "segmenter beyond it", "shard"), np.array(times[1:]).T, strict=True):
        p50, p99 = np.percentile(values, (50, 99))
        figures |= {f"{name}, p50, ms": float(p50), f"{name}, p99, ms": float(p99)}
    return figures


_FOR_SHARDS = Settings(None, FULL_CONTEXT, for_shards=True)


def whole_runs(jobs: int, count: int) -> Figures:
    """A run over recordings of 20 s, from the start of its processes to the last file."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "in").mkdir()
        recordings(Path(folder) / "in", count, LENGTH_S)
        make_plan([Path(folder) / "in"], Path(folder) / "plan", SHARD_SIZE)
        began, wall = time.process_time(), time.perf_counter()
        before = _of_children()
        report = segment_plan(
            read_plan(Path(folder) / "plan"), (0, 1), Path(folder) / "out", SETTINGS, jobs, False, False, print
        )
        wall, own = time.perf_counter() - wall, time.process_time() - began
        assert (report.totals.recordings, report.failed) == (count, 0)
        children = _of_children() - before
    return {
        "recordings a second": count / wall,
        "CPU of the parent, ms a recording": own / count * 1e3,
        "CPU of the workers, ms a recording": children / count * 1e3,
    }


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def serve_late(connection: Connection, settings: Settings, counting: bool) -> None:
    """A worker without a network, whose storage answers after 20 to 200 ms."""
    _serve_made_up(connection, lambda item: time.sleep(0.02 + 0.18 * (zlib.crc32(bytes(item.name)) % 1000) / 1000))


def serve_at_once(connection: Connection, settings: Settings, counting: bool) -> None:
    """A worker without a network, whose storage answers at once."""
    _serve_made_up(connection, lambda item: None)


def _serve_made_up(connection: Connection, wait: Callable[[Item], None]) -> None:
    try:
        while True:
            item = connection.recv()
            wait(item)
            connection.send(Outcome(item, lines=_LINES, row={**_ROW, "file": item.place.as_posix()}))
    except (EOFError, OSError):
        return


def made_up(count: int) -> Iterator[Item]:
    """Recordings that are not there, in folders of a thousand."""
    for number in range(count):
        name = Path(f"folder-{number // 1000:06d}/recording-{number:09d}.wav")
        yield Item(Path("/archive/of/recordings") / name, name, State(80_044, str(1_700_000_000_000_000_000 + number)))


def late_storage(jobs: int, each: int) -> Figures:
    """Recordings a second with so many workers, once all of them have begun."""
    workers._serve = serve_late  # what a worker runs
    with tempfile.TemporaryDirectory() as folder:
        count = jobs * (each + 2)
        write_plan(Path(folder) / "plan", made_up(count), SHARD_SIZE)
        times: list[float] = []
        shards = read_plan(Path(folder) / "plan").shards()
        list(segment_shards(shards, Path(folder), SETTINGS, jobs, on_outcome=lambda _: times.append(time.monotonic())))
    steady = times[2 * len(times) // 3 :] if jobs > 1 else times
    return {"recordings a second": (len(steady) - 1) / (steady[-1] - steady[0])}


def many_shards(count: int) -> Figures:
    """A run over recordings that take no time, with one worker: what the parent takes for each."""
    workers._serve = serve_at_once
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        write_plan(out / "plan", made_up(count), SHARD_SIZE)
        began = time.process_time()
        report = segment_plan(read_plan(out / "plan"), (0, 1), out, SETTINGS, 1, False, False, print)
        spent = time.process_time() - began
        assert report.totals.recordings == count
        began = time.perf_counter()
        assert status_of(read_plan(out / "plan"), out).recordings_done == count
        asked = time.perf_counter() - began
    return {"parent, CPU ms a recording": spent / count * 1e3, "status, ms": asked * 1e3}


def planning(count: int) -> Figures:
    """A plan of so many small files, in folders of a thousand."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            path = Path(folder, "in", f"{number // 1000:06d}", f"{number:09d}.wav")
            if not number % 1000:
                path.parent.mkdir(parents=True)
            path.write_bytes(b"RIFF")
        began = time.perf_counter()
        listing = make_plan([Path(folder, "in")], Path(folder, "plan"), SHARD_SIZE)
        spent = time.perf_counter() - began
    assert listing.recordings == count
    return {"ms a recording": spent / count * 1e3}


def entries(count: int) -> Figures:
    """Putting so many entries in order, writing their plan, and reading all its shards; no file is asked."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan")
        began = time.process_time()
        write_plan(path, in_order(made_up(count)), SHARD_SIZE)
        written = time.process_time() - began
        plan = read_plan(path)
        assert sum(len(shard.items) for shard in plan.shards()) == count
        return {"planner, ms a recording": written / count * 1e3, "plan, MB": path.stat().st_size / 1e6}


def on_paper(one: Figures, start: Figures, parent_ms: float) -> Figures:
    """CPU hours of a million recordings of 20 s. A worker starts once for each thousand."""
    shard = one["shard, p50, ms"] + parent_ms + start["CPU of the workers, ms a recording"] / SHARD_SIZE
    million_h = 1e6 / 1e3 / 3600
    return {
        "network": one["network, p50, ms"] * million_h,
        "segmenter beyond it": one["segmenter beyond it, p50, ms"] * million_h,
        "shards, workers and files": shard * million_h,
    }


def plans(longest: int) -> Iterator[tuple[str, Figures]]:
    """What grows with the archive."""
    for size in (1_000, 10_000, 100_000, 1_000_000):
        if size > longest:
            return
        yield f"a plan of {size} entries", alone(entries, size)
        if size <= 100_000:
            yield f"planning {size} files", alone(planning, size)
            yield f"writing shards of {size} recordings", alone(many_shards, size)


def late(most_jobs: int) -> Iterator[tuple[str, Figures]]:
    """What processes are good for where the storage is slow."""
    for jobs in (1, 4, 16, 64):
        if jobs <= most_jobs:
            yield f"reads of 20 to 200 ms, {jobs} workers", alone(late_storage, jobs, 40)


def whole(count: int) -> Iterator[tuple[str, Figures]]:
    """What a recording of 20 s takes, and a million of them on paper."""
    one, start = alone(one_recording, count), alone(whole_runs, 1, 1)
    yield "one recording of 20 s, CPU", one
    yield "start of a run", start
    for jobs in (1, 2):
        yield f"whole run, {jobs} worker{'s' * (jobs > 1)}", alone(whole_runs, jobs, count)
    parent = alone(many_shards, 1_000)["parent, CPU ms a recording"]
    yield "a million recordings of 20 s, CPU hours", on_paper(one, start, parent)


def main() -> int:
    """Measure, and print each figure when it is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300, metavar="N", help="recordings of 20 s (default: 300)")
    parser.add_argument("--longest", type=int, default=1_000_000, metavar="N", help="entries of the largest plan")
    parser.add_argument("--workers", type=int, default=64, metavar="N", help="most workers with late storage")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")
    args = parser.parse_args()
    figures = {}
    for name, values in itertools.chain(whole(args.count), plans(args.longest), late(args.workers)):
        figures[name] = values
        print(f"{name}: " + ", ".join(f"{what} {value:.3g}" for what, value in values.items()), flush=True)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
