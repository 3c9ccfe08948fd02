"""What the display shows, gathered on the worker's thread and read from another."""

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np

from ..events import Event, Gap, Marker, Onset, Sound
from ..rates import STREAM_PER_FRAME, STREAM_RATE, Samples
from ..sinks.base import Sink
from ..vitals import Vitals, VitalSigns

BIN = STREAM_PER_FRAME
"""Stream samples to one value of the envelope (10 ms)."""

VOICE_STEP = 7
VOICE_RATE = STREAM_RATE // VOICE_STEP
"""Samples a second of the recent sound in which a voice would show: 6,300."""

_REMEMBERED_S = 30
_RECENT_S = 3


@dataclass(frozen=True)
class Snapshot:
    """The state at one moment; onsets are those named last, confirmed or not.

    peaks: shape (n,), the largest magnitude in each of the newest bins. recent: shape (18900,), the last three
    seconds at VOICE_RATE.
    """

    position: int
    peaks: Samples
    events: tuple[Sound | Gap | Marker, ...]
    onsets: tuple[Onset, ...]
    vitals: Vitals
    recent: Samples


class View(Sink):
    """A sink that keeps the last 30 seconds for a display."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._peaks = np.zeros(_REMEMBERED_S * STREAM_RATE // BIN, np.float32)
        self._events: deque[Sound | Gap | Marker] = deque()
        self._onsets: deque[Onset] = deque(maxlen=8)
        self._recent = np.zeros(_RECENT_S * VOICE_RATE, np.float32)
        self._rest = np.zeros(0, np.float32)  # samples that do not make one of `recent` yet
        self.news = 0  # onsets so far
        self._vitals = VitalSigns()
        self._position = 0

    def on_samples(self, block: Samples) -> None:
        """Note the samples' envelope."""
        block = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
        magnitude = np.abs(block)
        self._remember(block)
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

    def _remember(self, block: Samples) -> None:
        rest = np.concatenate([self._rest, block])[-_RECENT_S * STREAM_RATE :]
        whole = len(rest) // VOICE_STEP * VOICE_STEP
        new = rest[:whole].reshape(-1, VOICE_STEP).mean(axis=1)
        self._rest = rest[whole:]
        self._recent = np.concatenate([self._recent[len(new) :], new])

    def _note(self, index: int, magnitude: Samples, fresh: bool = False) -> None:
        if len(magnitude):
            at = index % len(self._peaks)
            peak = float(magnitude.max())
            self._peaks[at] = peak if fresh else max(peak, float(self._peaks[at]))

    def on_missing(self, length: int) -> None:
        """Leave the missing part empty."""
        with self._lock:
            bins = min(len(self._peaks), length // BIN + 1)
            last = (self._position + length) // BIN
            self._peaks[(last - np.arange(bins)) % len(self._peaks)] = 0
            self._position += length

    def on_event(self, event: Event) -> None:
        """Note what the segmenter said."""
        with self._lock:
            if isinstance(event, Onset):
                self._onsets.append(event)
                self.news += 1
                return
            self._events.append(event)
            self._vitals.event(event)
            oldest = self._position - _REMEMBERED_S * STREAM_RATE
            while self._events and _end(self._events[0]) < oldest:
                self._events.popleft()

    def snapshot(self) -> Snapshot:
        """The last 30 seconds."""
        with self._lock:
            peaks = np.roll(self._peaks, -(self._position // BIN))
            events, onsets = tuple(self._events), tuple(self._onsets)
            return Snapshot(self._position, peaks, events, onsets, self._vitals.now(self._position), self._recent)


def _end(event: Sound | Gap | Marker) -> int:
    if isinstance(event, Marker):
        return event.at
    return event.end if isinstance(event, Gap) else event.offset
