"""`heartseg-offline train`: from the public sets to a network."""

import argparse
from dataclasses import asdict, replace
from pathlib import Path

from ..console import UsageError, require, say
from ..datasets.recording import data_root

EXAMPLE = "--data ../shared/data --out runs/mine"
COST = "It takes about an hour on one core, and writes some 10 MB."


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
    p.add_argument("--without", metavar="CLINIC", help="leave a clinic out, to judge on it: circor, cinc-e or cinc-b")


def run(args: argparse.Namespace) -> int:
    """Train, export, calibrate and score; returns the exit status."""
    for library in ("tensorflow", "tf2onnx"):
        require("training", library, "train")
    from ...models import load
    from ..training.calibrate import calibrate
    from ..training.export import amend, export_network
    from ..training.reproduction import WITHIN, scores, shortfall
    from ..training.train import CLINICS, Recipe, calibration_recordings, train

    chosen = {key: value for key in ("steps", "seed", "without") if (value := getattr(args, key)) is not None}
    recipe = replace(Recipe(), **chosen)
    data = args.data or data_root()
    if recipe.without not in (None, *CLINICS):
        raise UsageError(f"--without {recipe.without}: choose one of {', '.join(CLINICS)}")
    network = train(data, args.out, recipe)
    difference = export_network(network, args.out, args.name, asdict(recipe))
    print(f"{args.out / args.name}.onnx written; it differs from the trained network by {difference:.1e} at most")
    slope, intercept = calibrate(calibration_recordings(data, recipe.without), args.out, args.name)
    print(f"its confidence is calibrated: slope {slope:.3f}, intercept {intercept:.3f}")
    f1 = scores(data, load(args.name, args.out), say)
    amend(args.out, args.name, scores=f1)
    if shortfall(f1, print) and recipe == Recipe(seed=recipe.seed):
        say(f"more than {WITHIN} points less: this run did not reproduce the shipped network")
        return 1
    return 0
