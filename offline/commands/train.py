"""`heartseg-offline train`: from the public sets to a network."""

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path

from ..console import UsageError, refuse_to_overwrite, remark, require, say, write_whole
from ..datasets.recording import data_root
from .options import add_force

EXAMPLE = "--data ../shared/data --out runs/mine"
COST = "It takes about an hour on one core, and writes some 10 MB."


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    p.add_argument("--data", type=Path, default=None, help="folder of the sets (default: $HEARTSEG_DATA)")
    p.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="DIR",
        help="checkpoints, learning curve and the network, or what was heard and the model; a run found there goes on "
        "(default: runs/heartseg, or runs/systole)",
    )
    p.add_argument("--name", help="name of the file of the network or the model (default: heartseg, or systole-1)")
    p.add_argument("--steps", type=int, default=None, help="batches of 32 windows")
    p.add_argument("--seed", type=int, default=None)
    p.add_argument(
        "--systole", action="store_true",
        help="train and cross-validate the model of sound in systole instead, in some ten minutes",
    )  # fmt: skip
    p.add_argument(
        "--network",
        metavar="NAME|FILE",
        help="with --systole: network that names the sounds (default: the shipped one)",
    )
    add_force(p)
    p.add_argument("--without", metavar="CLINIC", help="leave a clinic out, to judge on it: circor, cinc-e or cinc-b")


def run(args: argparse.Namespace) -> int:
    """Train, export, calibrate and score; returns the exit status."""
    if args.systole:
        return _systole(args)
    if args.network or args.force:
        raise UsageError("--network and --force go with --systole")
    args.out, args.name = args.out or Path("runs/heartseg"), args.name or "heartseg"
    for library in ("tensorflow", "tf2onnx"):
        require("training", library, "train")
    from ...models import load
    from ..training.calibrate import calibrate
    from ..training.export import amend, export_network
    from ..training.memory import keep_freed_memory
    from ..training.reproduction import WITHIN, scores, shortfall
    from ..training.train import CLINICS, Recipe, calibration_recordings, train

    chosen = {key: value for key in ("steps", "seed", "without") if (value := getattr(args, key)) is not None}
    recipe = replace(Recipe(), **chosen)
    data = args.data or data_root()
    if recipe.without not in (None, *CLINICS):
        raise UsageError(f"--without {recipe.without}: choose one of {', '.join(CLINICS)}")
    keep_freed_memory()
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


def _systole(args: argparse.Namespace) -> int:
    """Hear, cross-validate, fit, and print a table; returns the exit status."""
    if args.steps or args.seed is not None or args.without:
        raise UsageError("--steps, --seed and --without are of a network: they do not go with --systole")
    require("training", "sklearn", "train")
    from ...models import DEFAULT, load
    from ...models.systole import SYSTOLE
    from ..evaluation.systole import FIGURES, systole_table
    from ..training.systole import REPEATS, across_campaigns, by_position, cross_validate, fit, read_examples

    out, name = args.out or Path("runs/systole"), args.name or SYSTOLE
    file = out / f"{name}.json"
    refuse_to_overwrite(file, args.force)
    examples = read_examples(args.data or data_root(), load(args.network or DEFAULT), out / "heard.jsonl", remark)
    repeats = [cross_validate(examples, seed) for seed in range(REPEATS)]
    judged = [persons for persons, _ in repeats]
    positions = by_position(examples, [logit for _, logit in repeats])
    print(systole_table(judged, positions, across_campaigns(examples)), end="")
    scores = {key: round(sum(map(figure, judged)) / len(judged), 4) for key, figure in FIGURES.items()}
    write_whole(file, json.dumps({**fit(examples, name).as_dict(), "scores": scores}, indent=1).encode() + b"\n")
    print(f"{file} written")
    return 0
