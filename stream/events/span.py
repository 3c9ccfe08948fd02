"""What events share: a span of the stream, and when they were decided, in samples and in seconds."""

from typing import Protocol

from ..rates import seconds


class _Span(Protocol):
    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


class _Event(Protocol):
    @property
    def emitted(self) -> int: ...


class Emitted:
    """Decided when the stream had been heard up to sample `emitted`."""

    @property
    def emitted_s(self: _Event) -> float:
        """The stream position at which it could be decided, in seconds."""
        return seconds(self.emitted)


class InSeconds:
    """From sample `start` to before sample `end`, in seconds."""

    @property
    def start_s(self: _Span) -> float:
        """Where it starts, in seconds."""
        return seconds(self.start)

    @property
    def end_s(self: _Span) -> float:
        """Where it ends, in seconds."""
        return seconds(self.end)

    @property
    def duration_s(self: _Span) -> float:
        """How long it lasts, in seconds."""
        return seconds(self.end - self.start)
