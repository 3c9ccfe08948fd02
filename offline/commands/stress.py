"""`heartseg-offline stress`: accuracy under noise, clipping, a narrow microphone, and after a forced swap."""

import argparse

from ..console import remark
from ..datasets.sets import read_set, set_names
from .options import add_sets

EXAMPLE = "circor/dev cinc2016/dev"
COST = "It takes about 11 s for each minute of sound on one core: an hour for these two sets."


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    add_sets(p)


def run(args: argparse.Namespace) -> int:
    """Evaluate every set under every disturbance and print; returns the exit status."""
    from ...models import load
    from ..evaluation.stress import stress, stress_table

    network = load()
    for name, folder in zip(set_names(args.sets), args.sets, strict=True):
        print(stress_table(name, *stress(read_set(folder), network, remark)), flush=True)
    return 0
