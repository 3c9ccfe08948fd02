"""What runs on a worker of a Dask cluster. It imports nothing of Dask."""

import platform
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ....models import Network, load, read_card
from ....stream import heartseg_version
from ..find import Item
from ..workers import Outcome, Settings, outcome
from .plan import Shard
from .run import OpenShard, ShardReport, store

Fitness = tuple[tuple[str, str], ...]
"""Names and values of what has to be the same on the client and on all workers."""

_of_thread = threading.local()


class UnfitWorker(Exception):
    """A worker whose results would differ from those of the client, or go elsewhere. The message says why."""


@dataclass(frozen=True)
class Job:
    """How a worker segments, and where it writes.

    sign: a file in `out`, which the client has put there. client: its fitness. force: overwrite files that no run has
    made.
    """

    out: Path
    sign: Path
    settings: Settings
    client: Fitness
    force: bool


def fitness(network: str) -> Fitness:
    """That of this process. Raises ModelError."""
    python = ".".join(platform.python_version_tuple()[:2])
    return ("Python", python), ("heartseg", heartseg_version()), (network, read_card(network).sha256[:12])


@cache
def misfit(job: Job) -> str:
    """Why this process cannot work for the client; empty where it can. Raises ModelError."""
    for (name, here), (_, wanted) in zip(fitness(job.settings.lag.network), job.client, strict=True):
        if here != wanted:
            return f"has {name} {here}, and the client has {wanted}"
    return "" if job.sign.exists() else f"does not see the folder {job.out}"


def segment_on_worker(shard: Shard, job: Job) -> ShardReport:
    """Segment a shard into its file. Raises UnfitWorker, and what `store` raises."""
    outcomes = {item: segment_item(item, job) for item in shard.items}
    return store(OpenShard(shard, outcomes), job.out, job.settings, job.force)


def segment_item(item: Item, job: Job) -> Outcome:
    """Segment one recording in this process, which it may kill. Raises UnfitWorker."""
    if reason := misfit(job):
        raise UnfitWorker(reason)
    if not hasattr(_of_thread, "network"):
        _of_thread.network = dict[str, Network]()  # a network serves one thread at a time
    networks: dict[str, Network] = _of_thread.network
    name = job.settings.lag.network
    return outcome(item, job.settings, networks.setdefault(name, networks.get(name) or load(name)), None)
