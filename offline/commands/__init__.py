"""The commands of `heartseg-offline`, a module each: `add` describes its options, `run` does it.

A module imports what is heavy within `run`, so that no command waits for another's libraries.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from ...stream.segmenter.lag import Lag

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def command(commands: Commands, name: str, summary: str, example: str) -> argparse.ArgumentParser:
    """The parser of a new command, whose help shows what it does and an example."""
    return commands.add_parser(
        name, help=summary, description=summary[0].upper() + summary[1:] + ".",
        epilog=f"example:\n  heartseg-offline {name} {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip


def add_reference(parser: argparse.ArgumentParser) -> None:
    """The option `--reference`: one annotation."""
    parser.add_argument(
        "--reference",
        type=Path,
        metavar="ANNOTATION",
        help="CirCor's .tsv, CinC's _StateAns.mat, PASCAL's Atraining_normal_seg.csv, or a result of `segment`",
    )


def add_lag(parser: argparse.ArgumentParser) -> None:
    """The option `--lag`, read as a `Lag`."""
    parser.add_argument(
        "--lag",
        type=_lag,
        default="full",
        metavar="live|MS|full",
        help="as the live engine at its default lag, within MS, or with all in view (default: full)",
    )


def _lag(text: str) -> "Lag":
    from ...stream.segmenter.lag import DEFAULT_LAG, FULL_CONTEXT, Lag

    try:
        return {"live": DEFAULT_LAG, "full": FULL_CONTEXT}.get(text) or Lag.within(float(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text}: expected live, full or milliseconds ({error})") from None
