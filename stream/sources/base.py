"""What every source of sound has in common: it fills a ring buffer, which the engine reads."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # soxr, which the intake needs, is not to be loaded for an error
    from .intake import Intake

LISTENING = "listening"
"""The state of a source that nothing is wrong with."""


class SourceError(Exception):
    """A recording or a device cannot be used. The message says which, why, and what to do."""


class NoSuchSource(SourceError):
    """The named recording or device does not exist: the command was wrong."""


class Source(Protocol):
    """Adds a ring to the intake and fills it from `start` on. Closes the intake when the sound ends, or at `stop`.

    Most sources have one ring; a device that comes back with another rate or other channels needs another.

    Attributes
    ----------
    name
        What the session line calls it.
    failure
        What went wrong, in one line; None if nothing did.
    state
        How it is doing, in a few words.
    latency
        Worst-case delay ahead of the segmenter, in stream samples, by stage.
    warnings
        What the user should know at the end; it may grow during the run.
    """

    name: str
    failure: str | None
    state: str
    latency: dict[str, int]
    warnings: list[str]

    def start(self, intake: "Intake") -> None:
        """Add a ring to the intake and begin to fill it. Raises SourceError."""

    def stop(self) -> None:
        """Write no more; what was written stays. From any thread, and again."""

    def when(self, position: int) -> float | None:
        """Return when the stream sample at this position was captured (`time.monotonic`, s); None if unknown."""
