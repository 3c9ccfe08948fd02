"""The live engine: a source fills a ring, a worker thread runs the segmenter, sinks take samples and events."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

import numpy as np

from ..models.errors import one_line
from .events import Event, Marker, Onset
from .rates import STREAM_RATE, Samples
from .segmenter.presence import Presence
from .segmenter.segmenter import Segmenter
from .sinks.base import Accounts, OutputClosed, Sink, SinkError
from .sources.base import Source
from .sources.intake import Intake, Missing

_READ = STREAM_RATE // 2  # at most this at a time, so that events do not wait for a long read


class Engine:
    """Runs a segmenter on a worker thread: `start`, then `wait` for the end, or `ask_to_stop` and `wait`.

    Parameters
    ----------
    segmenter
        Finds the sounds.
    source
        Brings the samples.
    sinks
        Receive samples, gaps and events, on the worker's thread.

    Examples
    --------
    >>> from itertools import islice
    >>> from heartseg.stream import Replay, Segmenter, SimulatedHeart
    >>> engine = Engine(Segmenter(rate=44_100), Replay(islice(SimulatedHeart().blocks(), 20), speed=None), [])
    >>> engine.start()
    >>> engine.wait(60), engine.failure, engine.accounts.processed
    (True, None, 88200)
    """

    def __init__(self, segmenter: Segmenter, source: Source, sinks: Iterable[Sink]) -> None:
        self._segmenter, self._source, self._sinks = segmenter, source, list(sinks)
        self._open_sinks = list(self._sinks)
        self._intake = Intake()
        self._worker = threading.Thread(target=self._work, name="heartseg-worker", daemon=True)
        self._failure: str | None = None
        self._stopping = False
        self._marks: deque[int] = deque()
        self._lost = 0  # samples of the block during which the worker failed
        self._watchers: list[Callable[[], object]] = []
        self._work_done: deque[tuple[int, float]] = deque(maxlen=200)
        self.presence = Presence.LISTENING
        self.ended = False

    def start(self) -> None:
        """Start listening.

        Raises
        ------
        SourceError
            Where the device cannot be opened.
        """
        warm_up(self._segmenter)
        if self._stopping:
            self._intake.close()
        else:
            try:
                self._source.start(self._intake)
            except BaseException:
                self._close_sinks()
                raise
        if self._stopping:
            self._source.stop()
        self._worker.start()

    @property
    def failure(self) -> str | None:
        """What went wrong, in one line; None if nothing did."""
        return self._failure or self._source.failure

    @property
    def name(self) -> str:
        """What the source is called."""
        return self._source.name

    @property
    def state(self) -> str:
        """How the listening is doing, in a few words: "listening", or what is waited for."""
        return self._source.state

    @property
    def accounts(self) -> Accounts:
        """Sample counts. A block being processed is in none of them, so they add up only after the run.

        captured: counted from the frames that the rings took. pending: of those, what the worker has not taken yet.
        """
        taken, captured = self._intake.taken, self._intake.captured  # in this order: pending is never below 0
        return Accounts(captured, self._segmenter.processed, self._segmenter.dropped + self._lost, captured - taken)

    @property
    def load(self) -> float:
        """Work per second of sound over the last seconds, from 0; 1 is all that one core can do."""
        work = list(self._work_done)
        samples = sum(n for n, _ in work)
        return sum(t for _, t in work) * STREAM_RATE / samples if samples else 0.0

    def wait(self, timeout: float | None) -> bool:
        """Wait for the end of the stream, `timeout` seconds at most; whether it came."""
        self._worker.join(timeout)
        return not self._worker.is_alive()

    def ask_to_stop(self) -> None:
        """Capture no more; the worker then processes what was captured, flushes the tail and closes the sinks."""
        self._stopping = True
        self._source.stop()

    def mark(self) -> None:
        """Mark what was captured last. The sinks get the marker once the worker is there. From any thread."""
        self._marks.append(self._intake.captured)
        self._intake.news.set()

    def watch(self, on_news: Callable[[], object]) -> None:
        """Have `on_news` called on the worker's thread after each onset, and once `ended` is true. It must not wait."""
        self._watchers.append(on_news)

    def _work(self) -> None:
        broken = False
        try:
            self._loop()
            whole = self._failure is None
            for event in self._segmenter.flush():
                self._tell_event(event)
            self._tell_marks(whole)
            self._tell_own_events(ended=True)
            if whole and self.accounts.pending:
                self._failure = self._failure or f"samples were not processed: {self.accounts}"
        except Exception as error:
            self._failure, broken = _failed(error), True
        finally:
            self._source.stop()
            if broken:
                self._lost = self.accounts.uncounted
            if self.accounts.uncounted:
                self._failure = self._failure or f"samples went uncounted: {self.accounts}"
            self._close_sinks()
            self.ended = True
            self._tell_watchers()

    def _close_sinks(self) -> None:
        for sink in self._sinks:
            try:
                sink.close(self.accounts)
            except OutputClosed:
                pass
            except Exception as error:  # the others must be closed, too
                self._failure = self._failure or _failed(error)

    def _loop(self) -> None:
        while self._failure is None:
            self._tell_marks()
            self._tell_own_events()
            part = self._intake.read(_READ)
            if part is not None:
                self._process(part)
            elif self._intake.finished:
                return
            else:
                self._intake.news.wait()

    def _process(self, part: Samples | Missing) -> None:
        segmenter, began = self._segmenter, time.perf_counter()
        if isinstance(part, Missing):
            self._tell_missing(part.length)
            events = segmenter.gap(part.length, part.reason)
        else:
            self._tell_samples(part)
            events = segmenter.push(part)
            self._work_done.append((len(part), time.perf_counter() - began))
        self.presence = segmenter.presence
        for event in events:
            self._tell_event(event)
        if any(isinstance(event, Onset) for event in events):
            self._tell_watchers()

    def _tell_marks(self, whole: bool = False) -> None:
        """The marks that the worker has come to; all of them at the end of a whole stream."""
        while self._marks and (whole or self._marks[0] <= self._segmenter.position):
            self._tell_event(Marker(min(self._marks.popleft(), self._segmenter.position)))

    def _tell_own_events(self, ended: bool = False) -> None:
        for sink in list(self._open_sinks):
            for event in sink.own_events(ended):
                self._tell_event(event)

    def _tell_watchers(self) -> None:
        for on_news in self._watchers:
            on_news()

    def _tell_samples(self, block: Samples) -> None:
        self._tell(lambda sink: sink.on_samples(block))

    def _tell_missing(self, length: int) -> None:
        self._tell(lambda sink: sink.on_missing(length))

    def _tell_event(self, event: Event) -> None:
        self._tell(lambda sink: sink.on_event(event))

    def _tell(self, call: Callable[[Sink], None]) -> None:
        """Call every sink. One that raises SinkError is only closed later; the run stops after the current block.

        Where the output was closed, nothing more is captured, and what was captured goes to the other sinks.
        """
        for sink in list(self._open_sinks):
            try:
                call(sink)
            except OutputClosed:
                self._open_sinks.remove(sink)
                self.ask_to_stop()
            except SinkError as error:
                self._failure = self._failure or str(error)
                self._open_sinks.remove(sink)


def _failed(error: Exception) -> str:
    return (
        str(error) if isinstance(error, SinkError) else f"the engine failed: {type(error).__name__}: {one_line(error)}"
    )


def warm_up(segmenter: Segmenter) -> None:
    """Have everything compiled and loaded before the first sample: numba's functions and the network's memory."""
    twin = Segmenter(segmenter.network, segmenter.lag, rate=STREAM_RATE)
    rng = np.random.default_rng(0)
    twin.push(0.01 * rng.standard_normal(STREAM_RATE, np.float32))
    twin.flush()
