"""The plan of a run over a large archive: its recordings in a fixed order, cut into shards.

A plan is JSON Lines: a head; before the recordings of each shard a line that counts them and has their hash; a line for
each recording; an end with the totals. It is written and read piece by piece, so that memory does not grow with it.
"""

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....stream import NOTICE, heartseg_version
from ...console import whole_file
from ...datasets.recording import DataError
from ..find import Item, refuse_same_names
from ..places import State, absolute, is_remote, place_of
from .rows import line

SCHEMA = 1
_HEAD, _SHARD = b'{"type": "plan"', b'{"type": "shard"'


@dataclass(frozen=True)
class Shard:
    """A piece of the plan: its number (from 0), its recordings, and the SHA-256 of their lines."""

    number: int
    items: tuple[Item, ...]
    sha256: str


@dataclass(frozen=True)
class ShardHead:
    """A shard without its recordings: their count, their hash, and the byte of the plan at which they begin."""

    number: int
    recordings: int
    sha256: str
    offset: int


@dataclass(frozen=True)
class Plan:
    """A plan on disk. `recordings` counts those of all shards."""

    path: Path
    heads: tuple[ShardHead, ...]

    @property
    def recordings(self) -> int:
        """How many recordings there are in all shards."""
        return sum(head.recordings for head in self.heads)

    def shard(self, head: ShardHead) -> Shard:
        """A shard with its recordings. Raises DataError where they are not those of its line."""
        with self.path.open("rb") as file:
            file.seek(head.offset)
            lines = list(itertools.islice(file, head.recordings))
        if _hash(lines) != head.sha256:
            raise DataError(f"{self.path}: the recordings of shard {head.number} are damaged; make the plan again")
        return Shard(head.number, tuple(map(_read_item, lines)), head.sha256)

    def shards(self, heads: Iterable[ShardHead] | None = None) -> Iterator[Shard]:
        """Some shards, or all, one after another. Raises DataError."""
        return map(self.shard, self.heads if heads is None else heads)


def write_plan(path: Path, items: Iterable[Item], shard_size: int) -> tuple[int, int]:
    """Write a plan, whole or not at all: shards of `shard_size` recordings in the order of the items.

    Returns how many recordings and shards there are. Items have a state, a name that ends as the recording does, and
    are in order of their names. Raises UsageError where two have one name, and OSError.
    """
    recordings = shards = 0
    with whole_file(path) as file:
        head = {"type": "plan", "schema": SCHEMA, "heartseg": heartseg_version(), "notice": NOTICE}
        file.write(line(head))
        for lines in _batches(map(_item_line, _each_name_once(items)), shard_size):
            head = {"type": "shard", "shard": shards, "recordings": len(lines), "sha256": _hash(lines)}
            file.writelines([line(head), *lines])
            recordings, shards = recordings + len(lines), shards + 1
        file.write(line({"type": "end", "recordings": recordings, "shards": shards}))
    return recordings, shards


def is_plan(path: Path) -> bool:
    """Whether a file begins as a plan does."""
    if is_remote(path) or not path.is_file():  # of a pipe, nothing may be read
        return False
    try:
        with path.open("rb") as file:
            return file.read(len(_HEAD)) == _HEAD
    except OSError:
        return False


def read_plan(path: Path) -> Plan:
    """The shards of a plan. Raises DataError where it is none, or not whole."""
    heads: list[ShardHead] = []
    last = b""
    try:
        with path.open("rb") as file:
            offset = 0
            for last in file:
                offset += len(last)
                if last.startswith(_SHARD):
                    head = json.loads(last)
                    heads.append(ShardHead(int(head["shard"]), int(head["recordings"]), str(head["sha256"]), offset))
                elif offset == len(last) and not (last.startswith(_HEAD) and json.loads(last)["schema"] == SCHEMA):
                    raise DataError(f"{path}: not a plan of this version; `heartseg-offline plan` makes one")
        plan = Plan(path, tuple(heads))
        end = {"type": "end", "recordings": plan.recordings, "shards": len(heads)}
        if not heads or json.loads(last) != end or [head.number for head in heads] != list(range(len(heads))):
            raise ValueError
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DataError(f"{path}: not a whole plan; make it again with `heartseg-offline plan`") from None
    return plan


def _item_line(item: Item) -> bytes:
    assert item.state is not None
    state = {"size": item.state.size, "stamp": item.state.stamp}
    return line({"file": absolute(item.file), "name": item.name.as_posix(), **state})


def _read_item(text: bytes) -> Item:
    entry: dict[str, Any] = json.loads(text)
    return Item(place_of(entry["file"]), Path(entry["name"]), State(entry["size"], entry["stamp"]))


def _each_name_once(items: Iterable[Item]) -> Iterator[Item]:
    """The items. Raises UsageError where neighbours have one name."""
    before: Item | None = None
    for item in items:
        if before and before.name == item.name:
            refuse_same_names([(before.file, item.file)])
        before = item
        yield item


def _batches(lines: Iterable[bytes], size: int) -> Iterator[Sequence[bytes]]:
    coming = iter(lines)
    while batch := list(itertools.islice(coming, size)):
        yield batch


def _hash(lines: Iterable[bytes]) -> str:
    return hashlib.sha256(b"".join(lines)).hexdigest()
