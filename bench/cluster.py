"""`python bench/cluster.py`: what a Dask cluster costs a shard, and what the client's memory is.

The scheduler and two workers are processes of this machine. The recordings are names without files, so that a shard
costs little more than its way to a worker, the file of results, and the way back.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where `bench` is

from bench.archive import SETTINGS, Figures, alone
from heartseg.offline.archive.find import Item
from heartseg.offline.archive.places import State
from heartseg.offline.archive.shards.local import segment_plan
from heartseg.offline.archive.shards.plan import read_plan, write_plan

SIZES = ((100, 10), (1_000, 10), (10_000, 10), (1_000, 1_000))
"""Shards, and recordings of each."""


def absent(count: int) -> Iterator[Item]:
    """Recordings that are not there."""
    for number in range(count):
        name = Path(f"{number // 1000:06d}", f"{number:09d}.wav")
        yield Item(Path("/none") / name, name, State(160_044, "1"))


def client(shards: int, size: int) -> Figures:
    """CPU and wall time of each shard, and seconds to begin."""
    from distributed.deploy.subprocess import SubprocessCluster

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        write_plan(out / "plan", absent(shards * size), size)
        write_plan(out / "short", absent(size), size)
        with SubprocessCluster(n_workers=2, threads_per_worker=1, worker_kwargs={"memory_limit": 0}) as cluster:
            address = cluster.scheduler_address
            for part in ("first", "start"):  # the first one loads heartseg in the workers
                began = time.perf_counter()
                segment_plan(
                    read_plan(out / "short"), (0, 1), out / part, SETTINGS, address, False, False, lambda line: None
                )
            start = time.perf_counter() - began
            used, began = time.process_time(), time.perf_counter()
            report = segment_plan(
                read_plan(out / "plan"), (0, 1), out / "all", SETTINGS, address, False, False, lambda line: None
            )
            used, took = time.process_time() - used, time.perf_counter() - began
        assert (report.done, report.failed) == (shards, shards * size)
    return {
        "a run of one shard, s": start,
        "CPU of the client, ms a shard": used / shards * 1e3,
        "wall, ms a shard": took / shards * 1e3,
    }


def main() -> int:
    """Measure, and print each figure when it is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=10_000, metavar="N", help="shards of the largest plan")
    args = parser.parse_args()
    for shards, size in SIZES:
        if shards <= args.most:
            print(f"{shards} shards of {size}", flush=True)
            for name, value in alone(client, shards, size).items():
                print(f"  {name:<40} {value:10.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
