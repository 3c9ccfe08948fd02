"""`heartseg-offline score`: events against reference annotations."""

import argparse
import json
from pathlib import Path

from ..console import UsageError, say
from . import Commands, command


def add(commands: Commands) -> None:
    """Describe the command."""
    p = command(commands, "score", "compare events with reference annotations", "circor/dev events --worst 10")
    p.add_argument(
        "reference", type=Path, help="folder of CirCor, CinC 2016, PASCAL set A or results; or one of these files"
    )
    p.add_argument("predictions", type=Path, help="folder of results in any format of `segment`, or one file")
    p.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    p.add_argument("--worst", type=int, default=0, metavar="N", help="list the N recordings that cost most")
    p.add_argument("--plots", type=Path, metavar="DIR", help="draw those N into DIR (of a set, which has the sound)")
    p.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do it; returns the exit status."""
    from ..evaluation.evaluate import by_rate, evaluate, pair_up, table, worst, worst_table

    if args.plots and not (args.worst and args.reference.is_dir()):
        raise UsageError("--plots goes with --worst N and a set's folder as the reference")
    scored, missing = pair_up(args.reference, args.predictions)
    if missing:
        say(f"{len(missing)} recordings have no result and count as empty: {' '.join(missing[:5])}")
    result = evaluate(scored)
    print(table(result))
    print(by_rate(scored))
    if args.worst:
        print(worst_table(scored, args.worst))
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if args.plots:
        from ..figures.plot import Picture, save
        from ..training.corpus import pcg_of

        for s in worst(scored, args.worst):
            save(Picture(s.name, pcg_of(s.audio), s.prediction, reference=s.reference), args.plots / f"{s.name}.png")
    return 0
