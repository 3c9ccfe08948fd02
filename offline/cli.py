# PYTHON_ARGCOMPLETE_OK
"""`heartseg-offline`, and most commands of `heartseg`: everything done with files."""

from importlib import import_module
from typing import Any

from ..models import ModelError
from ..stream import NOTICE
from ..stream.commandline.messages import pipe_may_close, print_anything, speak_as
from ..stream.commandline.parser import CommandParser, add_quiet, add_version, complete
from ..stream.sources.base import SourceError
from .console import MissingExtra, UsageError, WorkError, say
from .datasets.recording import DataError

COMMANDS = {
    "segment": "recordings to files of events",
    "plan": "cut the list of a large archive into shards, for `segment`",
    "status": "how far the shards of a plan are",
    "merge": "the results of all shards as one table of events and one summary",
    "verify": "whether each recording of a plan has its result, unharmed",
    "plot": "draw a recording with its heart sounds",
    "report": "a recording and its heart sounds as one HTML page",
    "systole": "one answer about a murmur-like sound in systole, of the recordings of one person",
    "score": "compare events with reference annotations",
    "curve": "accuracy against latency, over sets of recordings",
    "stress": "accuracy under disturbances, over sets of recordings",
    "transfer": "hearts of other devices, and sounds without a heart",
    "compare": "ways to segment, scored alike on sets of recordings",
    "data": "contents of sets of recordings, and what of them is skipped",
    "fetch": "download a public set from its home",
    "article": "the article's exercise on PASCAL set A: as printed, why it fails, and mended",
    "train": "train the network on the public sets",
}
"""Name of each command, which is that of its module in `commands`, and a summary."""

_OF_ARCHIVES = {"segment", "plan", "status", "merge", "verify"}  # their modules are in `commands/archive`

EPILOG = f"""\
`%(prog)s COMMAND --help` shows the options of a command, with an example.

exit status: 0 done; 1 the work failed; 2 the command was wrong
{NOTICE}
"""


def parser() -> CommandParser:
    """The command line."""
    description = "Segment, show, score and train with files of heart sounds."
    p = CommandParser(prog="heartseg-offline", description=description, epilog=EPILOG)
    add_version(p)
    add_commands(p)
    return p


def add_commands(p: CommandParser) -> None:
    """Each of `COMMANDS`. The module of a command is loaded when it is used."""
    for name, summary in COMMANDS.items():
        p.add_command(name, summary, _load)


def _load(p: CommandParser) -> None:
    """Describe a command. Its name is the last word of the program's."""
    name = p.prog.split()[-1]
    folder = "commands.archive" if name in _OF_ARCHIVES else "commands"
    module: Any = import_module(f".{folder}.{name}", __package__)
    cost = getattr(module, "COST", "")
    p.description = f"{COMMANDS[name][0].upper()}{COMMANDS[name][1:]}.{cost and ' '}{cost}"
    p.epilog = f"example:\n  {p.prog} {module.EXAMPLE}"
    module.add_options(p)
    add_quiet(p, "no progress and no remarks")
    p.set_defaults(run=module.run, parser=p)


def main(argv: list[str] | None = None) -> int:
    """Run `heartseg-offline`; returns the exit status."""
    complete(parser)
    return execute(parser(), argv)


def execute(p: CommandParser, argv: list[str] | None) -> int:
    """Run the command of a parser that has `add_commands`; returns the exit status."""
    print_anything()
    args = p.parse_args(argv)
    speak_as(args.parser.prog, args.quiet)
    try:
        status: int = 0
        with pipe_may_close():
            status = args.run(args)
        return status
    except UsageError as error:
        args.parser.error(str(error))
    except (DataError, SourceError, ModelError, MissingExtra, WorkError) as error:
        say(str(error))
    except OSError as error:
        say(f"{error.filename2 or error.filename or 'output'}: {error.strerror}")
    except KeyboardInterrupt:
        say("stopped")
    return 1
