"""The live engine: a source fills a ring, a worker thread runs the segmenter, sinks take samples and events."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

import numpy as np

from ..models.errors import one_line
from .events import Event, Marker
from .rates import STREAM_RATE, Samples
from .segmenter.segmenter import Segmenter
from .sinks.base import Accounts, Sink, SinkError
from .sources.base import Source
from .sources.ring import Missing, RingBuffer

_RING_SECONDS = 10
_READ = STREAM_RATE // 2  # at most this at a time, so that events do not wait for a long read
_POLL_S = 0.01


class Engine:
    """Runs a segmenter on a worker thread: `start`, then `wait` for the end, or `ask_to_stop` and `wait`.

    `failure` says in one line what went wrong, None if nothing did.
    """

    def __init__(self, segmenter: Segmenter, source: Source, sinks: Iterable[Sink]) -> None:
        self._segmenter, self._source, self._sinks = segmenter, source, list(sinks)
        self._open_sinks = list(self._sinks)
        self._ring = RingBuffer(_RING_SECONDS * STREAM_RATE)
        self._worker = threading.Thread(target=self._work, name="heartseg-worker", daemon=True)
        self._failure: str | None = None
        self._stopping = False
        self._marks: deque[int] = deque()
        self._missed = 0  # samples that the ring said were dropped
        self._lost = 0  # samples that the worker had in hand when it failed
        self._work_done: deque[tuple[int, float]] = deque(maxlen=200)
        self.presence = 0.0

    def start(self) -> None:
        """Start listening. Raises SourceError where the device cannot be opened."""
        warm_up(self._segmenter)
        if self._stopping:
            self._ring.close()
        else:
            try:
                self._source.start(self._ring)
            except BaseException:
                self._close_sinks()
                raise
        if self._stopping:
            self._source.stop()
        self._worker.start()

    @property
    def failure(self) -> str | None:
        """What went wrong, in one line."""
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
        """Sample counts. A block being processed is in none of them, so they add up only after the run."""
        ring, segmenter = self._ring, self._segmenter
        spoilt = segmenter.dropped - self._missed
        return Accounts(
            ring.written + ring.dropped, segmenter.processed, ring.dropped + spoilt + self._lost, ring.pending
        )

    @property
    def load(self) -> float:
        """Work per second of sound over the last seconds, from 0; 1 is all that one core can do."""
        work = list(self._work_done)
        heard = sum(n for n, _ in work)
        return sum(t for _, t in work) * STREAM_RATE / heard if heard else 0.0

    def wait(self, timeout: float | None) -> bool:
        """Wait for the end of the stream; whether it came."""
        self._worker.join(timeout)
        return not self._worker.is_alive()

    def ask_to_stop(self) -> None:
        """Capture no more; the worker then works off what was captured, flushes the tail and closes the sinks."""
        self._stopping = True
        self._source.stop()

    def mark(self) -> None:
        """Mark what was captured last: the sinks hear of it once the worker has come there. From any thread."""
        self._marks.append(self._ring.written + self._ring.dropped)

    def _work(self) -> None:
        broken = False
        try:
            self._loop()
            for event in self._segmenter.flush():
                self._tell_event(event)
            self._tell_marks()
        except Exception as error:
            self._failure, broken = _failed(error), True
        finally:
            self._source.stop()
            if broken:
                self._lost = self.accounts.uncounted
            if self.accounts.uncounted:
                self._failure = self._failure or f"samples went uncounted: {self.accounts}"
            self._close_sinks()

    def _close_sinks(self) -> None:
        for sink in self._sinks:
            try:
                sink.close(self.accounts)
            except Exception as error:  # the others must be closed, too
                self._failure = self._failure or _failed(error)

    def _loop(self) -> None:
        ring, segmenter = self._ring, self._segmenter
        while self._failure is None:
            self._tell_marks()
            found = ring.read(_READ)
            if found is None:
                if ring.finished:
                    return
                time.sleep(_POLL_S)
                continue
            began = time.perf_counter()
            if isinstance(found, Missing):
                self._missed += found.length
                self._tell_missing(found.length)
                events = segmenter.gap(found.length, found.reason)
            else:
                self._tell_samples(found)
                events = segmenter.push(found)
                self._work_done.append((len(found), time.perf_counter() - began))
            self.presence = segmenter.presence
            for event in events:
                self._tell_event(event)

    def _tell_marks(self) -> None:
        while self._marks and self._marks[0] <= self._segmenter.position:
            self._tell_event(Marker(self._marks.popleft()))

    def _tell_samples(self, block: Samples) -> None:
        self._tell(lambda sink: sink.on_samples(block))

    def _tell_missing(self, length: int) -> None:
        self._tell(lambda sink: sink.on_missing(length))

    def _tell_event(self, event: Event) -> None:
        self._tell(lambda sink: sink.on_event(event))

    def _tell(self, call: Callable[[Sink], None]) -> None:
        """Call every sink. One that raises SinkError is only closed later; the run stops after the current block."""
        for sink in list(self._open_sinks):
            try:
                call(sink)
            except SinkError as error:
                self._failure = self._failure or str(error)
                self._open_sinks.remove(sink)


def _failed(error: Exception) -> str:
    return (
        str(error) if isinstance(error, SinkError) else f"the engine failed: {type(error).__name__}: {one_line(error)}"
    )


def warm_up(segmenter: Segmenter) -> None:
    """Have everything compiled and loaded before the first sample: numba's functions and the network's memory."""
    twin = Segmenter(segmenter.network, segmenter.lag)
    rng = np.random.default_rng(0)
    twin.push(0.01 * rng.standard_normal(STREAM_RATE, np.float32))
    twin.flush()
