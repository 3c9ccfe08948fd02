"""Listening from Python: one call, then events to iterate over, a callback, or sinks."""

import math
import os
import queue
from collections.abc import Callable, Iterable, Iterator
from numbers import Real
from types import TracebackType

from ..models import Network, load
from .engine import Engine
from .events import Event
from .rates import STREAM_RATE, seconds
from .segmenter.lag import Lag
from .segmenter.presence import Presence
from .segmenter.segmenter import Segmenter
from .sinks.base import Accounts, Sink, SinkError
from .sources.base import Source
from .sources.file import FileSource
from .sources.replay import Replay


def listen(
    path: str | os.PathLike[str] | None = None,
    *,
    device: str | int | None = None, source: Source | None = None, channel: int | None = None, wait: bool = False,
    speed: float | None = 1.0,
    lag: float | None = None, sensitivity: str = "normal", systole: bool = False,
    model: str | os.PathLike[str] | Network | None = None,
    sinks: Iterable[Sink] = (),
    on_event: Callable[[Event], object] | None = None,
) -> "Listening":  # fmt: skip
    """Listen to a recording, to a capture device, or to a source of one's own. It has begun when this returns.

    Parameters
    ----------
    path
        The recording. Without it and without `source`, a capture device is used.
    device
        Its number, a part of its name, or None for the default.
    source
        Any object of the `Source` protocol.
    channel
        Of the recording or the device, from 1. None is the mean of all.
    wait
        The device may be absent or in use at first.
    speed
        Of a recording, in times real time. None is as fast as possible.
    lag
        Bound of the lag, from the centre of a sound to its event, in ms. None is the default of 390.
    sensitivity
        How easily a heart is believed: "low", "normal" or "high".
    systole
        Also say, in events `Systole`, whether a murmur-like sound is heard in systole. For review, not a diagnosis.
    model
        A shipped model's name, an .onnx file's path (its card beside it) or a `Network`. None is the default.
    sinks
        Receive the samples and the events, on a thread of the engine.
    on_event
        Called with each event, on a thread of the engine. Without it, iterate over what is returned.

    Raises
    ------
    SourceError, ModelError
        If the recording or the device, or the model, cannot be used.
    TypeError, ValueError
        For an array, for a value that cannot be, or arguments that do not go together.

    Examples
    --------
    >>> with listen("heart.wav", lag=250) as events:  # doctest: +SKIP
    ...     print(next(iter(events)).as_text())
    """
    _refuse(path, device, source, channel, wait, speed)
    segmenter = _segmenter(model, lag, sensitivity, systole)
    source = _opened(path, device, channel, wait, speed) if source is None else source
    return Listening(segmenter, source, on_event, sinks)


def _segmenter(
    model: str | os.PathLike[str] | Network | None, lag: float | None, sensitivity: str, systole: bool
) -> Segmenter:
    """The segmenter of a run. Raises ModelError, TypeError and ValueError."""
    network = network_of(model)
    limit = None if lag is None else lag_within(lag, network)
    return Segmenter(network, limit, sensitivity=sensitivity, rate=STREAM_RATE, systole=systole)


def _opened(
    path: str | os.PathLike[str] | None, device: str | int | None, channel: int | None, wait: bool, speed: float | None
) -> Source:
    """The recording or the device. Raises SourceError."""
    if path is not None:
        return Replay.of(FileSource(path, channel), speed)
    from .sources.microphone import Microphone, wait_for

    return wait_for(device, channel=channel) if wait else Microphone(device, channel=channel)


def _refuse(path: object, device: object, source: object, channel: int | None, wait: bool, speed: float | None) -> None:
    """Raise TypeError or ValueError where the arguments of `listen` cannot be, or do not go together."""
    if path is not None and not isinstance(path, str | os.PathLike):
        raise TypeError(
            f"path should name a recording, not be {type(path).__name__}; heartseg.segment(x, rate=...) takes an array"
        )
    if path is not None and source is not None:
        raise ValueError("path and source do not go together")
    if (path is not None or source is not None) and (device is not None or wait):
        raise ValueError("device and wait do not go with a path or a source")
    if source is not None and channel is not None:
        raise ValueError("channel does not go with a source, which chooses its own")
    if speed is not None and not speed > 0:
        raise ValueError(f"speed should be above 0, or None, not {speed}")


