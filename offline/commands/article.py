"""`heartseg-offline article`: the article's exercise, as printed and mended."""

import argparse
from pathlib import Path

from ...stream import NOTICE
from ..console import MissingExtra
from . import Commands, command


def add(commands: Commands) -> None:
    """Describe the command."""
    p = command(
        commands, "article", "the article's exercise on PASCAL set A: as printed, why it fails, and mended",
        "../shared/data/pascal --out runs/article",
    )  # fmt: skip
    p.add_argument(
        "set", nargs="?", type=Path, metavar="SET", help="folder of PASCAL set A (default: pascal in $HEARTSEG_DATA)"
    )
    p.add_argument(
        "--out", type=Path, metavar="DIR", help="for curves.csv, curves.svg and clips.onnx, which `compare` takes"
    )
    p.add_argument("--seed", type=int, default=1, help="(default: %(default)s)")
    p.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do it; returns the exit status."""
    try:
        import tensorflow  # noqa: F401
        import tf2onnx  # noqa: F401
    except ImportError as error:
        raise MissingExtra("the exercise", error.name or "TensorFlow", "train") from None
    from ..article import exercise
    from ..article.clips import CLIPS_FILE, clips_of
    from ..article.learning import plot, write_csv
    from ..console import drawing
    from ..datasets.pascal import read_pascal
    from ..datasets.recording import DataError, data_root

    folder = args.set or data_root() / "pascal"
    recordings = list(read_pascal(folder))
    if len(recordings) < exercise.FOLDS:
        raise DataError(f"{folder}: the exercise needs {exercise.FOLDS} marked recordings, and finds {len(recordings)}")
    if args.out:
        drawing()
        args.out.mkdir(parents=True, exist_ok=True)
    clips = clips_of(recordings)
    ones = float(clips.kind.mean())
    majority = max(ones, 1 - ones)
    print(
        f"{len(clips.kind)} clips of {len(clips.names)} recordings: {(clips.kind == 0).sum()} begin at an S1 "
        f"(class 0), {(clips.kind == 1).sum()} at an S2 (class 1)\n"
        f"always the larger class: {majority * 100:.1f} % right; one threshold on the clip's length, set on other "
        f"recordings: {exercise.by_length(clips) * 100:.1f} %",
        flush=True,
    )

    answer, logit = "as printed, loss of the answer", "as printed, loss of the logit"
    curves = {}
    for name, loss in ((answer, exercise.loss_of_answer), (logit, exercise.KERAS_3_LOSS)):
        printed = exercise.train_printed(clips, loss, args.seed)
        curves[name] = printed.learning
        print(
            f"\n{name}\n{printed.learning.text()}\n"
            f"  answers from {printed.lowest:g} to {printed.highest:g}: class 1 for every clip, "
            f"{ones * 100:.1f} % right; largest gradient {printed.gradient:.2g}",
            flush=True,
        )
    wrong = 1 - curves[answer].accuracy[-1]
    print(
        f"\nThe loss of the answer: a clip of class 0 costs {exercise.WRONG_COSTS:.2f}, one of class 1 nothing; "
        f"{wrong:.3f} x {exercise.WRONG_COSTS:.2f} = {wrong * exercise.WRONG_COSTS:.2f}"
    )

    trained = exercise.train_mended(recordings, args.seed)
    curves["mended"] = trained.learning
    right = (trained.p > 0.5) == clips.kind
    print(
        f"\nmended, mean of {exercise.FOLDS} folds of recordings\n{trained.learning.text()}\n"
        f"  each clip by the network that did not hear its recording: {right.mean() * 100:.1f} % right"
    )
    for i, name in enumerate(clips.names):
        mine = clips.recording == i
        print(f"    {name}{right[mine].mean() * 100:7.1f} % of {mine.sum()}")
    if args.out:
        write_csv(curves, args.out / "curves.csv")
        plot(curves, majority, args.out / "curves.svg")
        exercise.export(trained, args.out / CLIPS_FILE)
    print(f"\n{NOTICE}")
    return 0
