"""The base of every sink. A sink receives samples, gaps and events in stream order."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..events import Event
from ..rates import Samples


class SinkError(Exception):
    """Output cannot be written. The message says which and why."""


class OutputClosed(SinkError):
    """Nobody reads the output any more. The run ends in good order, and nothing went wrong."""


@dataclass(frozen=True)
class Accounts:
    """Sample counts of a run: captured = processed + dropped + pending."""

    captured: int
    processed: int
    dropped: int
    pending: int

    @property
    def uncounted(self) -> int:
        """Samples that are not accounted for."""
        return self.captured - self.processed - self.dropped - self.pending


class Sink:
    """Base of all sinks. Override the methods that you need; the others do nothing.

    All methods are called from the worker's thread, in stream order. Sinks do not depend on each other, so their order
    does not matter. A sink that raises SinkError is not called again except for `close`, and the run stops after the
    current block.
    """

    def on_samples(self, block: Samples) -> None:
        """Take samples that the segmenter is about to process: shape (n,), float32, 44,100 Hz."""

    def on_missing(self, length: int) -> None:
        """Take note of `length` samples that are missing here. The `Gap` follows as an event."""

    def on_event(self, event: Event) -> None:
        """Take an event of the segmenter, or a marker."""

    def own_events(self, ended: bool) -> Sequence[Event]:
        """Events of the sink itself since the last call. All sinks get them. ended: no more samples will come."""
        return ()

    def close(self, accounts: Accounts) -> None:
        """The stream has ended. Called once, in any case."""

    def written(self) -> list[str]:
        """After `close`: a line for each file that was written, with its name and how much it holds."""
        return []
