"""`heartseg-offline systole`: train and cross-validate the model of sound in systole."""

import argparse
import json
from pathlib import Path

from ...models.systole import SYSTOLE
from ..console import refuse_to_overwrite, remark, require, write_whole
from ..datasets.recording import data_root
from .options import add_force

EXAMPLE = "--data ../shared/data --out runs/systole"
COST = "It takes some ten minutes on one core, or half a minute where the recordings were heard before."


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    p.add_argument("--data", type=Path, metavar="DIR", help="folder that holds circor (default: $HEARTSEG_DATA)")
    p.add_argument(
        "-o", "--out", type=Path, default=Path("runs/systole"), metavar="DIR",
        help="what was heard, and the model; a run found there goes on (default: %(default)s)",
    )  # fmt: skip
    p.add_argument("--name", default=SYSTOLE, help="name of the model's file (default: %(default)s)")
    p.add_argument("--network", metavar="NAME|FILE", help="network that names the sounds (default: the shipped one)")
    add_force(p)


def run(args: argparse.Namespace) -> int:
    """Hear, cross-validate, fit, and print a table; returns the exit status."""
    require("training", "sklearn", "train")
    from ...models import DEFAULT, load
    from ..evaluation.systole import FIGURES, systole_table
    from ..training.systole import REPEATS, across_campaigns, by_position, cross_validate, fit, read_examples

    file = args.out / f"{args.name}.json"
    refuse_to_overwrite(file, args.force)
    examples = read_examples(args.data or data_root(), load(args.network or DEFAULT), args.out / "heard.jsonl", remark)
    repeats = [cross_validate(examples, seed) for seed in range(REPEATS)]
    judged = [persons for persons, _ in repeats]
    positions = by_position(examples, [logit for _, logit in repeats])
    print(systole_table(judged, positions, across_campaigns(examples)), end="")
    scores = {name: round(sum(map(figure, judged)) / len(judged), 4) for name, figure in FIGURES.items()}
    write_whole(file, json.dumps({**fit(examples, args.name).as_dict(), "scores": scores}, indent=1).encode() + b"\n")
    print(f"{file} written")
    return 0
