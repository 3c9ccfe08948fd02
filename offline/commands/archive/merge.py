"""`heartseg-offline merge`: the results of all shards as one table of events and one summary."""

import argparse

from ...console import refuse_to_overwrite
from ...formats.results import SUMMARY
from ..options import add_force, add_plan, local_path

EXAMPLE = "archive.plan results --out merged"

_EVENTS = "events.jsonl"


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    add_plan(p)
    p.add_argument(
        "-o", "--out", type=local_path, metavar="FOLDER", required=True, help=f"the folder for {_EVENTS} and {SUMMARY}"
    )
    add_force(p)


def run(args: argparse.Namespace) -> int:
    """Merge, and print the names of the files; returns the exit status."""
    from ...archive.shards.merge import merge
    from ...archive.shards.plan import read_plan

    events, summary = args.out / _EVENTS, args.out / SUMMARY
    for path in (events, summary):
        refuse_to_overwrite(path, args.force)
    merge(read_plan(args.plan), args.results, events, summary)
    print(events)
    print(summary)
    return 0
