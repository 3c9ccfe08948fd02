"""Segmenting shards: the recordings of each to one file of results, here or on one of many machines."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...console import UsageError
from ...datasets.recording import DataError
from ..find import Item
from ..places import LostError, os_errors
from ..remote import names_in, written
from ..run import result_of
from ..summary import Totals
from ..workers import Outcome, Settings, outcomes_of_workers
from .plan import Shard, ShardHead
from .results import OTHER_RECORDINGS, Fingerprint, difference, read_result, result_file, write_result
from .rows import error_line, summary_line


@dataclass(frozen=True)
class ShardReport:
    """What came of a shard: a message for each recording that failed, and the totals of the others."""

    number: int
    failed: list[str]
    totals: Totals


@dataclass
class OpenShard:
    """A shard whose recordings are being segmented."""

    shard: Shard
    outcomes: dict[Item, Outcome] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether all recordings have an outcome."""
        return len(self.outcomes) == len(self.shard.items)


def fingerprint(settings: Settings) -> Fingerprint:
    """What a result of a shard depends on, besides its recordings."""
    return {**settings.fingerprint(), "format": settings.form}


def to_do(
    heads: Iterable[ShardHead], out: Path, settings: Settings, again: bool = False, force: bool = False
) -> list[ShardHead]:
    """The shards whose results are not there yet. Raises UsageError where another file or another result is there."""
    missing, wanted, names = [], fingerprint(settings), names_in(out)
    for head in heads:
        path = result_file(out, head.number)
        try:
            result = read_result(path) if path.name in names else None
        except DataError as error:
            if not force:
                raise UsageError(f"{error}; choose another --out, or overwrite it with --force") from None
            result = None
        if result and result.done and not again:
            same = result.sha256 == head.sha256
            if unlike := difference(result.fingerprint, wanted) if same else OTHER_RECORDINGS:
                raise UsageError(f"{path}: {unlike}; choose another --out, or redo it with --again")
        else:
            missing.append(head)
    return missing


def segment_shards(
    shards: Iterable[Shard],
    out: Path,
    settings: Settings,
    jobs: int,
    force: bool = False,
    on_outcome: Callable[[Outcome], None] = lambda outcome: None,
) -> Generator[ShardReport, None, None]:
    """Segment shards, and report each once its file is written. Close the iterator to stop.

    The processes go from one shard to the next without a pause, and a shard is read when one is free. Raises OSError
    where a file cannot be written, and UsageError where one with other content is there. on_outcome: called for each
    recording.
    """
    opened: dict[Path, OpenShard] = {}

    def items() -> Iterator[Item]:
        for shard in shards:
            opened.update(dict.fromkeys((item.name for item in shard.items), OpenShard(shard)))
            yield from shard.items

    with closing(outcomes_of_workers(items(), replace(settings, for_shards=True), jobs)) as outcomes:
        for outcome in outcomes:
            current = opened.pop(outcome.item.name)
            current.outcomes[outcome.item] = outcome
            on_outcome(outcome)
            if current.is_whole:
                yield store(current, out, settings, force)


def store(opened: OpenShard, out: Path, settings: Settings, force: bool) -> ShardReport:
    """Write the results of a shard, in the order of the plan.

    Raises UsageError where a file with other content is there, OSError where one cannot be written, and LostError where
    recordings could not be reached: then nothing is written, and another run does the shard.
    """
    ordered = [opened.outcomes[item] for item in opened.shard.items]
    if lost := [outcome.error for outcome in ordered if outcome.is_lost]:
        raise LostError(lost[0])
    if settings.form:
        for outcome in ordered:
            _write_own(outcome, out, settings.form, force)
    failed = [outcome.error for outcome in ordered if outcome.error]
    write_result(out, opened.shard, fingerprint(settings), map(lines_of, ordered), len(failed))
    totals = Totals()
    for outcome in ordered:
        if not outcome.error:
            totals.add(outcome.row)
    return ShardReport(opened.shard.number, failed, totals)


def lines_of(outcome: Outcome) -> bytes:
    """The lines of a recording in the results of its shard."""
    if outcome.error:
        return error_line(outcome.item.place, outcome.error)
    return outcome.lines + summary_line(outcome.row)


def _write_own(outcome: Outcome, out: Path, form: str, force: bool) -> None:
    """Write the result of a recording besides. Raises UsageError where a file with other content has its name."""
    target = result_of(outcome.item, out, form)
    if outcome.error:
        return
    with os_errors(target):
        differs = not force and target.exists() and target.read_bytes() != outcome.content
    if differs:
        raise UsageError(f"{target}: exists, with other content; choose another --out, or overwrite it with --force")
    with written(target) as file:
        file.write(outcome.content)
