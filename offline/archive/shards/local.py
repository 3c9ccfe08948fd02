"""Segmenting a plan, or a share of it, on the cores of this machine or on a cluster."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from ...console import RecordingRate, bar
from ..summary import Totals
from ..workers import Settings
from .cluster import segment_on_cluster
from .plan import Plan
from .run import ShardReport, segment_shards, to_do

_FAILURES_TOLD = 10
_PERIOD_S = 300  # a cluster tells of whole shards, which take their time


@dataclass
class PlanReport:
    """What came of the shards.

    shards: those asked for. before: of these, made in earlier runs. done, failed: shards that are done now, and
    recordings of these that failed. totals: of the other recordings. stopped: whether Ctrl-C ended the run.
    """

    shards: int
    before: int
    done: int = 0
    failed: int = 0
    totals: Totals = field(default_factory=Totals)
    stopped: bool = False

    def add(self, report: ShardReport, say: Callable[[str], None]) -> None:
        """Count a shard. The first failures are told at once."""
        for reason in report.failed[: max(0, _FAILURES_TOLD - self.failed)]:
            say(f"shard {report.number}: {reason}")
        self.done += 1
        self.failed += len(report.failed)
        self.totals.include(report.totals)


def segment_plan(
    plan: Plan, share: tuple[int, int], out: Path, settings: Settings, where: int | str, again: bool, force: bool,
    say: Callable[[str], None],
) -> PlanReport:  # fmt: skip
    """Segment the shards i, i+n, i+2n, ... of a plan, where `share` is (i, n).

    where: in so many processes of this machine, or on the Dask cluster of this scheduler.

    Shards whose results are there are left alone, unless `again`. Ctrl-C ends the run early; finished shards stay.
    Raises UsageError where other results are there, OSError where a file cannot be written, LostError where a recording
    cannot be reached, DataError where the plan is damaged, and WorkError where the cluster cannot be used.
    """
    first, step = share
    mine = plan.heads[first::step]
    missing = to_do(mine, out, settings, again, force)
    report = PlanReport(len(mine), len(mine) - len(missing))
    recordings = sum(head.recordings for head in missing)
    with bar(RecordingRate(), _PERIOD_S) as progress:
        task = progress.add_task("segmenting", total=recordings, done=f"shard 0/{len(missing)}")
        shards = plan.shards(missing)
        if isinstance(where, str):
            reports = segment_on_cluster(shards, out, settings, where, force, lambda n: progress.advance(task, n))
        else:
            jobs = min(where, recordings)
            reports = segment_shards(shards, out, settings, jobs, force, lambda _: progress.advance(task))
        try:
            with closing(reports):
                for shard_report in reports:
                    report.add(shard_report, say)
                    progress.update(task, done=f"shard {report.done}/{len(missing)}")
        except KeyboardInterrupt:
            report.stopped = True
    return report
