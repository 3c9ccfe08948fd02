"""`heartseg-offline data`: what the public sets hold."""

import argparse
from pathlib import Path

from ...stream import NOTICE
from ..console import say
from . import Commands, command


def add(commands: Commands) -> None:
    """Describe the command."""
    p = command(commands, "data", "what sets of recordings hold, and what of them is skipped", "circor/dev pascal")
    p.add_argument(
        "sets", nargs="*", type=Path, metavar="SET",
        help="folders of CirCor, CinC 2016 or PASCAL set A (default: all in $HEARTSEG_DATA)",
    )  # fmt: skip
    p.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do it; returns the exit status."""
    from ..datasets.describe import describe, text
    from ..datasets.recording import DataError, data_root
    from ..datasets.sets import find_sets, set_names

    sets = [s for folder in args.sets for s in _sets(folder)] or find_sets(data_root())
    failed = 0
    for name, folder in zip(set_names(sets), sets, strict=True):
        try:
            print(text(name, describe(folder)), end="\n\n", flush=True)
        except DataError as error:
            say(str(error))
            failed = 1
    print(NOTICE)
    return failed


def _sets(folder: Path) -> list[Path]:
    """The sets in and below a folder; the folder itself where there are none, for it to be refused by name."""
    from ..datasets.recording import DataError
    from ..datasets.sets import find_sets

    try:
        return find_sets(folder)
    except DataError:
        return [folder]
