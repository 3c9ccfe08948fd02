"""`heartseg-offline`: everything done with files."""

import argparse
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any

from ..models import ModelError
from ..stream import NOTICE
from ..stream.sources.base import SourceError
from .console import MissingExtra, UsageError, say
from .datasets.recording import DataError

COMMANDS = {
    "segment": "recordings to files of events",
    "plot": "draw a recording with its heart sounds",
    "report": "a recording and its heart sounds as one HTML page",
    "score": "compare events with reference annotations",
    "curve": "accuracy against latency, over sets of recordings",
    "stress": "accuracy under disturbances, over sets of recordings",
    "compare": "ways to segment, scored alike on sets of recordings",
    "data": "contents of sets of recordings, and what of them is skipped",
    "fetch": "download a public set from its home",
    "article": "the article's exercise on PASCAL set A: as printed, why it fails, and mended",
    "train": "train the network on the public sets",
}
"""Name of each command, which is that of its module in `commands`, and a summary."""

_EPILOG = f"""\
`heartseg-offline COMMAND --help` shows the options of a command, with an example.

exit status: 0 done; 1 the work failed; 2 the command was wrong
{NOTICE}
"""


class _CommandParser(argparse.ArgumentParser):
    """The parser of a command. It loads the command's module when it first parses."""

    command = ""
    _is_loaded = False

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        if not self._is_loaded:
            module: Any = import_module(f".commands.{self.command}", __package__)
            self.epilog = f"example:\n  heartseg-offline {self.command} {module.EXAMPLE}"
            module.add_options(self)
            self.set_defaults(run=module.run)
            self._is_loaded = True
        return super().parse_known_args(args, namespace)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(
        prog="heartseg-offline", description="Segment, show, score and train with files of heart sounds.",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    p.add_argument("--version", action="version", version=f"heartseg {version('heartseg')}. {NOTICE}")
    commands = p.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_CommandParser)
    for name, summary in COMMANDS.items():
        commands.add_parser(
            name, help=summary, description=summary[0].upper() + summary[1:] + ".",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        ).command = name  # fmt: skip
    return p


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    p = parser()
    args = p.parse_args(argv)
    try:
        status: int = args.run(args)
        return status
    except UsageError as error:
        p.error(str(error))
    except (DataError, SourceError, ModelError, MissingExtra) as error:
        say(str(error))
    except OSError as error:
        say(f"{error.filename2 or error.filename or 'output'}: {error.strerror}")
    except KeyboardInterrupt:
        say("stopped")
    return 1
