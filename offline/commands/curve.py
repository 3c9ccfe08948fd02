"""`heartseg-offline curve`: accuracy against latency."""

import argparse
import json
from pathlib import Path

from ..console import say
from . import Commands, command


def add(commands: Commands) -> None:
    """Describe the command."""
    p = command(
        commands, "curve", "accuracy against latency, over sets of recordings", "circor/dev cinc2016/dev --out docs"
    )
    p.add_argument("sets", nargs="+", type=Path, metavar="SET", help="folders of CirCor, CinC 2016 or PASCAL set A")
    p.add_argument("--out", type=Path, required=True, metavar="DIR", help="for curve.md, curve.svg and curve.json")
    p.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do it; returns the exit status."""
    from ..console import drawing
    from ..datasets.sets import set_names
    from ..evaluation.curve import curve, plot, table
    from ..evaluation.evaluate import read_set

    drawing()
    sets = {name: read_set(folder) for name, folder in zip(set_names(args.sets), args.sets, strict=True)}
    args.out.mkdir(parents=True, exist_ok=True)
    points = curve(sets, say)
    rows = [{"data": p.data, "lag": p.lag, **p.figures} for p in points]
    (args.out / "curve.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    (args.out / "curve.md").write_text(table(points), encoding="utf-8")
    print(table(points), end="")
    plot(points, args.out / "curve.svg")
    return 0
