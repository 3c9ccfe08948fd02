"""Where events are written to: JSON Lines."""

import contextlib
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import IO, Any

from ..events import Event, Sound
from .base import Accounts, Sink, SinkError
from .fsync import Syncing
from .session import end


def silence_stdout() -> None:
    """Let standard output go nowhere from now on, so that the exit does not try it again."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115


def stdout_error(error: OSError | ValueError) -> SinkError:
    """Standard output cannot be written."""
    return SinkError(f"standard output: cannot be written ({getattr(error, 'strerror', None) or error})")


class JsonLines(Sink):
    """One object a line, each flushed as it comes: the session, the events, the end. Path "-" is standard output."""

    def __init__(self, path: str, session: dict[str, Any]) -> None:
        self._path = path
        if path == "-" and sys.stdout is None:
            raise SinkError("standard output: is closed")
        try:
            self._file: IO[str] = sys.stdout if path == "-" else Path(path).open("w", encoding="utf-8")  # noqa: SIM115
        except OSError as error:
            raise SinkError(f"{path}: cannot be written ({error.strerror})") from None
        self._syncing = None if path == "-" else Syncing(self._file)
        self._counts: Counter[str] = Counter()
        self._whole = 0  # bytes of whole lines
        self._write(session)

    def on_event(self, event: Event) -> None:
        """Write the event's line."""
        if isinstance(event, Sound):
            self._counts[event.kind] += 1
        self._write(event.as_dict())

    def close(self, accounts: Accounts) -> None:
        """Write the end, with all samples accounted for."""
        self._write(end(accounts, self._counts))
        if self._syncing is not None:
            self._syncing.stop()
            self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=False) + "\n"
        try:
            self._file.write(text)
            self._file.flush()
            self._whole += len(text.encode())
        except (OSError, ValueError) as error:
            if self._syncing is None:
                silence_stdout()
                raise stdout_error(error) from None
            self._syncing.stop()
            with contextlib.suppress(OSError):  # what could not be written is tried once more, and given up
                self._file.close()
            with contextlib.suppress(OSError):  # a line that was torn is not left; a device has none
                os.truncate(self._path, self._whole)
            raise SinkError(f"{self._path}: cannot be written ({getattr(error, 'strerror', None) or error})") from None
