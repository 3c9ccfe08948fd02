"""Whether the results of a plan are complete, unharmed and made in one way; and whether a sample comes out the same."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ....stream.segmenter.lag import Lag
from ...datasets.recording import DataError
from ..find import Item
from ..run import cores
from ..workers import Settings, outcomes_of_workers
from .plan import Plan, Shard
from .results import Fingerprint, difference, faults, read_result, result_file, result_lines
from .rows import is_summary
from .run import lines_of


@dataclass
class Verdict:
    """What was found: recordings with a result, those of them with an error, those redone, and what is wrong."""

    recordings: int = 0
    failed: int = 0
    redone: int = 0
    faults: list[str] = field(default_factory=list)


def verify(plan: Plan, results: Path, sample: int) -> Verdict:
    """Check that each recording of the plan has its result, and redo `sample` of them, spread evenly over the plan.

    Those with an error are not redone. Raises DataError where the plan is damaged.
    """
    verdict = Verdict(faults=list(faults(plan, results)))
    count = min(sample, plan.recordings)
    chosen = {(2 * i + 1) * plan.recordings // (2 * count) for i in range(count)}
    expected: dict[Item, bytes] = {}
    fingerprint: Fingerprint = {}
    index = 0
    for shard in plan.shards():
        path = result_file(results, shard.number)
        try:
            result = read_result(path)
            if result and result.done:
                fingerprint = fingerprint or result.fingerprint
                for number, (item, lines) in enumerate(_each(shard, path), index):
                    failed = "error" in json.loads(lines[-1])
                    verdict.recordings += 1
                    verdict.failed += failed
                    if number in chosen and not failed:
                        expected[item] = b"".join(lines)
        except DataError as error:
            if str(error) not in verdict.faults:
                verdict.faults.append(str(error))
        index += len(shard.items)
    if expected:
        verdict.redone = len(expected)
        verdict.faults += _redo(expected, fingerprint)
    return verdict


def _each(shard: Shard, path: Path) -> Iterator[tuple[Item, Sequence[bytes]]]:
    """Each recording of a shard with its lines. Raises DataError where they are not those of the shard."""
    items = iter(shard.items)
    lines: list[bytes] = []
    for text in result_lines(path):
        lines.append(text)
        if is_summary(text):
            item = next(items, None)
            if item is None or json.loads(text)["file"] != item.place.as_posix():
                raise DataError(f"{path}: its recordings are not those of the plan; redo it with --again")
            yield item, lines
            lines = []
    if next(items, None):
        raise DataError(f"{path}: recordings of the plan are missing; redo it with --again")


def _redo(expected: dict[Item, bytes], made: Fingerprint) -> Iterator[str]:
    """What does not come out the same again."""
    try:
        settings = Settings(None, Lag(**made["lag"]), made["sensitivity"], for_shards=True)
        unlike = difference(made, settings.fingerprint())
    except (KeyError, TypeError) as error:
        unlike = f"made in an unknown way ({error})"
    if unlike:
        yield f"the results were {unlike} than here; redo a sample where they were made"
        return
    for outcome in outcomes_of_workers(expected, settings, min(cores(), len(expected))):
        if outcome.error:
            yield outcome.error
        elif lines_of(outcome) != expected[outcome.item]:
            yield f"{outcome.item.file}: its result is another when redone"
