"""`heartseg-offline compare`: ways to segment a recording, side by side."""

import argparse
from pathlib import Path

from ...stream import NOTICE
from ..console import say
from . import Commands, command


def add(commands: Commands) -> None:
    """Describe the command."""
    p = command(
        commands, "compare", "ways to segment, scored alike on sets of recordings", "pascal circor/dev --clips article"
    )
    p.add_argument("sets", nargs="+", type=Path, metavar="SET", help="folders of CirCor, CinC 2016 or PASCAL set A")
    p.add_argument("--clips", type=Path, metavar="DIR", help="what `heartseg-offline article --out DIR` wrote")
    p.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do it; returns the exit status."""
    from ..article.clips import CLIPS_FILE, ClipNetwork
    from ..article.compare import compare, methods, table
    from ..datasets.sets import set_names
    from ..evaluation.evaluate import read_set

    clips = ClipNetwork(args.clips / CLIPS_FILE) if args.clips else None
    if not clips:
        say("without the clip network; `heartseg-offline article --out DIR` trains it, and --clips DIR takes it")
    sets = {name: read_set(folder) for name, folder in zip(set_names(args.sets), args.sets, strict=True)}
    print(table(compare(sets, methods(clips), say)), end="")
    print(f"\n{NOTICE}")
    return 0
