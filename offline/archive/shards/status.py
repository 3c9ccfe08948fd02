"""How far the shards of a plan are, by the files of results alone: while they are made, or after."""

import time
from dataclasses import dataclass
from pathlib import Path

from ...datasets.recording import DataError
from ..remote import names_in
from .plan import Plan
from .results import ShardResult, read_result, result_file

_RECENT = 100  # shards of which the rate is told


@dataclass(frozen=True)
class Status:
    """Shards and recordings of a plan, and those that are done; failed: recordings with an error.

    rate: recordings a second over the newest shards, None with less than two. newest_s: seconds since the newest.
    """

    shards: int
    shards_done: int
    recordings: int
    recordings_done: int
    failed: int
    rate: float | None
    newest_s: float | None

    @property
    def left_s(self) -> float | None:
        """Seconds that the rest takes at this rate."""
        return (self.recordings - self.recordings_done) / self.rate if self.rate else None


def status_of(plan: Plan, results: Path) -> Status:
    """Read the first and the last line of each file of results. Files of other plans do not count."""
    done, names = [], names_in(results)
    for head in plan.heads:
        path = result_file(results, head.number)
        try:
            result = read_result(path) if path.name in names else None
        except DataError:
            continue
        if result and result.done and result.sha256 == head.sha256:
            done.append(result)
    newest = sorted(done, key=lambda result: result.modified)[-_RECENT:]
    return Status(
        shards=len(plan.heads),
        shards_done=len(done),
        recordings=plan.recordings,
        recordings_done=sum(result.recordings for result in done),
        failed=sum(result.failed for result in done),
        rate=_rate(newest),
        newest_s=time.time() - newest[-1].modified if newest else None,
    )


def _rate(results: list[ShardResult]) -> float | None:
    """Recordings a second from the end of the first shard to that of the last."""
    if len(results) < 2 or results[-1].modified <= results[0].modified:
        return None
    return sum(result.recordings for result in results[1:]) / (results[-1].modified - results[0].modified)
