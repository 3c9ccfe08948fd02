"""What every source of sound has in common: it fills the ring buffer."""

from typing import Protocol

from .ring import RingBuffer

LISTENING = "listening"
"""The state of a source that nothing is wrong with."""


class SourceError(Exception):
    """A recording or a device cannot be used. The message says which, why, and what to do."""


class NoSuchSource(SourceError):
    """The named recording or device does not exist: the command was wrong."""


class Source(Protocol):
    """Fills a ring from `start` until the sound ends or until `stop`, then closes it.

    name: what the session line calls it. failure: what went wrong, in one line. state: how it is doing, in a few
    words. latency: worst-case delay ahead of the ring, in stream samples, by stage. warnings: what the user should
    know at the end; it may grow during the run.
    """

    name: str
    failure: str | None
    state: str
    latency: dict[str, int]
    warnings: list[str]

    def start(self, ring: RingBuffer) -> None:
        """Begin to fill the ring. Raises SourceError."""

    def stop(self) -> None:
        """Stop filling it. What was written stays."""

    def when(self, position: int) -> float | None:
        """Return the time (`time.monotonic`) at which a recent stream sample was captured, None if unknown."""
