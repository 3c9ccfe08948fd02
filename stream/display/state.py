"""What the display shows: a history of the last two minutes, and the state of a run at one moment."""

import threading
from collections import deque
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from ..events import Event, Gap, Onset, Recording, Shown, Systole
from ..rates import STREAM_PER_FRAME, STREAM_RATE, Samples
from ..segmenter.presence import Presence
from ..sinks.base import Sink
from ..sources.base import LISTENING
from ..vitals import Vitals, VitalSigns

BINS_PER_FRAME = 3
BIN = STREAM_PER_FRAME // BINS_PER_FRAME
"""Stream samples to one peak (3.3 ms)."""

HISTORY_S = 120
"""How far back the picture can be scrolled."""

VOICE_STEP = 7
VOICE_RATE = STREAM_RATE // VOICE_STEP
"""Samples a second of the recent sound, enough for speech: 6,300."""

_RECENT_S = 3
_ONSETS = 8
_NO_VITALS = Vitals()
_POSITIONS = ("onset", "offset", "emitted", "announced", "start", "end", "at")


@dataclass(frozen=True)
class DisplayState:
    """All that a picture of a run depends on, at one moment.

    From the history of the stream, up to `position`:
    peaks: shape (2, n), the largest value in each of the newest bins, of the sound and of its negative. recent: shape
    (18900,), the last three seconds at VOICE_RATE. events: of the last two minutes. onsets: the newest, confirmed or
    not. vitals: at `position`.

    From the run:
    title, source: names of the program and of the source. length_s: of a replayed recording, None where it is unknown.
    is_heard: the sound is played. lag_ms: bound of the lag. has_systole: answers about systole are shown.
    source_state: `state` of the source. presence: whether there is a heart. load: work per second of sound. dropped:
    stream samples. recording_s: length of the recording that is made, None while there is none. message: of that
    recording, or a notice of the display.

    From the display:
    hint: for the listener. full_scale: magnitude that fills the strip, None to fit it to the peaks. zoom: times taller
    than that. span_s: seconds shown. paused: the replay waits. held: the picture is held while the run goes on. offset:
    stream samples from the end of the strip to `position`, more than none where a held picture is scrolled back. help:
    page that is shown, 0 for the heart.
    """

    position: int
    peaks: Samples
    recent: Samples
    events: tuple[Shown, ...] = ()
    onsets: tuple[Onset, ...] = ()
    vitals: Vitals = _NO_VITALS

    title: str = "heartseg"
    source: str = ""
    length_s: float | None = None
    is_heard: bool = False
    lag_ms: float = 0.0
    has_systole: bool = False
    source_state: str = LISTENING
    presence: Presence = Presence.LISTENING
    load: float = 0.0
    dropped: int = 0
    recording_s: float | None = None
    message: str | None = None

    hint: str = ""
    full_scale: float | None = None
    zoom: float = 1.0
    span_s: int = 5
    paused: bool = False
    held: bool = False
    offset: int = 0
    help: int = 0

    @property
    def shown(self) -> int:
        """Stream position at the end of the strip."""
        return self.position - self.offset

    @property
    def systole(self) -> Systole | None:
        """The newest answer about systole since the last gap, None where there is none yet."""
        newest = next((event for event in reversed(self.events) if isinstance(event, Systole | Gap)), None)
        return newest if isinstance(newest, Systole) else None

    @property
    def magnitude(self) -> Samples:
        """Shape (n,): the largest magnitude in each of the newest bins."""
        largest: Samples = self.peaks.max(axis=0)
        return largest


class History(Sink):
    """A sink that keeps the last two minutes. It is filled by the worker's thread and read by another.

    origin: place in the recording of the run's first sample, in stream samples. All positions count from its start.
    """

    def __init__(self, origin: int = 0) -> None:
        self._lock = threading.Lock()
        self._peaks = np.zeros((2, HISTORY_S * STREAM_RATE // BIN), np.float32)  # circular: bin i is at i % size
        self._recent = np.zeros(_RECENT_S * VOICE_RATE, np.float32)
        self._remainder = np.zeros(0, np.float32)  # samples too few for a step of `recent`
        self._events: deque[Shown] = deque()
        self._onsets: deque[Onset] = deque(maxlen=_ONSETS)
        self._vitals = VitalSigns(origin)
        self._origin = self._position = origin

    @property
    def position(self) -> int:
        """The stream position up to which it goes."""
        return self._position

    def on_samples(self, block: Samples) -> None:
        """Add the peaks of the samples."""
        block = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
        signed = np.stack([block, -block])
        self._add_recent(block)
        with self._lock:
            size = self._peaks.shape[1]
            head = min(len(block), -self._position % BIN)  # samples that complete the newest bin
            n_bins = (len(block) - head) // BIN
            tail = head + n_bins * BIN
            first = (self._position + head) // BIN
            self._add_part(self._position // BIN, signed[:, :head])
            peaks = signed[:, head:tail].reshape(2, n_bins, BIN).max(axis=2) if n_bins else signed[:, :0]
            peaks = peaks[:, -size:]
            self._peaks[:, (first + n_bins - peaks.shape[1] + np.arange(peaks.shape[1])) % size] = peaks
            self._add_part(first + n_bins, signed[:, tail:], is_new=True)
            self._position += len(block)

    def _add_part(self, index: int, signed: Samples, is_new: bool = False) -> None:
        """Add a part of bin `index`. is_new: the bin holds nothing of the stream yet."""
        if signed.shape[1]:
            slot = index % self._peaks.shape[1]
            peak = signed.max(axis=1)
            self._peaks[:, slot] = peak if is_new else np.maximum(peak, self._peaks[:, slot])

    def _add_recent(self, block: Samples) -> None:
        samples = np.concatenate([self._remainder, block])[-_RECENT_S * STREAM_RATE :]
        whole = len(samples) // VOICE_STEP * VOICE_STEP
        means = samples[:whole].reshape(-1, VOICE_STEP).mean(axis=1)
        self._remainder = samples[whole:]
        self._recent = np.concatenate([self._recent[len(means) :], means])

    def on_missing(self, length: int) -> None:
        """Leave the missing part empty."""
        with self._lock:
            size = self._peaks.shape[1]
            n_bins = min(size, length // BIN + 1)
            last = (self._position + length) // BIN
            self._peaks[:, (last - np.arange(n_bins)) % size] = 0
            self._position += length

    def on_event(self, event: Event) -> None:
        """Add the event, and remove those that are too old."""
        event = shifted(event, self._origin)
        with self._lock:
            if isinstance(event, Onset):
                self._onsets.append(event)
                return
            if isinstance(event, Recording):
                return
            self._events.append(event)
            self._vitals.add(event)
            oldest = self._position - HISTORY_S * STREAM_RATE
            while self._events and self._events[0].end < oldest:
                self._events.popleft()

    def state(self) -> DisplayState:
        """The history at this moment. What comes from the run and the display is left at its default."""
        with self._lock:
            return DisplayState(
                self._position,
                peaks=np.roll(self._peaks, -(self._position // BIN), axis=1),
                recent=self._recent,
                events=tuple(self._events),
                onsets=tuple(self._onsets),
                vitals=self._vitals.at(self._position),
            )


def shifted(event: Event, by: int) -> Event:
    """The same event, `by` stream samples later."""
    positions = {field.name: getattr(event, field.name) for field in fields(event) if field.name in _POSITIONS}
    later: dict[str, Any] = {name: None if at is None else at + by for name, at in positions.items()}
    return replace(event, **later)
