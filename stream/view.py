"""What the display shows, gathered on the worker's thread and read from another."""

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .clock import STREAM_PER_FRAME, STREAM_RATE
from .engine import Accounts
from .events import Event, Gap, Onset, Sound
from .vitals import Vitals, VitalSigns

FloatArray = NDArray[np.float32]

BIN = STREAM_PER_FRAME
"""Stream samples to one value of the envelope (10 ms)."""

_REMEMBERED_S = 30


@dataclass(frozen=True)
class Snapshot:
    """The state at one moment; onsets are those named last, confirmed or not.

    peaks: shape (n,), the largest magnitude in each of the newest bins.
    """

    position: int
    peaks: FloatArray
    events: tuple[Sound | Gap, ...]
    onsets: tuple[Onset, ...]
    vitals: Vitals


class View:
    """A sink that keeps the last 30 seconds for a display."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._peaks = np.zeros(_REMEMBERED_S * STREAM_RATE // BIN, np.float32)
        self._events: deque[Sound | Gap] = deque()
        self._onsets: deque[Onset] = deque(maxlen=8)
        self._vitals = VitalSigns()
        self._position = 0

    def heard(self, block: FloatArray) -> None:
        """Note the samples' envelope."""
        magnitude = np.nan_to_num(np.abs(block), nan=0.0, posinf=0.0)
        with self._lock:
            at = self._position
            head = min(len(block), -at % BIN)
            self._note(at // BIN, magnitude[:head])
            whole = (len(block) - head) // BIN * BIN
            first = (at + head) // BIN
            size = len(self._peaks)
            rows = magnitude[head : head + whole].reshape(-1, BIN).max(axis=1) if whole else magnitude[:0]
            rows = rows[-size:]
            self._peaks[(first + whole // BIN - len(rows) + np.arange(len(rows))) % size] = rows
            self._note(first + whole // BIN, magnitude[head + whole :], fresh=True)
            self._position += len(block)

    def _note(self, index: int, magnitude: FloatArray, fresh: bool = False) -> None:
        if len(magnitude):
            at = index % len(self._peaks)
            peak = float(magnitude.max())
            self._peaks[at] = peak if fresh else max(peak, float(self._peaks[at]))

    def missed(self, length: int) -> None:
        """Leave the missing part empty."""
        with self._lock:
            bins = min(len(self._peaks), length // BIN + 1)
            last = (self._position + length) // BIN
            self._peaks[(last - np.arange(bins)) % len(self._peaks)] = 0
            self._position += length

    def event(self, event: Event) -> None:
        """Note what the segmenter said."""
        with self._lock:
            if isinstance(event, Onset):
                self._onsets.append(event)
                return
            self._events.append(event)
            self._vitals.event(event)
            oldest = self._position - _REMEMBERED_S * STREAM_RATE
            while self._events and _end(self._events[0]) < oldest:
                self._events.popleft()

    def close(self, accounts: Accounts) -> None:
        """Nothing to do."""

    def snapshot(self, seconds: float) -> Snapshot:
        """The newest `seconds` (at most 30)."""
        with self._lock:
            bins = min(len(self._peaks), int(seconds * STREAM_RATE / BIN))
            last = self._position // BIN
            peaks = self._peaks[(last - bins + np.arange(bins)) % len(self._peaks)]
            events, onsets = tuple(self._events), tuple(self._onsets)
            return Snapshot(self._position, peaks, events, onsets, self._vitals.now(self._position))


def _end(event: Sound | Gap) -> int:
    return event.end if isinstance(event, Gap) else event.offset
