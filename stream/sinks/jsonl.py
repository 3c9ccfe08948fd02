"""Events as JSON Lines, in a file or on standard output."""

import contextlib
import io
import json
import os
import sys
from collections import Counter
from typing import IO, Any

from ..events import Event, Sound
from .base import Accounts, OutputClosed, Sink, SinkError
from .fsync import Syncing
from .newfile import create
from .session import end

_FORM: dict[str, Any] = {"encoding": "utf-8", "newline": "\n"}  # the same bytes on every system


def silence_stdout() -> None:
    """Discard all further standard output, so that Python does not flush it again at exit."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def stdout_error(error: OSError | ValueError) -> SinkError:
    """The error of a sink whose standard output cannot be written. `| head` closes it, and that is no failure."""
    if isinstance(error, BrokenPipeError):
        return OutputClosed("standard output: is closed")
    return SinkError(f"standard output: cannot be written ({getattr(error, 'strerror', None) or error})")


def _stdout() -> IO[str]:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(**_FORM)
    return sys.stdout


class JsonLines(Sink):
    """A sink that writes the session, the events and the end, one object a line.

    Parameters
    ----------
    path
        The file; "-" is standard output.
    session
        The first line.
    force
        Whether a file of this name is overwritten.

    Raises
    ------
    SinkError
        Where the file is there without `force`, or cannot be written.

    Examples
    --------
    >>> sink = JsonLines("-", {"type": "session"})
    {"type": "session"}
    >>> sink.on_event(Sound("S1", 0, 4410, 0.97, 17_640))  # doctest: +ELLIPSIS
    {"type": "sound", "kind": "S1", "onset_s": 0.0, "offset_s": 0.1, ...}
    """

    def __init__(self, path: str, session: dict[str, Any], force: bool = False) -> None:
        self._path = path
        if path == "-" and sys.stdout is None:
            raise SinkError("standard output: is closed")
        try:
            self._file: IO[str] = _stdout() if path == "-" else create(path, "", force, **_FORM)
        except OSError as error:
            raise SinkError(f"{path}: cannot be written ({error.strerror})") from None
        self._syncing = None if path == "-" else Syncing(self._file)
        self._counts: Counter[str] = Counter()
        self._length = 0  # in bytes, of complete lines
        self._write(session)

    def on_event(self, event: Event) -> None:
        """Write the event and flush it."""
        self._write(event.as_dict())
        if isinstance(event, Sound):
            self._counts[event.kind] += 1

    def close(self, accounts: Accounts) -> None:
        """Write the end and close the file."""
        self._write(end(accounts, self._counts))
        if self._syncing is not None:
            self._syncing.stop()
            self._file.close()

    def written(self) -> list[str]:
        """The file, and how many sounds are in it."""
        if self._syncing is None or not self._length:
            return []
        return [f"{self._path}: {self._counts.total()} sounds"]

    def _write(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=False) + "\n"
        try:
            self._file.write(text)
            self._file.flush()
            self._length += len(text.encode())
        except (OSError, ValueError) as error:
            if self._syncing is None:
                silence_stdout()
                raise stdout_error(error) from None
            self._syncing.stop()
            with contextlib.suppress(OSError):  # closing flushes once more, which may fail again
                self._file.close()
            with contextlib.suppress(OSError):  # remove the incomplete line; a device cannot be cut
                os.truncate(self._path, self._length)
            raise SinkError(f"{self._path}: cannot be written ({getattr(error, 'strerror', None) or error})") from None
