"""`heartseg-offline`: everything done with files."""

import argparse
import json
import sys
from importlib.metadata import version
from pathlib import Path

from .datasets import DataError, data_root

_EXAMPLES = """\
examples:
  heartseg-offline segment recordings/*.wav --out events
  heartseg-offline score circor/dev events
  heartseg-offline curve circor/dev cinc2016/dev --out docs
  heartseg-offline train --data ../shared/data --out runs/mine

exit status: 0 done; 1 the work failed; 2 the command was wrong
Not a medical device.
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(
        prog="heartseg-offline", description="Segment, score and train with files of heart sounds.",
        epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    p.add_argument("--version", action="version", version=f"heartseg {version('heartseg')}. Not a medical device.")
    commands = p.add_subparsers(dest="command", required=True, metavar="COMMAND")

    s = commands.add_parser("segment", help="recordings to files of events")
    s.add_argument("files", nargs="+", type=Path, metavar="FILE", help="recordings")
    s.add_argument("--out", type=Path, required=True, metavar="DIR", help="where results go, one a recording")
    s.add_argument("--format", choices=("jsonl", "tsv", "audacity"), default="jsonl", help="(default: jsonl)")
    s.add_argument(
        "--lag",
        default="full",
        metavar="live|MS|full",
        help="as the live engine at its default lag, within MS, or with all in view (default: full)",
    )

    s = commands.add_parser("score", help="compare events with reference annotations")
    s.add_argument("reference", type=Path, help="folder of CirCor, CinC 2016 or PASCAL set A, or one annotation")
    s.add_argument("predictions", type=Path, help="folder of results, or one file")
    s.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    s.add_argument("--worst", type=int, default=0, metavar="N", help="list the N recordings that cost most")

    s = commands.add_parser("curve", help="accuracy against latency, over sets of recordings")
    s.add_argument("sets", nargs="+", type=Path, metavar="SET", help="folders of CirCor, CinC 2016 or PASCAL set A")
    s.add_argument("--out", type=Path, required=True, metavar="DIR", help="for curve.md, curve.svg and curve.json")

    s = commands.add_parser("train", help="train the network on the public sets")
    s.add_argument("--data", type=Path, default=None, help="folder of the sets (default: $HEARTSEG_DATA)")
    s.add_argument(
        "--out",
        type=Path,
        default=Path("runs/heartseg"),
        metavar="DIR",
        help="checkpoints, learning curve and the network; a run found there goes on (default: %(default)s)",
    )
    s.add_argument("--name", default="heartseg", help="name of the network's file (default: %(default)s)")
    s.add_argument("--steps", type=int, default=None, help="batches of 32 windows")
    s.add_argument("--seed", type=int, default=None)
    return p


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    p = parser()
    args = p.parse_args(argv)
    try:
        if args.command == "segment":
            return _segment(p, args)
        if args.command == "score":
            return _score(args)
        if args.command == "curve":
            return _curve(args)
        return _train(args)
    except DataError as error:
        _say(str(error))
        return 1
    except OSError as error:
        _say(f"{error.filename or 'output'}: {error.strerror}")
        return 1
    except KeyboardInterrupt:
        _say("stopped")
        return 1


def _say(message: str) -> None:
    print(f"heartseg-offline: {message}", file=sys.stderr)


def _segment(p: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    from ..models import ModelError, load
    from ..stream.segmenter import DEFAULT_LAG, FULL_CONTEXT, Lag
    from .segment import same_names, segment_files

    try:
        named = {"live": DEFAULT_LAG, "full": FULL_CONTEXT}
        lag = named.get(args.lag) or Lag.within(float(args.lag))
    except ValueError as error:
        p.error(f"--lag {args.lag}: expected live, full or milliseconds ({error})")
    if clash := same_names(args.files):
        p.error("these recordings would have results of one name: " + "; ".join(f"{a} and {b}" for a, b in clash))
    try:
        network = load()
    except ModelError as error:
        _say(str(error))
        return 1
    failed = segment_files(args.files, args.out, args.format, network, lag, _say)
    if failed:
        _say(f"{len(failed)} of {len(args.files)} recordings failed")
    return 1 if failed else 0


def _score(args: argparse.Namespace) -> int:
    from .report import evaluate, pair_up, table, worst

    scored, missing = pair_up(args.reference, args.predictions)
    if missing:
        _say(f"{len(missing)} recordings have no result and count as empty: {' '.join(missing[:5])}")
    result = evaluate(scored)
    print(table(result))
    if args.worst:
        print(worst(scored, args.worst))
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


def _curve(args: argparse.Namespace) -> int:
    from ..models import ModelError, load
    from ..stream.source import SourceError
    from .curve import curve, plot, table
    from .report import read_set

    try:
        import matplotlib

        matplotlib.use("Agg")
    except ImportError:
        _say("the plot needs matplotlib: pip install 'heartseg[train]'")
        return 1
    names = [str(Path(*folder.parts[-2:])) for folder in args.sets]
    if len(set(names)) < len(names):
        names = [str(folder) for folder in args.sets]
    sets = {name: read_set(folder) for name, folder in zip(names, args.sets, strict=True)}
    args.out.mkdir(parents=True, exist_ok=True)
    try:
        points = curve(sets, load(), _say)
    except (ModelError, SourceError) as error:
        _say(str(error))
        return 1
    rows = [{"data": p.data, "lag": p.lag, **p.figures} for p in points]
    (args.out / "curve.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    (args.out / "curve.md").write_text(table(points), encoding="utf-8")
    print(table(points), end="")
    plot(points, args.out / "curve.svg")
    return 0


def _train(args: argparse.Namespace) -> int:
    try:
        import tensorflow  # noqa: F401
        import tf2onnx  # noqa: F401
    except ImportError as error:
        _say(f"training needs {error.name}: pip install 'heartseg[train]'")
        return 1
    from dataclasses import asdict, replace

    from .calibrate import calibrate
    from .export import export
    from .train import Recipe, calibration_recordings, train

    chosen = {key: value for key in ("steps", "seed") if (value := getattr(args, key)) is not None}
    recipe = replace(Recipe(), **chosen)
    data = args.data or data_root()
    network = train(data, args.out, recipe)
    difference = export(network, args.out, args.name, asdict(recipe))
    print(f"{args.out / args.name}.onnx written; it differs from the trained network by {difference:.1e} at most")
    slope, intercept = calibrate(calibration_recordings(data), args.out, args.name)
    print(f"its confidence is calibrated: slope {slope:.3f}, intercept {intercept:.3f}")
    return 0
