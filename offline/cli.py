"""`heartseg-offline`: everything done with files."""

import argparse
from importlib.metadata import version

from ..models import ModelError
from ..stream import NOTICE
from ..stream.sources.base import SourceError
from .commands import article, compare, curve, data, fetch, plot, report, score, segment, stress, train
from .console import MissingExtra, UsageError, say
from .datasets.recording import DataError

_COMMANDS = (segment, plot, report, score, curve, stress, compare, data, fetch, article, train)

_EPILOG = f"""\
`heartseg-offline COMMAND --help` shows the options of a command, with an example.

exit status: 0 done; 1 the work failed; 2 the command was wrong
{NOTICE}
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(
        prog="heartseg-offline", description="Segment, show, score and train with files of heart sounds.",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    p.add_argument("--version", action="version", version=f"heartseg {version('heartseg')}. {NOTICE}")
    commands = p.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in _COMMANDS:
        module.add(commands)
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
