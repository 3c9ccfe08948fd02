"""`heartseg-offline report`: a recording and its heart sounds as a page for a browser."""

import argparse
from pathlib import Path

from ..console import UsageError, refuse_to_overwrite, say
from ..formats import read_annotation
from ..scoring import reference_of
from .options import add_force, add_lag, add_reference, add_sensitivity, add_systole

EXAMPLE = "heart.wav -o heart.html"


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    p.add_argument("file", type=Path, metavar="FILE", help="a recording")
    add_reference(p)
    p.add_argument(
        "-o", "--out", type=Path, metavar="FILE.html", help="(default: the recording's name with .html, here)"
    )
    add_force(p)
    add_lag(p)
    add_sensitivity(p)
    add_systole(p)


def run(args: argparse.Namespace) -> int:
    """Segment, write the page and print its name; returns the exit status."""
    from ...models import load
    from ..figures.analysis import hear
    from ..figures.html import page, write

    out = args.out or Path(args.file.stem + ".html")
    if out.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--out {out}: the name should end in .html")
    refuse_to_overwrite(out, args.force)
    reference = reference_of(read_annotation(args.reference, args.file.stem)) if args.reference else None
    analysis = hear(args.file, load(args.lag.network), args.lag, args.sensitivity, args.systole)
    for warning in analysis.warnings:
        say(f"warning: {warning}")
    write(page(analysis, reference, args.reference.name if args.reference else ""), out)
    print(out)
    return 0
