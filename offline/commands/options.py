"""Options that several commands have."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..console import MissingExtra, UsageError

if TYPE_CHECKING:
    from ...stream.segmenter.lag import Lag


def add_sets(parser: argparse.ArgumentParser) -> None:
    """The arguments `SET ...`: folders of public sets."""
    parser.add_argument(
        "sets", nargs="+", type=Path, metavar="SET", help="folders of CirCor, CinC 2016 or PASCAL set A"
    )


def add_reference(parser: argparse.ArgumentParser) -> None:
    """The option `--reference`: one annotation."""
    parser.add_argument(
        "--reference",
        type=Path,
        metavar="ANNOTATION",
        help="CirCor's .tsv, CinC's _StateAns.mat, PASCAL's Atraining_normal_seg.csv, or a result of `segment`",
    )


def place(text: str) -> Path:
    """A path or a URL, as the type of an argument."""
    from ..archive.places import place_of

    try:
        return place_of(text)
    except (UsageError, MissingExtra) as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def local_path(text: str) -> Path:
    """A path, as the type of an argument that may be no URL."""
    if "://" in text:
        raise argparse.ArgumentTypeError(f"{text}: is a URL; name a local file or folder")
    return Path(text)


def add_plan(parser: argparse.ArgumentParser) -> None:
    """The arguments `PLAN` and `RESULTS` of a large archive."""
    parser.add_argument("plan", type=Path, metavar="PLAN", help="a plan that `plan` wrote")
    parser.add_argument("results", type=place, metavar="DIR", help="the folder that `segment PLAN --out` filled")


def add_lag(parser: argparse.ArgumentParser) -> None:
    """The option `--lag`, read as a `Lag`."""
    parser.add_argument(
        "-l",
        "--lag",
        type=_lag,
        default="full",
        metavar="live|MS|full",
        help="that of the live engine, a bound in ms, or the whole recording in view (default: full)",
    )


def add_sensitivity(parser: argparse.ArgumentParser) -> None:
    """The option `--sensitivity`."""
    parser.add_argument(
        "--sensitivity",
        choices=("low", "normal", "high"),
        default="normal",
        help="how easily a heart is believed: 'high' for poor sounds, 'low' for noisy surroundings (default: normal)",
    )


def add_systole(parser: argparse.ArgumentParser) -> None:
    """The option `--systole`."""
    parser.add_argument(
        "--systole",
        action="store_true",
        help="also say whether a murmur-like sound is heard in systole: for review, not a diagnosis",
    )


def add_force(parser: argparse.ArgumentParser) -> None:
    """The option `--force`."""
    parser.add_argument("-f", "--force", action="store_true", help="overwrite files that exist")


def _lag(text: str) -> "Lag":
    from ...stream.segmenter.lag import DEFAULT_LAG, FULL_CONTEXT, Lag

    try:
        return {"live": DEFAULT_LAG, "full": FULL_CONTEXT}.get(text) or Lag.within(float(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text}: expected live, full or milliseconds ({error})") from None
