"""What the commands of `heartseg-offline` share: how they speak, and how they refuse."""

import sys


class UsageError(Exception):
    """The command was wrong; the message says what, and what to do. Exit status 2."""


def say(message: str) -> None:
    """A line for the person at the terminal, apart from the results on standard output."""
    print(f"heartseg-offline: {message}", file=sys.stderr)


class MissingExtra(Exception):
    """A library of an optional extra is not installed."""

    def __init__(self, what: str, library: str, extra: str) -> None:
        super().__init__(f"{what} needs {library}: pip install 'heartseg[{extra}]'")
