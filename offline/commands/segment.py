"""`heartseg-offline segment`: recordings to files of events."""

import argparse
from pathlib import Path

from ..console import UsageError, say
from . import Commands, add_lag, command


def add(commands: Commands) -> None:
    """Describe the command."""
    p = command(commands, "segment", "recordings to files of events", "recordings/*.wav --out events")
    p.add_argument("files", nargs="+", type=Path, metavar="FILE", help="recordings")
    p.add_argument("--out", type=Path, required=True, metavar="DIR", help="where results go, one a recording")
    p.add_argument("--format", choices=("jsonl", "tsv", "audacity"), default="jsonl", help="(default: jsonl)")
    add_lag(p)
    p.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do it; returns the exit status."""
    from ...models import load
    from ..segment import same_names, segment_files

    if clash := same_names(args.files):
        pairs = "; ".join(f"{a} and {b}" for a, b in clash)
        raise UsageError(f"these recordings would have results of one name: {pairs}")
    failed = segment_files(args.files, args.out, args.format, load(), args.lag, say)
    if failed:
        say(f"{len(failed)} of {len(args.files)} recordings failed")
    return 1 if failed else 0
