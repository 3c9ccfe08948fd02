"""`heartseg-offline curve`: accuracy against latency."""

import argparse
import json
from pathlib import Path

from ..console import drawing, remark
from ..datasets.sets import read_set, set_names
from .options import add_sets

EXAMPLE = "circor/dev cinc2016/dev --out figures"
COST = "It takes about 5 s for each minute of sound on one core: half an hour for the three sets of the README."


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    add_sets(p)
    p.add_argument(
        "-o", "--out", type=Path, required=True, metavar="DIR", help="for curve.md, curve.svg and curve.json"
    )


def run(args: argparse.Namespace) -> int:
    """Evaluate every set at every lag, print and write; returns the exit status."""
    from ..evaluation.curve import curve, curve_table, draw_curve

    drawing()
    sets = {name: read_set(folder) for name, folder in zip(set_names(args.sets), args.sets, strict=True)}
    args.out.mkdir(parents=True, exist_ok=True)
    points = curve(sets, remark)
    rows = [{"data": p.data, "lag": p.lag, **p.evaluation.as_dict()} for p in points]
    (args.out / "curve.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    (args.out / "curve.md").write_text(curve_table(points), encoding="utf-8")
    print(curve_table(points), end="")
    draw_curve(points, args.out / "curve.svg")
    return 0
