"""Shared by the commands of `heartseg-offline`: messages, errors, progress, whole files, optional libraries."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from ..stream.commandline.messages import is_quiet
from ..stream.commandline.messages import remark as remark
from ..stream.commandline.messages import say as say


class UsageError(Exception):
    """The command is wrong. The message says why and what to do. Exit status 2."""


class WorkError(Exception):
    """The work failed. The message says why and what to do. Exit status 1."""


class MissingExtra(ImportError):
    """A library of an optional extra is not installed."""

    def __init__(self, what: str, library: str, extra: str) -> None:
        super().__init__(f"{what} needs {library}: pip install 'heartseg[{extra}]'")


def require(what: str, library: str, extra: str) -> None:
    """Raises MissingExtra where the library that `what` needs is not installed. It is not imported."""
    if find_spec(library) is None:
        raise MissingExtra(what, library, extra)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which gets its name once it is whole; its folder is made where it is missing. Raises OSError.

    Two processes may write the same file: each writes to a name of its own before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{uuid4().hex}.part")
    try:
        with part.open("xb") as file:
            yield file
        os.replace(part, path)
    except OSError as error:
        error.filename, error.filename2 = str(path), None  # the name that the user knows
        raise
    finally:
        part.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all; its folder is made where it is missing. Raises OSError."""
    with whole_file(path) as file:
        file.write(content)


def refuse_to_overwrite(path: Path, force: bool) -> None:
    """Raises UsageError if there is a file of this name, unless the user forces it."""
    from ..stream.sinks import newfile

    try:
        newfile.refuse_to_overwrite(str(path), force)
    except newfile.FileThere as error:
        raise UsageError(str(error)) from None


def drawing() -> Any:
    """`matplotlib.pyplot`, set to draw to files alone. Raises MissingExtra."""
    require("the plot", "matplotlib", "plot")
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt


def bar(rate: ProgressColumn, period_s: float = 30.0) -> Progress:
    """A progress bar with the task's field `done`, a rate and the time left; invisible without a terminal.

    period_s: over so many seconds the rate is a mean.
    """
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[done]}"), rate, TimeRemainingColumn(),
        console=console, disable=is_quiet() or not console.is_terminal, speed_estimate_period=period_s,
    )  # fmt: skip


class SoundRate(ProgressColumn):
    """Seconds of sound a second."""

    def render(self, task: Task) -> Text:
        """The recent rate."""
        return Text(f"{task.speed:.0f} s/s" if task.speed else "")


class RecordingRate(ProgressColumn):
    """Recordings a second."""

    def render(self, task: Task) -> Text:
        """The recent rate."""
        return Text(f"{task.speed:.0f} recordings/s" if task.speed else "")


class ByteRate(ProgressColumn):
    """Mean megabytes a second. The task's field `bytes` counts them."""

    def render(self, task: Task) -> Text:
        """The rate."""
        return Text(f"{task.fields['bytes'] / task.elapsed / 1e6:.1f} MB/s" if task.elapsed else "")
