"""The results of all shards as one: a table of all events, and a summary with a row for each recording."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from ....stream import NOTICE
from ...console import whole_file
from ...datasets.recording import DataError
from ..summary import COLUMNS, Row, csv_lines
from .plan import Plan
from .results import faults, read_result, result_file, result_lines
from .rows import is_summary, line

SCHEMA = 1
_FAULTS_TOLD = 5


def merge(plan: Plan, results: Path, events: Path, summary: Path) -> None:
    """Write the events of all recordings as JSON Lines, and their rows as CSV, both in the order of the plan.

    Each file is written whole or not at all, and piece by piece, so that memory does not grow with the archive. A
    recording that failed has an `error` in its row. Raises DataError where a shard has no result, a damaged one, or
    one that was made in another way than the first; and OSError where a file cannot be written.
    """
    found = list(faults(plan, results))
    if found:
        more = f"; and {len(found) - _FAULTS_TOLD} more" if len(found) > _FAULTS_TOLD else ""
        raise DataError("; ".join(found[:_FAULTS_TOLD]) + more)
    with ExitStack() as files:
        table, all_events = files.enter_context(whole_file(summary)), files.enter_context(whole_file(events))
        first = read_result(result_file(results, 0))
        assert first is not None
        head = {"type": "events", "schema": SCHEMA, "recordings": plan.recordings, "fingerprint": first.fingerprint}
        all_events.write(line({**head, "notice": NOTICE}))
        table.writelines(csv_lines(_rows(plan, results, all_events), (*COLUMNS, "error")))


def _rows(plan: Plan, results: Path, events: BinaryIO) -> Iterator[Row]:
    """The rows of all recordings; their events go to the file on the way."""
    for head in plan.heads:
        for text in result_lines(result_file(results, head.number)):
            if is_summary(text):
                row = json.loads(text)
                del row["type"]
                yield row
            else:
                events.write(text)
