"""`heartseg-offline article`: the article's exercise, as printed and mended."""

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ...stream import NOTICE
from ..console import drawing, refuse_to_overwrite, require
from ..datasets.pascal import read_pascal
from ..datasets.recording import DataError, data_root
from .options import add_force

if TYPE_CHECKING:
    from ..article.clips import Clips
    from ..article.exercise import Mended
    from ..article.learning import Learning

EXAMPLE = "../shared/data/pascal --out runs/article"
COST = "It takes about a minute on one core, and writes less than 1 MB."


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    p.add_argument(
        "set", nargs="?", type=Path, metavar="SET", help="folder of PASCAL set A (default: pascal in $HEARTSEG_DATA)"
    )
    p.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="DIR",
        help="for curves.csv, curves.svg, clips.png, and clips.onnx, which `compare` takes",
    )
    add_force(p)
    p.add_argument("--seed", type=int, default=1, help="(default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Train as printed and mended, print and write; returns the exit status."""
    for library in ("librosa", "tensorflow", "tf2onnx"):
        require("the exercise", library, "train")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # errors alone
    with quiet_unless_it_fails():
        from ..article import exercise
    from ..article.clips import CLIPS_FILE, clips_of
    from ..article.learning import draw_curves, write_csv
    from ..article.picture import draw_clips

    folder = args.set or data_root() / "pascal"
    recordings = list(read_pascal(folder))
    if len(recordings) < exercise.FOLDS:
        raise DataError(f"{folder}: the exercise needs {exercise.FOLDS} marked recordings, and finds {len(recordings)}")
    if args.out:
        for name in ("curves.csv", "curves.svg", "clips.png", CLIPS_FILE):
            refuse_to_overwrite(args.out / name, args.force)
        drawing()
        args.out.mkdir(parents=True, exist_ok=True)
    clips = clips_of(recordings)
    share = float(clips.kind.mean())
    majority = max(share, 1 - share)
    _print_clips(clips, majority)
    curves = _train_printed(clips, share, args.seed)
    trained = exercise.train_mended(recordings, args.seed)
    curves["mended"] = trained.learning
    _print_mended(clips, trained)
    if args.out:
        write_csv(curves, args.out / "curves.csv")
        draw_curves(curves, majority, args.out / "curves.svg")
        draw_clips(clips, args.out / "clips.png")
        exercise.export(trained, args.out / CLIPS_FILE)
    print(f"\n{NOTICE}")
    return 0


@contextmanager
def quiet_unless_it_fails() -> Iterator[None]:
    """Keep back what is written to standard error, by C++ libraries too. It is shown only if the body raises."""
    with tempfile.TemporaryFile() as kept:
        shown = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(shown, kept.read())
            raise
        finally:
            os.dup2(shown, 2)
            os.close(shown)


def _print_clips(clips: "Clips", majority: float) -> None:
    from ..article import exercise

    print(
        f"{len(clips.kind)} clips of {len(clips.names)} recordings: {(clips.kind == 0).sum()} begin at an S1 "
        f"(class 0), {(clips.kind == 1).sum()} at an S2 (class 1)\n"
        f"always the larger class: {majority * 100:.1f} % right; one threshold on the clip's length, set on other "
        f"recordings: {exercise.by_length(clips) * 100:.1f} %",
        flush=True,
    )


def _train_printed(clips: "Clips", share: float, seed: int) -> dict[str, "Learning"]:
    """Train the network as printed with both losses, and print; learning by loss. share: of clips of class 1."""
    from ..article import exercise

    answer, logit = "as printed, loss of the answer", "as printed, loss of the logit"
    curves = {}
    for name, loss in ((answer, exercise.loss_of_answer), (logit, exercise.KERAS_3_LOSS)):
        printed = exercise.train_printed(clips, loss, seed)
        curves[name] = printed.learning
        print(
            f"\n{name}\n{printed.learning.text()}\n"
            f"  answers from {printed.lowest:g} to {printed.highest:g}: class 1 for every clip, "
            f"{share * 100:.1f} % right; largest gradient {printed.gradient:.2g}",
            flush=True,
        )
    wrong = 1 - curves[answer].accuracy[-1]
    print(
        f"\nThe loss of the answer: a clip of class 0 costs {exercise.WRONG_COSTS:.2f}, one of class 1 nothing; "
        f"{wrong:.3f} x {exercise.WRONG_COSTS:.2f} = {wrong * exercise.WRONG_COSTS:.2f}"
    )
    return curves


def _print_mended(clips: "Clips", trained: "Mended") -> None:
    right = (trained.p > 0.5) == clips.kind
    print(
        f"\nmended, mean of {len(trained.networks)} folds of recordings\n{trained.learning.text()}\n"
        f"  each clip by the network that was not trained on its recording: {right.mean() * 100:.1f} % right"
    )
    for i, name in enumerate(clips.names):
        is_here = clips.recording == i
        print(f"    {name}{right[is_here].mean() * 100:7.1f} % of {is_here.sum()}")
