"""Listening from Python: one call, then events to iterate over or to be called with."""

import os
import queue
from collections.abc import Callable, Iterator
from types import TracebackType

from .engine import Engine
from .events import Event
from .segmenter.lag import Lag
from .segmenter.segmenter import Segmenter
from .sinks.base import Accounts, Sink, SinkError
from .sources.base import Source
from .sources.file import FileSource
from .sources.replay import Replay


def listen(
    path: str | os.PathLike[str] | None = None,
    *,
    device: str | int | None = None,
    wait: bool = False,
    speed: float | None = 1.0,
    lag: Lag | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> "Listening":
    """Listen to a recording, or to a capture device where no path is given; it has begun when this returns.

    device: its number, a part of its name, or None for the default; with `wait` it need not be there yet. speed: of a
    recording, in times real time; None is as fast as it goes. on_event: called with each event, on a thread of the
    engine; without it, iterate over what is returned. Raises SourceError where the recording or the device cannot be
    used, ValueError for arguments that do not go together.

    >>> with listen("heart.wav") as events:  # doctest: +SKIP
    ...     for event in events:
    ...         print(event)
    """
    if path is not None and (device is not None or wait):
        raise ValueError("a recording needs no device, and no waiting for one")
    if speed is not None and not speed > 0:
        raise ValueError(f"speed should be above 0, or None, not {speed}")
    segmenter = Segmenter(lag=lag)
    source: Source
    if path is not None:
        file = FileSource(path)
        source = Replay(file.blocks(), speed, file.name, file.warnings)
    else:
        from .sources.microphone import Microphone, wait_for

        source = wait_for(device) if wait else Microphone(device)
    return Listening(segmenter, source, on_event)


class Listening:
    """A run of the engine: a context manager that stops it, and an iterator over its events that ends with it."""

    def __init__(self, segmenter: Segmenter, source: Source, on_event: Callable[[Event], object] | None = None) -> None:
        self._teller = _Teller(on_event)
        self._engine = Engine(segmenter, source, [self._teller])
        self._engine.start()

    @property
    def state(self) -> str:
        """How the listening is doing, in a few words: "listening", or what is waited for."""
        return self._engine.state

    @property
    def accounts(self) -> Accounts:
        """Where every captured sample is."""
        return self._engine.accounts

    def stop(self) -> None:
        """Hear no more; the events that are owed still come."""
        self._engine.ask_to_stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end; whether it came. Raises what `on_event` raised, and RuntimeError where the run failed."""
        if not self._engine.wait(timeout):
            return False
        if self._teller.error is not None:
            raise self._teller.error
        if self._engine.failure:
            raise RuntimeError(self._engine.failure)
        return True

    def __iter__(self) -> Iterator[Event]:
        """The events as they come, to the end. Raises RuntimeError where the run failed."""
        while (event := self._teller.queue.get()) is not None:
            yield event
        self._teller.queue.put(None)  # for whoever iterates again
        self.wait()

    def __enter__(self) -> "Listening":
        """The run itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop, and wait for the end. Raises as `wait` does, unless the block did already."""
        self.stop()
        if kind is None:
            self.wait()
        else:
            self._engine.wait(None)


class _Teller(Sink):
    """A sink that passes events on."""

    def __init__(self, on_event: Callable[[Event], object] | None) -> None:
        self.queue: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self.error: Exception | None = None
        self._on_event = on_event

    def on_event(self, event: Event) -> None:
        if self._on_event is None:
            self.queue.put(event)
            return
        try:
            self._on_event(event)
        except Exception as error:
            self.error = error
            raise SinkError(f"on_event failed: {error}") from error

    def close(self, accounts: Accounts) -> None:
        self.queue.put(None)
