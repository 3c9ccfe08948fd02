"""Segmenting shards on a Dask cluster. Each shard is a task: the worker that did it writes its file of results.

The client sends the recordings' names and gets counts back. It holds a few shards for each thread of the cluster, so
that its memory does not grow with the archive.
"""

import logging
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from ....models import ModelError
from ....models.errors import one_line
from ....stream.sources.base import SourceError
from ...console import UsageError, WorkError, require
from ..find import Item
from ..places import is_remote, label, os_errors
from ..remote import written
from ..workers import Outcome, Settings
from .plan import Shard
from .run import OpenShard, ShardReport, store
from .worker import Job, UnfitWorker, fitness, misfit, segment_item, segment_on_worker

_SHARDS_A_THREAD = 2  # one that is being segmented, and one that waits
_RETRIES = 2  # of a task that raises, such as where its storage cannot be reached
_CONNECT_S = 30
_GO_ON = "what is done stays, and the same command goes on from there"


def segment_on_cluster(
    shards: Iterable[Shard], out: Path, settings: Settings, scheduler: str, force: bool,
    on_recordings: Callable[[int], None],
) -> Generator[ShardReport, None, None]:  # fmt: skip
    """Segment shards on the cluster of a scheduler, and report each once its file is written. Close it to stop.

    scheduler: its address, or the .json file that it has written. on_recordings: called with the number of recordings
    that were done. A shard that has killed as many workers as the cluster allows is cut into its recordings. One of
    these that kills workers again runs alone; if it still does, it gets an error.

    Raises WorkError where the cluster or a worker of it cannot be used, or goes away; and what `store` raises.
    """
    out = out if is_remote(out) else out.absolute()
    with _client(scheduler) as client, _sign(out) as sign:
        job = Job(out, sign, replace(settings, for_shards=True), fitness(settings.lag.network), force)
        _refuse_misfits(client, job)
        yield from _Run(client, job, shards, on_recordings).reports()


@dataclass
class _Task:
    """A whole shard, or one recording of a shard that was cut. alone: nothing else is on the cluster."""

    opened: OpenShard
    item: Item | None = None
    alone: bool = False


class _Run:
    """The tasks that are on the cluster, and those that follow them."""

    def __init__(self, client: Any, job: Job, shards: Iterable[Shard], on_recordings: Callable[[int], None]) -> None:
        from distributed import as_completed

        self._client, self._job, self._on_recordings = client, job, on_recordings
        self._shards = iter(shards)
        self._cut: deque[_Task] = deque()
        self._suspects: deque[_Task] = deque()
        self._tasks: dict[Any, _Task] = {}
        self._completed = as_completed(loop=client.loop)

    def reports(self) -> Iterator[ShardReport]:
        """Submit tasks while there is room, and report each shard that is done."""
        try:
            self._fill()
            for future in self._completed:
                task, answer = self._tasks.pop(future), _answer(future)
                report = self._part(task, answer) if task.item else self._whole(task, answer)
                self._fill()
                if report:
                    yield report
        finally:
            with suppress(Exception):  # the scheduler may be gone
                self._client.cancel(list(self._tasks))

    def _fill(self) -> None:
        if self._suspects:
            if not self._tasks:
                self._submit(self._suspects.popleft())
            return
        room = _SHARDS_A_THREAD * max(1, sum(self._client.nthreads().values()))
        while len(self._tasks) < room:
            if self._cut:
                self._submit(self._cut.popleft())
            elif shard := next(self._shards, None):
                self._submit(_Task(OpenShard(shard)))
            else:
                return

    def _submit(self, task: _Task) -> None:
        call = (segment_item, task.item) if task.item else (segment_on_worker, task.opened.shard)
        future = self._client.submit(*call, self._job, retries=_RETRIES, pure=False)
        self._tasks[future] = task
        self._completed.add(future)

    def _whole(self, task: _Task, report: ShardReport | None) -> ShardReport | None:
        """The report of a shard; None where it killed its workers, and is cut."""
        items = task.opened.shard.items
        if report:
            self._on_recordings(len(items))
        else:
            self._cut.extend(_Task(task.opened, item) for item in items)
        return report

    def _part(self, task: _Task, outcome: Outcome | None) -> ShardReport | None:
        """Keep what came of a recording. The report of its shard, if it was the last one.

        Dask suspects all tasks of a worker that died. Only of one that is alone it is known that it kills.
        """
        opened, item = task.opened, task.item
        assert item
        if not outcome and not task.alone:
            self._suspects.append(_Task(opened, item, alone=True))
            return None
        opened.outcomes[item] = outcome or Outcome(item, error=f"{label(item.file)}: the workers that read it died")
        self._on_recordings(1)
        return store(opened, self._job.out, self._job.settings, self._job.force) if opened.is_whole else None


def _answer(future: Any) -> Any:
    """The result of a task, None where it killed its workers. Raises the error of the task, or WorkError."""
    from distributed import KilledWorker

    if future.status in ("cancelled", "lost"):
        raise WorkError(f"the scheduler has gone away; {_GO_ON}")
    if future.status == "finished":
        return future.result()
    error = future.exception()
    if isinstance(error, KilledWorker):
        return None
    if isinstance(error, SourceError | ModelError | UsageError | OSError):
        raise error
    what = str(error) if isinstance(error, UnfitWorker) else f"a task failed ({type(error).__name__}: {error})"
    raise WorkError(f"{one_line(what)}; {_GO_ON}")


@contextmanager
def _client(scheduler: str) -> Iterator[Any]:
    """A client of the scheduler. Raises WorkError where there is none."""
    require("--scheduler", "distributed", "dask")
    from distributed import Client

    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)  # what goes wrong is told once, by us
    by_file = scheduler.endswith(".json")
    try:
        if by_file and not Path(scheduler).is_file():
            raise WorkError(f"{scheduler}: no such file; `dask scheduler --scheduler-file FILE.json` writes it")
        with warnings.catch_warnings(action="ignore"):  # of other versions: what matters is compared below
            place = {"scheduler_file": scheduler} if by_file else {"address": scheduler}
            try:
                client = Client(**place, timeout=_CONNECT_S, set_as_default=False)
            except (OSError, ValueError) as error:
                reason = one_line(error) or type(error).__name__
                raise WorkError(f"{scheduler}: no Dask scheduler answers there ({reason})") from None
        try:
            yield client
        finally:
            client.close(timeout=1)
    finally:
        logger.setLevel(level)


@contextmanager
def _sign(out: Path) -> Iterator[Path]:
    """A file in the folder of results, by which workers know that they see the same folder. Raises OSError."""
    sign = out / f".{uuid4().hex}.part"
    with written(sign) as file:
        file.write(b"heartseg\n")
    try:
        yield sign
    finally:
        with suppress(OSError), os_errors(sign):
            sign.unlink()


def _refuse_misfits(client: Any, job: Job) -> None:
    """Raises WorkError where a worker is no fit, and names it."""
    for address, reason in client.run(misfit, job, on_error="return").items():
        if isinstance(reason, Exception):
            reason = f"cannot run heartseg ({type(reason).__name__}: {reason}); install it there with its extras"
        if reason:
            raise WorkError(f"worker {address} {one_line(reason)}; all workers need what the client has")
