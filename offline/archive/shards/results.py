"""The file of results of a shard: a head, the lines of each recording in the plan's order, and an end with its hash."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ....stream import NOTICE
from ...datasets.recording import DataError
from ..remote import reading, written
from .plan import Plan, Shard
from .rows import line

SCHEMA = 1
OTHER_RECORDINGS = "made of other recordings than those of this plan"
_WORDS = {"heartseg": "version", "model_sha256": "network"}
_HEAD_OR_TAIL = 4096  # bytes in which the first line lies, and the last one

Fingerprint = dict[str, Any]
"""All that a result depends on besides the recordings: version, network, lag, sensitivity, and further files."""


@dataclass(frozen=True)
class ShardResult:
    """What the first and the last line of a file of results say.

    shard, sha256: number and hash of the shard in its plan. failed: recordings with an error. done: whether the file
    has an end. modified: when it was written, in seconds since 1970.
    """

    shard: int
    sha256: str
    recordings: int
    fingerprint: Fingerprint
    modified: float
    failed: int = 0
    done: bool = False


def result_file(out: Path, number: int) -> Path:
    """The file of results of a shard."""
    return out / f"shard-{number:05d}.jsonl"


def write_result(out: Path, shard: Shard, fingerprint: Fingerprint, parts: Iterable[bytes], failed: int) -> None:
    """Write the results of a shard, whole or not at all. parts: the lines of each recording. Raises OSError."""
    head = {"type": "shard", "schema": SCHEMA, "shard": shard.number, "sha256": shard.sha256}
    head |= {"recordings": len(shard.items), "fingerprint": fingerprint, "notice": NOTICE}
    digest = hashlib.sha256()
    with written(result_file(out, shard.number)) as file:
        for part in (line(head), *parts):
            digest.update(part)
            file.write(part)
        file.write(
            line({"type": "end", "recordings": len(shard.items), "failed": failed, "sha256": digest.hexdigest()})
        )


def read_result(path: Path) -> ShardResult | None:
    """What a file of results says of itself; None where there is none. Raises DataError where it is another file."""
    try:
        with reading(path, _HEAD_OR_TAIL) as file:
            first = file.readline()
            modified = path.stat().st_mtime
            file.seek(max(0, file.seek(0, os.SEEK_END) - _HEAD_OR_TAIL))
            last = file.read().splitlines(keepends=True)[-1:]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        head = json.loads(first)
        if head["type"] != "shard" or head["schema"] != SCHEMA:
            raise ValueError
        number, recordings = int(head["shard"]), int(head["recordings"])
        result = ShardResult(number, head["sha256"], recordings, head["fingerprint"], modified)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DataError(f"{path}: not the results of a shard") from None
    end = _end(last[0])
    return replace(result, failed=end["failed"], done=True) if end else result


def result_lines(path: Path) -> Iterator[bytes]:
    """The lines between the head and the end. Raises DataError where they are not those that were written."""
    digest = hashlib.sha256()
    try:
        with reading(path) as file:
            before = b""
            for number, text in enumerate(file):
                if number > 1:
                    yield before
                digest.update(before)
                before = text
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    if (_end(before) or {}).get("sha256") != digest.hexdigest():
        raise DataError(f"{path}: damaged; segment its shard again with --again")


def difference(made: Fingerprint, wanted: Fingerprint) -> str:
    """In which way a result was made otherwise than wanted; empty where it was not."""
    different = [_WORDS.get(key, key) for key in wanted if made.get(key) != wanted[key]]
    return f"made with another {' and '.join(different)}" if different else ""


def faults(plan: Plan, out: Path) -> Iterator[str]:
    """What is wrong with the files of results, by their first and last lines."""
    first: ShardResult | None = None
    for head in plan.heads:
        path = result_file(out, head.number)
        try:
            result = read_result(path)
        except DataError as error:
            yield str(error)
            continue
        if result is None:
            yield f"{path}: not there; segment the plan"
        elif not result.done:
            yield f"{path}: cut short; segment the plan again"
        elif result.sha256 != head.sha256:
            yield f"{path}: {OTHER_RECORDINGS}"
        elif first and (unlike := difference(result.fingerprint, first.fingerprint)):
            yield f"{path}: {unlike} than {result_file(out, first.shard)}; redo one of them with --again"
        else:
            first = first or result


def _end(last: bytes) -> dict[str, Any] | None:
    """The end that the last line of a file is; None where the file is torn."""
    try:
        end: dict[str, Any] = json.loads(last)
        return end if end["type"] == "end" and last.endswith(b"\n") and isinstance(end["failed"], int) else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
