"""Messages of a command on standard error, apart from its results."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator

_program = "heartseg"
_is_quiet = False


def speak_as(program: str, quiet: bool = False) -> None:
    """Set the name that messages begin with, and whether remarks are left out."""
    global _program, _is_quiet
    _program, _is_quiet = program, quiet


def is_quiet() -> bool:
    """Whether remarks and progress are left out."""
    return _is_quiet


def print_anything() -> None:
    """Have signs that standard output cannot write replaced by "?", as in a pipe on Windows."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def say(message: str) -> None:
    """Print an error, a warning, or what else the user must know."""
    try:
        print(f"{_program}: {message}", file=sys.stderr)
    except OSError:  # the terminal has been closed; Python shall not try again at exit
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def remark(message: str) -> None:
    """Print what the user may do without, unless the command is quiet."""
    if not _is_quiet:
        say(message)


@contextlib.contextmanager
def pipe_may_close() -> Iterator[None]:
    """Print the results of a block. Where their reader ends first, as in `| head`, the block ends in silence."""
    try:
        yield
        print(end="", flush=True)
    except BrokenPipeError:
        from ..sinks.jsonl import silence_stdout

        silence_stdout()
