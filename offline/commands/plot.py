"""`heartseg-offline plot`: a recording and its heart sounds as a picture."""

import argparse
from pathlib import Path

from ..console import UsageError, drawing, say
from ..figures.plot import PICTURE_ENDINGS, Picture, save
from ..formats import prediction_of, read_annotation
from ..scoring import reference_of
from .options import add_force, add_lag, add_reference, add_sensitivity

EXAMPLE = "heart.wav --reference heart.tsv --out heart.pdf"


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    p.add_argument("file", type=Path, metavar="FILE", help="a recording")
    add_reference(p)
    p.add_argument("--posteriors", action="store_true", help="draw the probability of each state, too")
    p.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="FILE",
        help="a .png, .svg or .pdf; long recordings take several pages, numbered files but for PDF "
        "(default: the recording's name with .png, here)",
    )
    add_lag(p)
    add_sensitivity(p)
    add_force(p)


def run(args: argparse.Namespace) -> int:
    """Segment, draw and print the pictures' names; returns the exit status."""
    from ...models import load
    from ..figures.analysis import hear

    out = args.out or Path(args.file.stem + ".png")
    if out.suffix.lower() not in PICTURE_ENDINGS:
        raise UsageError(f"--out {out}: the name should end in {', '.join(PICTURE_ENDINGS)}")
    drawing()
    reference = reference_of(read_annotation(args.reference, args.file.stem)) if args.reference else None
    analysis = hear(args.file, load(args.lag.network), args.lag, args.sensitivity)
    for warning in analysis.warnings:
        say(f"warning: {warning}")
    picture = Picture(
        title=args.file.name,
        pcg=analysis.pcg,
        prediction=prediction_of(analysis.events),
        gaps=analysis.gaps,
        reference=reference,
        posterior=analysis.posterior if args.posteriors else None,
        note=f"heartseg {analysis.session['heartseg']} · {analysis.session['model']} · {analysis.lag_text}",
    )
    for path in save(picture, out, args.force):
        print(path)
    return 0
