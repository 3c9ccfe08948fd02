"""`heartseg-offline plan`: the list of a large archive, cut into shards."""

import argparse

from ...console import UsageError, refuse_to_overwrite, remark, say
from ..options import add_force, local_path, place

EXAMPLE = "archive --out archive.plan"

_SHARD_SIZE = 1000


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    p.add_argument(
        "sources", nargs="+", type=place, metavar="SOURCE",
        help="recordings, folders of them, or globs (**, too); paths or URLs",
    )  # fmt: skip
    p.add_argument("-o", "--out", type=local_path, metavar="PLAN", required=True, help="the file for the plan")
    p.add_argument(
        "--shard-size", type=int, default=_SHARD_SIZE, metavar="N",
        help=f"recordings of a shard; 500 to 2,000 are sensible (default: {_SHARD_SIZE})",
    )  # fmt: skip
    add_force(p)


def run(args: argparse.Namespace) -> int:
    """List the recordings, and write the plan; returns the exit status."""
    from ...archive.shards.planning import make_plan

    if args.shard_size < 1:
        raise UsageError(f"--shard-size {args.shard_size}: expected 1 or more")
    refuse_to_overwrite(args.out, args.force)
    listing = make_plan(args.sources, args.out, args.shard_size)
    if passed_over := listing.found.without_ffmpeg():
        remark(passed_over)
    for failure in listing.found.failures:
        say(failure)
    if listing.recordings:
        print(args.out)
        remark(f"{listing.recordings} recordings, {listing.size / 1e9:.1f} GB, in {listing.shards} shards")
    return 1 if listing.found.failures else 0
