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
    """Sample counts of a run, at 44,100 Hz: captured = processed + dropped + pending.

    Attributes
    ----------
    captured
        Samples that reached the ring, and those known to be missing.
    processed
        Samples that the segmenter took.
    dropped
        Samples that were lost; each is inside a gap.
    pending
        Captured, and not taken yet.

    Examples
    --------
    >>> Accounts(captured=1000, processed=900, dropped=60, pending=40).uncounted
    0
    """

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

    Examples
    --------
    >>> from itertools import islice
    >>> import heartseg
    >>> from heartseg.stream import Replay, SimulatedHeart
    >>> class Length(Sink):
    ...     samples = 0
    ...     def on_samples(self, block):
    ...         self.samples += len(block)
    >>> sink = Length()
    >>> with heartseg.listen(source=Replay(islice(SimulatedHeart().blocks(), 10), speed=None), sinks=[sink]) as run:
    ...     run.wait()
    True
    >>> sink.samples
    44100
    """

    def on_samples(self, block: Samples) -> None:
        """Take a block of samples that the segmenter is about to process: shape (n,), float32, 44,100 Hz."""

    def on_missing(self, length: int) -> None:
        """Take note of `length` samples that are missing here. The `Gap` follows as an event."""

    def on_event(self, event: Event) -> None:
        """Take an event of the segmenter, or a marker."""

    def own_events(self, ended: bool) -> Sequence[Event]:
        """Events of the sink itself since the last call. All sinks get them. ended: no more samples will come."""
        return ()

    def close(self, accounts: Accounts) -> None:
        """The stream has ended. Called once, in any case, with the accounts of the run."""

    def written(self) -> list[str]:
        """After `close`: a line for each file that was written, with its name and how much it holds."""
        return []
