"""A feeder that listens to a capture device, and goes on listening when the device has been away."""

import atexit
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from ..rates import STREAM_RATE
from .base import LISTENING, SourceError
from .capture import BLOCKS_PER_SECOND, Capture, now
from .portaudio import Unavailable, find, lasting_name, portaudio, rescan
from .resample import Converter, held_back, mean_channel
from .ring import RingBuffer
from .timing import Block, Continuity, Part, Timeline

LOST = "device lost: waiting for it"
BUSY = "device cannot be opened: waiting for it"

_TICK_S = 0.1
_FIRST_BLOCK_S = 5.0  # a Bluetooth device takes its time
_LOST_AFTER_S = 1.5
_RETRY_S = 1.0
_GRACE_S = 1.0  # for a sound system that does not answer when the run ends

Result = TypeVar("Result")


class Microphone:
    """A capture device, through PortAudio. `device` is None (the default), an index or a part of a name.

    A device that goes away is waited for, and the time until it is back is a gap; with `wait` also one that is held
    by another program at `start`. `state` says in a few words how it is doing. Raises SourceError where PortAudio or
    the device cannot be used.
    """

    failure: str | None = None

    def __init__(self, device: str | int | None, wait: bool = False) -> None:
        self._audio = portaudio()
        self._wait = wait
        self._capture = Capture(self._audio, *find(self._audio, device))
        self.name = self._capture.name
        by_name = isinstance(device, str) and not device.isdecimal()
        self._wanted = device if by_name else lasting_name(self.name)
        self.latency = _latency(self._capture)
        self.warnings: list[str] = []
        self.state = LISTENING
        self._timeline = Timeline()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, ring: RingBuffer) -> None:
        """Begin to capture into the ring, from a thread of its own."""
        try:
            self._capture.start()
        except Unavailable:
            if not self._wait:
                raise
            self.state = BUSY
        self._thread = threading.Thread(target=self._run, args=(ring,), name="heartseg-capture", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the device; may be called from any thread, and again."""
        if self._thread is None and not self._stopped.is_set():
            self._capture.close()
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(2 * _GRACE_S)

    def when(self, position: int) -> float | None:
        """The time on `time.monotonic` at which a stream sample of the last seconds was captured."""
        at = self._timeline.when(position)
        return None if at is None else at - now() + time.monotonic()

    def _run(self, ring: RingBuffer) -> None:
        ended: float | None = None
        try:
            capture: Capture | None = self._capture if self.state == LISTENING else self._reopened()
            while capture is not None:
                ended = self._listen(capture, ring, ended)
                capture = self._reopened()
            if self.state != LISTENING and ended is not None:
                _lose(ring, now() - ended, "device lost")
        except Exception as error:
            self.failure = f"{self.name}: the capture failed: {error}"
        finally:
            ring.close()

    def _listen(self, capture: Capture, ring: RingBuffer, ended: float | None) -> float | None:
        """Move blocks into the ring until the device is gone or `stop`; when the last sample ended."""
        stretch = _Stretch(capture.rate, ring, self._timeline, ended)
        silent, patience = 0.0, _FIRST_BLOCK_S
        while not self._stopped.is_set() and silent < patience:
            try:
                block = capture.blocks.get(timeout=_TICK_S)
            except queue.Empty:
                silent += _TICK_S  # ticks, not time: while the whole process stands still nothing is lost yet
                continue
            if block is None:
                break
            self.state = LISTENING
            silent, patience = 0.0, _LOST_AFTER_S
            stretch.push(block)
        if not self._stopped.is_set():
            self.state = LOST
        _aside(capture.close, self._audio, self._stopped)
        while not capture.blocks.empty():
            block = capture.blocks.get()
            if block is not None:
                stretch.push(block)
        return stretch.finish()

    def _reopened(self) -> Capture | None:
        """The device, opened again once it can be; None after `stop`."""

        def attempt() -> Capture | str:
            rescan(self._audio)
            try:
                found = self._found()
            except SourceError:
                return LOST
            try:
                again = Capture(self._audio, *found)
                again.start()
            except Unavailable:
                return BUSY
            return again

        while not self._stopped.is_set():
            found = _aside(attempt, self._audio, self._stopped)
            if isinstance(found, Capture):
                return found
            self.state = found or LOST
            self._stopped.wait(_RETRY_S)
        return None

    def _found(self) -> tuple[int, str]:
        """The device by what it was asked for; where that fits several by now, by its full name."""
        try:
            return find(self._audio, self._wanted)
        except SourceError:
            return find(self._audio, self.name)


def wait_for(device: str | int | None, say: Callable[[str], object] = lambda _: None) -> Microphone:
    """The microphone, once it is there and can be opened; `say` hears, once, what is waited for.

    Raises SourceError for what no waiting mends.
    """
    audio = portaudio()
    said = ""
    never = threading.Event()
    while True:
        try:
            return Microphone(device, wait=True)
        except Unavailable as error:
            if str(error) != said:
                said = str(error)
                say(f"{said}; waiting for it")
        never.wait(_RETRY_S)
        _aside(lambda: rescan(audio), audio, never)


class _Stretch:
    """What is heard from one opening of the device to its end. ended: when the last sample before it did."""

    def __init__(self, rate: int, ring: RingBuffer, timeline: Timeline, ended: float | None) -> None:
        self._rate, self._ring, self._timeline, self._ended = rate, ring, timeline, ended
        self._continuity, self._converter = Continuity(rate), Converter(rate)
        self._base = ring.written + ring.dropped
        self._frames = 0  # since the base

    def push(self, block: Block) -> None:
        for part in self._continuity.push(block):
            self._write(part)

    def finish(self) -> float | None:
        """Write what is still held; when the last sample ended, None where there was none."""
        for part in self._continuity.flush():
            self._write(part)
        self._ring.write(self._converter.flush())
        return self._continuity.end if self._frames else self._ended

    def _write(self, part: Part) -> None:
        if self._ended is not None:
            self._lose(part.began - self._ended, "device lost")
            self._ended = None
        elif part.lost:
            self._ring.write(self._converter.flush())
            self._lose(part.lost, "overflow" if part.overflow else "interrupted")
        self._timeline.note(self._base + self._frames * STREAM_RATE // self._rate, part.began)
        self._ring.write(self._converter.push(mean_channel(part.samples)))
        self._frames += len(part.samples)

    def _lose(self, seconds: float, reason: str) -> None:
        _lose(self._ring, seconds, reason)
        self._converter = Converter(self._rate)
        self._base, self._frames = self._ring.written + self._ring.dropped, 0


def _lose(ring: RingBuffer, seconds: float, reason: str) -> None:
    length = round(seconds * STREAM_RATE)
    if length > 0:
        ring.lose(length, reason)


def _latency(capture: Capture) -> dict[str, int]:
    """What a capture adds before the stream, in stream samples: its block, and what the conversion holds back."""
    return {"capture": STREAM_RATE // BLOCKS_PER_SECOND, "conversion": held_back(capture.rate, capture.block)}


def _aside(work: Callable[[], Result], audio: Any, stopped: threading.Event) -> Result | None:
    """The result of work that a hanging sound system may never end: None where it has not soon after `stopped`."""
    done: queue.SimpleQueue[tuple[Result | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((work(), None))
        except Exception as error:
            done.put((None, error))

    threading.Thread(target=run, name="heartseg-portaudio", daemon=True).start()
    left = _GRACE_S
    answered = False
    try:
        while left > 0:
            try:
                result, error = done.get(timeout=_TICK_S)
            except queue.Empty:
                left -= _TICK_S if stopped.is_set() else 0.0
                continue
            answered = True
            if error is not None:
                raise error
            return result
        return None
    finally:
        if not answered:
            atexit.unregister(audio._exit_handler)  # it would wait for the same
