"""`heartseg-offline segment`: recordings to files of events."""

import argparse
import sys
from pathlib import Path

from ...archive.find import find_recordings, is_pattern, refuse_same_names, same_names
from ...archive.places import is_remote, label
from ...archive.shards.plan import is_plan
from ...console import UsageError, refuse_to_overwrite, remark, say, write_whole
from ...formats import FORMATS
from ..options import add_force, add_lag, add_sensitivity, add_systole, place

EXAMPLE = "recordings --out events --format csv"

_STANDARD_OUTPUT = Path("-")


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    p.add_argument(
        "files", nargs="+", type=place, metavar="FILE",
        help="recordings, folders of them, globs (**, too), as paths or URLs; or one plan",
    )  # fmt: skip
    p.add_argument(
        "-o", "--out", type=place, metavar="DIR|-",
        help="folder for the results, one a recording; '-': standard output, for one recording (default for one "
        "recording: beside it)",
    )  # fmt: skip
    p.add_argument(
        "--format", choices=list(FORMATS),
        help="of the result of each recording (default: jsonl; with a plan: no such results)",
    )  # fmt: skip
    add_lag(p)
    add_sensitivity(p)
    add_systole(p)
    p.add_argument("--jobs", type=int, metavar="N", help="processes (default: one for each core)")
    p.add_argument(
        "--shard", type=_share, metavar="I/N",
        help="of a plan, the shards I, I+N, I+2N, ... alone, with I from 0 to N-1: one process of N",
    )  # fmt: skip
    p.add_argument(
        "--scheduler", metavar="ADDRESS|FILE.json",
        help="of a plan: on the Dask cluster of this scheduler, whose workers see the recordings and DIR",
    )  # fmt: skip
    p.add_argument("--again", action="store_true", help="also redo results that an earlier run made")
    add_force(p)


def run(args: argparse.Namespace) -> int:
    """Segment all recordings; returns the exit status."""
    if args.jobs is not None and args.jobs < 1:
        raise UsageError(f"--jobs {args.jobs}: expected 1 or more")
    if args.format:
        FORMATS[args.format].check_library()
    if len(args.files) == 1 and is_plan(args.files[0]):
        return _plan(args)
    for name, value in (("--shard", args.shard), ("--scheduler", args.scheduler)):
        if value:
            raise UsageError(f"{name} needs a plan: `heartseg-offline plan RECORDINGS --out PLAN` makes one")
    args.format = args.format or "jsonl"
    if args.out not in (None, _STANDARD_OUTPUT):
        return _archive(args)
    file: Path = args.files[0]
    if len(args.files) > 1 or (not is_remote(file) and (file.is_dir() or is_pattern(file))):
        raise UsageError("several recordings need --out DIR, a folder for their results")
    return _one(args, file)


def _one(args: argparse.Namespace, file: Path) -> int:
    """Segment one recording, to a file beside it or to standard output."""
    from ....models import load
    from ...archive.remote import opened
    from ...archive.summary import closing_line, row_of, systole_line
    from ...segmentation import segment_source

    form = FORMATS[args.format]
    target = file.with_suffix(form.ending)
    if args.out is None:
        if is_remote(file):
            raise UsageError(f"{label(file)}: its result cannot lie beside it; choose --out DIR, or --out -")
        if target == file:
            raise UsageError(f"{file}: its result would have its name; choose a folder with --out DIR")
        refuse_to_overwrite(target, args.force)
    with opened(file) as source:
        segmentation = segment_source(
            source, load(args.lag.network), args.lag, sensitivity=args.sensitivity, systole=args.systole
        )
    for warning in segmentation.warnings:
        say(f"warning: {warning}")
    content = form.write(segmentation)
    if args.out is None:
        write_whole(target, content)
        print(target)
    else:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    row = row_of(Path(file.name), segmentation, args.systole)
    remark(closing_line([row]))
    if args.systole:
        say(systole_line([row]))
    return 0


def _archive(args: argparse.Namespace) -> int:
    """Segment all recordings into a folder."""
    if is_remote(args.out):
        raise UsageError(f"--out {args.out}: needs a plan; `heartseg-offline plan RECORDINGS --out PLAN` makes one")
    from ...archive.run import cores, segment_files
    from ...archive.summary import closing_line, systole_line
    from ...archive.workers import Settings

    if args.out.suffix in {form.ending for form in FORMATS.values()} and not args.out.is_dir():
        raise UsageError(f"--out {args.out}: names a folder; leave it away, or write --out - > {args.out}")
    found = find_recordings(args.files)
    refuse_same_names(same_names(found.items))
    settings = Settings(args.format, args.lag, args.sensitivity, systole=args.systole)
    report = segment_files(found.items, args.out, settings, args.jobs or cores(), args.again, args.force, say)
    if report.before:
        remark(
            f"{len(report.before)} of {len(found.items)} were made before, in the same way (--again makes them anew)"
        )
    if passed_over := found.without_ffmpeg():
        remark(passed_over)
    if failed := found.failures + report.failed:
        say(f"{len(failed)} of {len(found.items) + len(found.failures)} recordings failed:")
        for reason in failed:
            say(reason)
    if report.no_summary:
        say(report.no_summary)
    rows = report.done + report.before
    if rows:
        remark(closing_line(rows))
    if args.systole and rows:
        say(systole_line(rows))
    if report.stopped:
        say(f"stopped; {len(rows)} of {len(found.items)} are done, and the same command goes on from there")
    return 1 if failed or report.stopped or report.no_summary else 0


def _plan(args: argparse.Namespace) -> int:
    """Segment the shards of a plan, all or a share of them."""
    from ...archive.run import cores
    from ...archive.shards.local import segment_plan
    from ...archive.shards.plan import read_plan
    from ...archive.workers import Settings

    if args.out in (None, _STANDARD_OUTPUT):
        raise UsageError("a plan needs --out DIR, a folder for its results")
    if args.systole:
        raise UsageError("--systole does not go with a plan: its tables have no place for answers")
    if args.scheduler and args.jobs:
        raise UsageError("--jobs is for this machine; on a cluster the workers' threads count")
    report = segment_plan(
        read_plan(args.files[0]), args.shard or (0, 1), args.out, Settings(args.format, args.lag, args.sensitivity),
        args.scheduler or args.jobs or cores(), args.again, args.force, say,
    )  # fmt: skip
    if report.before:
        remark(f"{report.before} of {report.shards} shards were made before, in the same way (--again redoes them)")
    if report.failed:
        say(f"{report.failed} recordings failed; each has a row with its error")
    if report.totals.recordings:
        remark(report.totals.line)
    if report.stopped:
        done = report.before + report.done
        say(f"stopped; {done} of {report.shards} shards are done, and the same command goes on from there")
    return 1 if report.failed or report.stopped else 0


def _share(text: str) -> tuple[int, int]:
    first, _, step = text.partition("/")
    if not (first.isdecimal() and step.isdecimal() and int(first) < int(step)):
        raise argparse.ArgumentTypeError(f"{text}: expected I/N, with I from 0 to N-1")
    return int(first), int(step)
