"""`heartseg-offline compare`: ways to segment a recording, side by side."""

import argparse
from pathlib import Path

from ...stream import NOTICE
from ..console import remark
from ..datasets.sets import read_set, set_names
from .options import add_sets

EXAMPLE = "pascal circor/dev --clips article"
COST = "It takes about 1 s for each minute of sound on one core."


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    add_sets(p)
    p.add_argument("--clips", type=Path, metavar="DIR", help="output folder of `heartseg-offline article --out DIR`")


def run(args: argparse.Namespace) -> int:
    """Evaluate every way on every set and print; returns the exit status."""
    from ..article.clips import CLIPS_FILE, ClipNetwork
    from ..article.compare import compare, comparison_table, methods

    clips = ClipNetwork(args.clips / CLIPS_FILE) if args.clips else None
    if not clips:
        remark("without the clip network; `heartseg-offline article --out DIR` trains it, and --clips DIR takes it")
    sets = {name: read_set(folder) for name, folder in zip(set_names(args.sets), args.sets, strict=True)}
    print(comparison_table(compare(sets, methods(clips), remark)), end="")
    print(f"\n{NOTICE}")
    return 0