def lag_within(ms: float, network: Network | None) -> Lag:
    """The longest lag within so many ms, of a network or the default. Raises TypeError, ValueError and ModelError."""
    if not isinstance(ms, Real):
        raise TypeError(f"lag should be a number of milliseconds, not {ms!r}")
    if not math.isfinite(ms):
        raise ValueError(f"lag should be a number of milliseconds, not {ms}")
    try:
        return Lag.within(ms) if network is None else Lag.within(ms, network.card)
    except ValueError as error:
        raise ValueError(f"lag={ms:g}: {error}") from None


def network_of(model: str | os.PathLike[str] | Network | None) -> Network | None:
    """The network that a user names, or None. Raises ModelError."""
    if isinstance(model, str | os.PathLike):
        return load(os.fspath(model))
    return model


class Listening:
    """A run of the engine. It is a context manager that stops the run, and an iterator over the events of the run.

    `listen` makes one.

    Parameters
    ----------
    segmenter
        Finds the sounds.
    source
        Brings the samples.
    on_event
        Called with each event, on a thread of the engine. Without it, iterate.
    sinks
        Receive the samples and the events, on a thread of the engine.

    Raises
    ------
    SourceError
        Where the source cannot be opened.

    Examples
    --------
    >>> from itertools import islice
    >>> from heartseg.stream import SimulatedHeart, Sound
    >>> seconds_8 = Replay(islice(SimulatedHeart().blocks(), 80), speed=None)
    >>> with listen(source=seconds_8) as run:
    ...     sounds = [event for event in run if isinstance(event, Sound)]
    >>> len(sounds) > 12, run.accounts.dropped
    (True, 0)
    """

    def __init__(
        self,
        segmenter: Segmenter,
        source: Source,
        on_event: Callable[[Event], object] | None = None,
        sinks: Iterable[Sink] = (),
    ) -> None:
        self._events = _Events(on_event)
        self._engine = Engine(segmenter, source, [self._events, *sinks])
        self._engine.start()

    @property
    def state(self) -> str:
        """How the source is doing, in a few words: "listening", or what it waits for."""
        return self._engine.state

    @property
    def presence(self) -> Presence:
        """Whether there is a heart, by the evidence so far."""
        return self._engine.presence

    @property
    def accounts(self) -> Accounts:
        """The sample counts."""
        return self._engine.accounts

    def stop(self) -> None:
        """Stop to capture. The events of what was captured still come."""
        self._engine.ask_to_stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end, and return whether it came.

        Parameters
        ----------
        timeout
            The longest wait, in seconds. None: without end.

        Raises
        ------
        RuntimeError
            If the run failed. What `on_event` raised is raised as it is.
        """
        if not self._engine.wait(timeout):
            return False
        if self._events.error is not None:
            raise self._events.error
        if self._engine.failure:
            raise RuntimeError(self._engine.failure)
        return True

    def __iter__(self) -> Iterator[Event]:
        """The events as they come, to the end. Raises RuntimeError if the run failed."""
        while (event := self._events.queue.get()) is not None:
            yield event
        self._events.queue.put(None)  # ends a second iteration
        self.wait()

    def __enter__(self) -> "Listening":
        """The run itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and wait for the end. Raises as `wait` does, unless the block has raised."""
        self.stop()
        if kind is None:
            self.wait()
        else:
            self._engine.wait(None)

    def __repr__(self) -> str:
        """The source, how it is doing, and how much was captured."""
        accounts = self.accounts
        state = self._engine.failure or ("ended" if self._engine.wait(0) else self.state)
        return (
            f"<Listening to {self._engine.name}: {state}, {seconds(accounts.captured):.1f} s captured, "
            f"{seconds(accounts.dropped):.2f} s dropped>"
        )


class _Events(Sink):
    """A sink that passes the events to a queue or to a callback."""

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
