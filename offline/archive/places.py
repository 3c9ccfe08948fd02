"""The place where a recording lies, and the state in which it is found there."""

from dataclasses import dataclass
from pathlib import Path

from ...stream.sources.base import SourceError


@dataclass(frozen=True)
class State:
    """What changes when a recording does: its size in bytes, and a stamp, its time of change in ns."""

    size: int
    stamp: str


def state_of(file: Path) -> State:
    """The present state of a recording. Raises SourceError where there is none."""
    try:
        status = file.stat()
    except FileNotFoundError:
        raise SourceError(f"{file}: no such file") from None
    except OSError as error:
        raise SourceError(f"{file}: cannot be read ({error.strerror})") from None
    return State(status.st_size, str(status.st_mtime_ns))
