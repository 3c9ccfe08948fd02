"""`heartseg-offline train`: from the public sets to a network."""

import argparse
from dataclasses import asdict, replace
from pathlib import Path

from ..console import require, say
from ..datasets.recording import data_root

EXAMPLE = "--data ../shared/data --out runs/mine"
COST = "It takes about 35 minutes on one core, and writes some 10 MB."


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    p.add_argument("--data", type=Path, default=None, help="folder of the sets (default: $HEARTSEG_DATA)")
    p.add_argument(
        "-o",
        "--out",
        type=Path,
        default=Path("runs/heartseg"),
        metavar="DIR",
        help="checkpoints, learning curve and the network; a run found there goes on (default: %(default)s)",
    )
    p.add_argument("--name", default="heartseg", help="name of the network's file (default: %(default)s)")
    p.add_argument("--steps", type=int, default=None, help="batches of 32 windows")
    p.add_argument("--seed", type=int, default=None)


def run(args: argparse.Namespace) -> int:
    """Train, export, calibrate and score; returns the exit status."""
    for library in ("tensorflow", "tf2onnx"):
        require("training", library, "train")
    from ...models import load
    from ..training.calibrate import calibrate
    from ..training.export import amend, export_network
    from ..training.reproduction import WITHIN, scores, shortfall
    from ..training.train import Recipe, calibration_recordings, train

    chosen = {key: value for key in ("steps", "seed") if (value := getattr(args, key)) is not None}
    recipe = replace(Recipe(), **chosen)
    data = args.data or data_root()
    network = train(data, args.out, recipe)
    difference = export_network(network, args.out, args.name, asdict(recipe))
    print(f"{args.out / args.name}.onnx written; it differs from the trained network by {difference:.1e} at most")
    slope, intercept = calibrate(calibration_recordings(data), args.out, args.name)
    print(f"its confidence is calibrated: slope {slope:.3f}, intercept {intercept:.3f}")
    f1 = scores(data, load(args.name, args.out), say)
    amend(args.out, args.name, scores=f1)
    if shortfall(f1, print) and recipe.steps == Recipe.steps:
        say(f"more than {WITHIN} points less: this run did not reproduce the shipped network")
        return 1
    return 0
