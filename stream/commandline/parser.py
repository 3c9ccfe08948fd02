"""The parser of every command. It names the nearest word to a wrong one, and completes words in a shell.

Help and completion load no more than this: models are loaded to name the nearest word, since a command is wrong then.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from itertools import takewhile
from typing import Any, NoReturn

from .. import NOTICE
from .messages import pipe_may_close


class CommandParser(argparse.ArgumentParser):
    """A parser that refuses unknown words in one line, with the nearest known one.

    Attributes
    ----------
    commands
        Their parsers, by name.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": argparse.RawDescriptionHelpFormatter, **options})
        self.commands: dict[str, CommandParser] = {}
        self._load: Callable[[CommandParser], None] | None = None

    def add_command(self, name: str, summary: str, load: Callable[["CommandParser"], None]) -> None:
        """Add a command. load: adds its options when it is first used, so that no other command's code is loaded."""
        if not self.commands:
            self._all = self.add_subparsers(dest="command", required=True, metavar="COMMAND")
        self.commands[name] = self._all.add_parser(name, help=summary)
        self.commands[name]._load = load

    def load(self) -> None:
        """Add the options, if that is still to be done."""
        if self._load:
            load, self._load = self._load, None
            load(self)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse. An option that there is not ends the command, before others are missed."""
        self.load()
        words = sys.argv[1:] if args is None else args
        is_ours = (lambda word: word.startswith("-")) if self.commands else (lambda word: word != "--")
        for option in (word.partition("=")[0] for word in takewhile(is_ours, words) if word.startswith("--")):
            if not any(known.startswith(option) for known in self._option_string_actions):
                self.error(f"there is no option {option}{_nearest(option, self._option_string_actions)}")
        parsed, unknown = super().parse_known_args(words, namespace or argparse.Namespace())
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return parsed, []

    def error(self, message: str) -> NoReturn:
        """End the command with one line and exit status 2."""
        self.exit(2, f"{self.prog}: error: {message}\n")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """End the command. The reader of its help may have gone: `pipe_may_close` finds out."""
        with pipe_may_close():
            pass
        super().exit(status, message)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            near = _nearest(value, action.choices) or f"; choose from {', '.join(map(str, action.choices))}"
            raise argparse.ArgumentError(action, f"there is no {value!r}{near}")


def _nearest(word: object, known: Iterable[object]) -> str:
    from ...models.errors import did_you_mean

    return did_you_mean(word, known)


def add_version(p: argparse.ArgumentParser) -> None:
    """The option `--version`."""
    text = f"heartseg {version('heartseg')}. {NOTICE}"
    p.add_argument("-V", "--version", action="version", version=text, help="show the version and exit")


def add_quiet(p: argparse.ArgumentParser, left_out: str) -> None:
    """The option `--quiet`. left_out: what it leaves out."""
    p.add_argument("-q", "--quiet", action="store_true", help=f"{left_out}; warnings and errors stay")


def complete(parser: Callable[[], CommandParser]) -> None:
    """Where a shell asks which words may follow, answer it and end the process.

    The extra `completion` brings argcomplete, which does it. Without it there is no answer, and nothing is run.
    """
    if "_ARGCOMPLETE" not in os.environ:
        return
    try:
        import argcomplete
    except ImportError:
        raise SystemExit(1) from None
    p = parser()
    for name, command in p.commands.items():
        if name in os.environ["COMP_LINE"].split():
            command.load()  # argcomplete looks at the options before it parses
    argcomplete.autocomplete(p)
