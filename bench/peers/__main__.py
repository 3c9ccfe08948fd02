"""`python bench/peers/`: heartseg beside what others use, on the same recordings and by the same scorer.

Peers are installed with pip into environments of their own below --out. What is already there is kept, so the same
command goes on where it was stopped. A method of your own joins with --results NAME=DIR, where DIR has a file in any
format of `heartseg-offline score` for each recording, named after it. Not a medical device.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # where `bench` is

from bench.peers.methods import METHODS, SETS, PeerError
from heartseg.offline.commands.score import score_files
from heartseg.offline.datasets.recording import DataError, data_root
from heartseg.offline.datasets.sets import read_set
from heartseg.offline.evaluation.many_to_one import many_to_one
from heartseg.offline.scoring import HEADLINE_S

HEAD = ("method", "F1", "S1", "S2", "F1, S1 and S2 as one kind", "swaps", "many to one, 40 ms", "without a result")


def row(reference: Path, results: Path) -> dict[str, Any]:
    """The figures of a method on a set: shares, and how many recordings have no result. Raises DataError."""
    evaluation, missing = score_files(reference, results)
    figures = evaluation.at(HEADLINE_S)
    return {
        "F1": figures.both.f1, "S1": figures.s1.f1, "S2": figures.s2.f1, HEAD[4]: figures.class_agnostic_f1,
        "swaps": figures.both.swap_rate, HEAD[6]: many_to_one(evaluation).mean, HEAD[7]: len(missing),
    }  # fmt: skip


def table(rows: dict[str, dict[str, Any]]) -> str:
    """The rows of a set in Markdown, shares in percent."""
    lines = ["| " + " | ".join(HEAD) + " |", "|---" * len(HEAD) + "|"]
    for name, figures in rows.items():
        cells = [f"{v}" if isinstance(v, int) else f"{v * 100:.2f}" for v in figures.values()]
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return "\n".join(lines)


def named_folder(text: str) -> tuple[str, Path]:
    """NAME=DIR."""
    name, _, folder = text.partition("=")
    if not (name and folder):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=DIR")
    return name, Path(folder)


def main(argv: list[str] | None = None) -> int:
    """Segment, score and print; the exit status."""
    p = argparse.ArgumentParser(
        prog="python bench/peers/", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("--data", type=Path, default=data_root(), help="folder of public sets (default: $HEARTSEG_DATA)")
    p.add_argument("--out", type=Path, default=Path("runs/peers"), metavar="DIR", help="(default: %(default)s)")
    p.add_argument("--sets", nargs="+", default=SETS, metavar="SET", help=f"(default: {' '.join(SETS)})")
    p.add_argument(
        "--methods", nargs="*", default=list(METHODS), choices=METHODS, metavar="METHOD",
        help=f"(default: {' '.join(METHODS)}; nothing after it: none)",
    )  # fmt: skip
    p.add_argument("--results", type=named_folder, action="append", default=[], metavar="NAME=DIR", help="yours, too")
    p.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")
    args = p.parse_args(argv)
    figures: dict[str, dict[str, dict[str, Any]]] = {}
    failed = False
    for name in args.sets:
        rows = figures[name] = {}
        folders = {method: args.out / method / name for method in args.methods}
        for method, folder in [*folders.items(), *args.results]:
            try:
                if method in folders:
                    METHODS[method].segment(method, args.out, read_set(args.data / name), folder)
                rows[method] = row(args.data / name, folder)
            except (PeerError, DataError, OSError) as error:
                print(f"peers: {error}", file=sys.stderr)
                failed = True
        print(f"\n{name}\n\n{table(rows)}", flush=True)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
