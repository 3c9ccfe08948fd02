"""Making a plan: the recordings that the arguments name, in order, each in its present state."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from ....stream.sources.base import SourceError
from ..find import Found, Item, in_order, search
from ..places import state_of
from .plan import write_plan


@dataclass
class Listing:
    """What was planned: how many recordings, bytes and shards. found: what went wrong while searching."""

    recordings: int = 0
    size: int = 0
    shards: int = 0
    found: Found = field(default_factory=Found)


def make_plan(arguments: Sequence[Path], out: Path, shard_size: int) -> Listing:
    """List the recordings into a plan. None is written where there are none. Raises UsageError and OSError.

    A recording that cannot be asked for its size is noted in `found.failures`, and left out.
    """
    listing = Listing()
    items = _listed(arguments, listing)
    if first := next(items, None):
        listing.recordings, listing.shards = write_plan(out, chain([first], items), shard_size)
    return listing


def _listed(arguments: Sequence[Path], listing: Listing) -> Iterator[Item]:
    for item in in_order(search(arguments, listing.found)):
        try:
            state = item.state or state_of(item.file)
        except SourceError as error:
            listing.found.failures.append(str(error))
            continue
        listing.size += state.size
        yield replace(item, name=item.place, state=state)
