"""What the display shows: a history of the last 30 seconds, and the state of a run at one moment."""

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np

from ..events import Event, Onset, Recording, Shown
from ..rates import STREAM_PER_FRAME, STREAM_RATE, Samples
from ..segmenter.presence import Presence
from ..sinks.base import Sink
from ..sources.base import LISTENING
from ..vitals import Vitals, VitalSigns

BIN = STREAM_PER_FRAME
"""Stream samples to one peak (10 ms)."""

VOICE_STEP = 7
VOICE_RATE = STREAM_RATE // VOICE_STEP
"""Samples a second of the recent sound, enough for speech: 6,300."""

_HISTORY_S = 30
_RECENT_S = 3
_ONSETS = 8
_NO_VITALS = Vitals()


@dataclass(frozen=True)
class DisplayState:
    """All that a picture of a run depends on, at one moment.

    From the history of the stream, up to `position`:
    peaks: shape (n,), the largest magnitude in each of the newest bins. recent: shape (18900,), the last three seconds
    at VOICE_RATE. events: of the last 30 seconds. onsets: the newest, confirmed or not. vitals: at `position`.

    From the run:
    title, source: names of the program and of the source. lag_ms: bound of the lag. source_state: `state` of the
    source. presence: whether there is a heart. load: work per second of sound. dropped: stream samples. recording_s:
    length of the recording, None while there is none. message: of the recording.

    From the display:
    hint: for the listener. full_scale: magnitude that fills the strip, None to fit it to the peaks. zoom: times taller
    than that. paused: the history is held. help: the keys are shown in place of the strip.
    """

    position: int
    peaks: Samples
    recent: Samples
    events: tuple[Shown, ...] = ()
    onsets: tuple[Onset, ...] = ()
    vitals: Vitals = _NO_VITALS

    title: str = "heartseg"
    source: str = ""
    lag_ms: float = 0.0
    source_state: str = LISTENING
    presence: Presence = Presence.LISTENING
    load: float = 0.0
    dropped: int = 0
    recording_s: float | None = None
    message: str | None = None

    hint: str = ""
    full_scale: float | None = None
    zoom: float = 1.0
    paused: bool = False
    help: bool = False


class History(Sink):
    """A sink that keeps the last 30 seconds. It is filled by the worker's thread and read by another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._peaks = np.zeros(_HISTORY_S * STREAM_RATE // BIN, np.float32)  # circular: bin i is at i % size
        self._recent = np.zeros(_RECENT_S * VOICE_RATE, np.float32)
        self._remainder = np.zeros(0, np.float32)  # samples too few for a step of `recent`
        self._events: deque[Shown] = deque()
        self._onsets: deque[Onset] = deque(maxlen=_ONSETS)
        self._vitals = VitalSigns()
        self._position = 0

    def on_samples(self, block: Samples) -> None:
        """Add the peaks of the samples."""
        block = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
        magnitude = np.abs(block)
        self._add_recent(block)
        with self._lock:
            size = len(self._peaks)
            head = min(len(block), -self._position % BIN)  # samples that complete the newest bin
            n_bins = (len(block) - head) // BIN
            tail = head + n_bins * BIN
            first = (self._position + head) // BIN
            self._add_part(self._position // BIN, magnitude[:head])
            peaks = magnitude[head:tail].reshape(n_bins, BIN).max(axis=1) if n_bins else magnitude[:0]
            peaks = peaks[-size:]
            self._peaks[(first + n_bins - len(peaks) + np.arange(len(peaks))) % size] = peaks
            self._add_part(first + n_bins, magnitude[tail:], is_new=True)
            self._position += len(block)

    def _add_part(self, index: int, magnitude: Samples, is_new: bool = False) -> None:
        """Add a part of bin `index`. is_new: the bin holds nothing of the stream yet."""
        if len(magnitude):
            slot = index % len(self._peaks)
            peak = float(magnitude.max())
            self._peaks[slot] = peak if is_new else max(peak, float(self._peaks[slot]))

    def _add_recent(self, block: Samples) -> None:
        samples = np.concatenate([self._remainder, block])[-_RECENT_S * STREAM_RATE :]
        whole = len(samples) // VOICE_STEP * VOICE_STEP
        means = samples[:whole].reshape(-1, VOICE_STEP).mean(axis=1)
        self._remainder = samples[whole:]
        self._recent = np.concatenate([self._recent[len(means) :], means])

    def on_missing(self, length: int) -> None:
        """Leave the missing part empty."""
        with self._lock:
            n_bins = min(len(self._peaks), length // BIN + 1)
            last = (self._position + length) // BIN
            self._peaks[(last - np.arange(n_bins)) % len(self._peaks)] = 0
            self._position += length

    def on_event(self, event: Event) -> None:
        """Add the event, and remove those that are too old."""
        with self._lock:
            if isinstance(event, Onset):
                self._onsets.append(event)
                return
            if isinstance(event, Recording):
                return
            self._events.append(event)
            self._vitals.add(event)
            oldest = self._position - _HISTORY_S * STREAM_RATE
            while self._events and self._events[0].end < oldest:
                self._events.popleft()

    def state(self) -> DisplayState:
        """The history at this moment. What comes from the run and the display is left at its default."""
        with self._lock:
            return DisplayState(
                self._position,
                peaks=np.roll(self._peaks, -(self._position // BIN)),
                recent=self._recent,
                events=tuple(self._events),
                onsets=tuple(self._onsets),
                vitals=self._vitals.at(self._position),
            )
