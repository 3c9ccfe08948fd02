"""`heartseg-offline transfer`: how well hearts of other devices are heard, and what noise brings."""

import argparse
import json
from pathlib import Path

from ..console import UsageError, remark
from ..datasets.recording import data_root
from .options import add_sensitivity

EXAMPLE = "--left-out cinc-b=runs/without-b/heartseg.onnx"
COST = "It takes about 5 minutes on one core for the sets that the card names."


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    p.add_argument("--data", type=Path, metavar="DIR", help="folder of the public sets (default: $HEARTSEG_DATA)")
    p.add_argument("--model", metavar="NAME|FILE", help="network to judge (default: the shipped one)")
    p.add_argument(
        "--left-out", action="append", default=[], metavar="CLINIC=FILE",
        help="a network trained without this clinic, judged on it: circor, cinc-b or cinc-e; may be repeated",
    )  # fmt: skip
    add_sensitivity(p)
    p.add_argument("--json", type=Path, metavar="FILE", help="write every recording of another device, too")


def run(args: argparse.Namespace) -> int:
    """Judge, and print a table; returns the exit status."""
    from ...models import DEFAULT, load
    from ..evaluation.transfer import LEFT_OUT, transfer, transfer_table

    left_out = {}
    for option in args.left_out:
        clinic, _, file = option.partition("=")
        if clinic not in LEFT_OUT or not file:
            raise UsageError(f"--left-out {option}: expected CLINIC=FILE, with a clinic of {', '.join(LEFT_OUT)}")
        left_out[clinic] = load(file)
    found = transfer(args.data or data_root(), load(args.model or DEFAULT), left_out, args.sensitivity, remark)
    print(transfer_table(found), end="")
    if args.json:
        devices = {
            device: [{"recording": h.name, "expected": h.expected, "by": h.counted, "named": h.named} for h in hearts]
            for device, hearts in found.hearts.items()
        }
        sets = {name: evaluation.as_dict() for name, evaluation in found.sets.items()}
        invented = {kind.kind: kind.per_minute for kind in found.invented}
        ecg = {name: figures.as_dict() for name, figures in found.ecg.items()}
        text = json.dumps({"sets": sets, "hearts": devices, "ecg": ecg, "sounds_a_minute": invented}, indent=1)
        args.json.write_text(text + "\n", encoding="utf-8")
    return 0
