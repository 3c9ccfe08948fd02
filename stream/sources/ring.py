"""The ring buffer between a source and the worker: one writer, one reader, no lock."""

import contextlib
import threading
from typing import NamedTuple

import numpy as np

from ..rates import STREAM_RATE, Samples

_SECONDS = 10
_NOTES = 2048  # twice as many as blocks of 10 ms in the ring


class Signal:
    """Wakes one waiting thread. `set` never blocks: it may be called in PortAudio's callback or a signal handler.

    Publish first, then `set`; a reader that found nothing waits. What was published in between ends that wait.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # a binary semaphore: free means set
        self._lock.acquire()

    def set(self) -> None:
        """Wake the thread that waits, or let the next wait return at once."""
        if self._lock.locked():
            with contextlib.suppress(RuntimeError):  # another thread has set it meanwhile
                self._lock.release()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, and clear it. Returns False where that took longer than `timeout` seconds."""
        return self._lock.acquire(timeout=-1 if timeout is None else timeout)


class Block(NamedTuple):
    """Frames that were read together.

    lost: frames that the ring dropped before them. began: when the first was captured, in s; None without time stamps.
    overflow: the device lost sound before them. samples: shape (n, channels), a copy.
    """

    lost: int
    began: float | None
    overflow: bool
    samples: Samples


class RingBuffer:
    """Preallocated frames of sound with a note for each stamped block. A frame is one sample of every channel.

    `write` may run in PortAudio's callback. It never waits, allocates no arrays, and drops and counts what does not
    fit. Each side changes only its own counters, and publishes by one assignment after the data are in place.
    Counters only grow. Either all blocks have time stamps or none.

    Parameters
    ----------
    rate
        Frames a second, in Hz.
    channels
        Samples of a frame.
    seconds
        How long a sound it holds.
    notes
        How many blocks with time stamps it holds.

    Examples
    --------
    >>> ring = RingBuffer(rate=44_100, seconds=0.01)
    >>> ring.write(np.ones(500, np.float32)), ring.dropped
    (441, 59)
    >>> ring.read(100).samples.shape
    (100, 1)
    """

    def __init__(self, rate: int = STREAM_RATE, channels: int = 1, seconds: float = _SECONDS, notes: int = _NOTES):
        self.rate = rate
        self._frames = np.full((round(rate * seconds), channels), 0.0, np.float32)  # touches every page
        self._slots = notes
        self._positions = np.zeros(notes, np.int64)  # notes: the frame that each is about,
        self._lost = np.zeros(notes, np.int64)  # frames dropped before it,
        self._began = np.zeros(notes)  # when it was captured, NaN without a time stamp,
        self._overflows = np.zeros(notes, np.bool_)  # and PortAudio's flag
        self._notes_written = 0
        self._notes_read = 0
        self._losing = 0  # the writer's: frames dropped since the last that fitted
        self._told = 0  # the reader's: dropped frames that it knows of
        self.written = 0
        self.frames_read = 0
        self.dropped = 0
        self.closed = False
        self.data_ready = Signal()
        self.room_made = Signal()

    @property
    def captured(self) -> int:
        """Frames that were brought, dropped ones included."""
        return self.written + self.dropped

    @property
    def room(self) -> int:
        """Frames that can be written now."""
        return len(self._frames) - (self.written - self.frames_read)

    # ---- the writer's side

    def write(self, block: Samples, began: float | None = None, overflow: bool = False) -> int:
        """Store a block, and return how many frames fitted. The rest is dropped.

        Parameters
        ----------
        block
            Shape (n,) or (n, channels), float32.
        began
            When its first frame was captured, in s; None without time stamps.
        overflow
            Whether the device lost sound before it.
        """
        if self.closed:
            return 0
        fits = min(len(block), self.room)
        if self._losing or began is not None:
            if self._notes_written - self._notes_read >= self._slots:
                fits = 0
            elif fits:
                self._note(began, overflow)
        if fits:
            self._store(block if block.ndim == 2 else block[:, None], fits)
            self.written += fits
        if fits < len(block):
            self._losing += len(block) - fits
            self.dropped += len(block) - fits
        self.data_ready.set()
        return fits

    def put(self, block: Samples, stopped: threading.Event) -> None:
        """Store all of a block, and wait for room where there is none, until `stopped`. Nothing is dropped."""
        while len(block) and not stopped.is_set():
            fits = min(len(block), self.room)
            if fits:
                self.write(block[:fits])
                block = block[fits:]
            else:
                self.room_made.wait()

    def _note(self, began: float | None, overflow: bool) -> None:
        i = self._notes_written % self._slots
        self._positions[i], self._lost[i] = self.written, self._losing
        self._began[i], self._overflows[i] = np.nan if began is None else began, overflow
        self._losing = 0
        self._notes_written += 1

    def _store(self, block: Samples, fits: int) -> None:
        size = len(self._frames)
        start = self.written % size
        first = min(fits, size - start)
        self._frames[start : start + first] = block[:first]
        if first < fits:
            self._frames[: fits - first] = block[first:fits]

    def close(self) -> None:
        """Nothing more will be written; any thread may say so."""
        self.closed = True
        self.data_ready.set()

    # ---- the reader's side

    def read(self, limit: int) -> Block | None:
        """The next stamped block, or up to `limit` frames without a stamp; None when there is nothing yet."""
        # In this order: whatever was published before one of the three is then surely seen.
        closed = self.closed
        available = self.written - self.frames_read
        notes = self._notes_written
        if not available:
            return self._rest() if closed else None
        lost, began, overflow = 0, None, False
        if self._notes_read < notes and self._positions[self._notes_read % self._slots] == self.frames_read:
            i = self._notes_read % self._slots
            lost, overflow = int(self._lost[i]), bool(self._overflows[i])
            began = None if np.isnan(self._began[i]) else float(self._began[i])
            self._notes_read += 1
        if self._notes_read < notes:
            available = min(available, int(self._positions[self._notes_read % self._slots]) - self.frames_read)
        block = Block(lost, began, overflow, self._copy(available if began is not None else min(available, limit)))
        self._told += lost
        self.frames_read += len(block.samples)
        self.room_made.set()
        return block

    def _copy(self, length: int) -> Samples:
        size = len(self._frames)
        start = self.frames_read % size
        first = min(length, size - start)
        return np.concatenate([self._frames[start : start + first], self._frames[: length - first]])

    def _rest(self) -> Block | None:
        """What was dropped at the very end."""
        lost = self.dropped - self._told
        self._told += lost
        return Block(lost, None, False, self._frames[:0]) if lost else None

    @property
    def finished(self) -> bool:
        """Closed, and everything read."""
        return self.closed and self.written == self.frames_read and self.dropped == self._told
