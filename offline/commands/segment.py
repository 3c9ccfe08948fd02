"""`heartseg-offline segment`: recordings to files of events."""

import argparse
from pathlib import Path

from ..archive.find import find_recordings, same_names
from ..console import UsageError, remark, say
from ..formats import FORMATS
from .options import add_lag, add_sensitivity

EXAMPLE = "recordings --out events --format csv"

_CLASHES_SHOWN = 5


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    p.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="recordings, folders of them, or globs (**, too)"
    )
    p.add_argument(
        "-o", "--out", type=Path, required=True, metavar="DIR", help="folder for the results, one a recording"
    )
    p.add_argument("--format", choices=list(FORMATS), default="jsonl", help="(default: jsonl)")
    add_lag(p)
    add_sensitivity(p)
    p.add_argument("--jobs", type=int, metavar="N", help="processes (default: one for each core)")
    p.add_argument("--again", action="store_true", help="also redo results that an earlier run made")


def run(args: argparse.Namespace) -> int:
    """Segment all recordings; returns the exit status."""
    from ..archive.run import cores, segment_files
    from ..archive.workers import Settings

    if args.jobs is not None and args.jobs < 1:
        raise UsageError(f"--jobs {args.jobs}: expected 1 or more")
    FORMATS[args.format].check_library()
    items, failures = find_recordings(args.files)
    if clash := same_names(items):
        pairs = "; ".join(f"{a} and {b}" for a, b in clash[:_CLASHES_SHOWN])
        more = f"; and {len(clash) - _CLASHES_SHOWN} more pairs" if len(clash) > _CLASHES_SHOWN else ""
        raise UsageError(f"these recordings would have results of one name: {pairs}{more}")
    report = segment_files(
        items, args.out, Settings(args.format, args.lag, args.sensitivity), args.jobs or cores(), args.again, say
    )
    if report.before:
        remark(f"{report.before} of {len(items)} were made before, in the same way (--again makes them anew)")
    if failed := failures + report.failed:
        say(f"{len(failed)} of {len(items) + len(failures)} recordings failed:")
        for reason in failed:
            say(reason)
    if report.stopped:
        say(f"stopped; {report.done + report.before} of {len(items)} are done, and the same command goes on from there")
    return 1 if failed or report.stopped else 0
