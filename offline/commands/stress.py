"""`heartseg-offline stress`: accuracy under noise, clipping, a narrow microphone, and after a forced swap."""

import argparse
from pathlib import Path

from ..console import say
from . import Commands, command


def add(commands: Commands) -> None:
    """Describe the command."""
    p = command(commands, "stress", "accuracy under disturbances, over sets of recordings", "circor/dev cinc2016/dev")
    p.add_argument("sets", nargs="+", type=Path, metavar="SET", help="folders of CirCor, CinC 2016 or PASCAL set A")
    p.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do it; returns the exit status."""
    from ...models import load
    from ..datasets.sets import set_names
    from ..evaluation.evaluate import read_set
    from ..evaluation.stress import stress, table

    network = load()
    for name, folder in zip(set_names(args.sets), args.sets, strict=True):
        print(table(name, *stress(read_set(folder), network, say)), flush=True)
    return 0
