"""The sound of a replay through the default output device."""

from typing import Any

import numpy as np

from ..events import Event
from ..rates import STREAM_RATE, Samples
from ..sources.portaudio import PortAudio
from ..sources.ring import RingBuffer
from .base import Accounts, Sink
from .output import Output

CARRIER_HZ = 400
HELD = STREAM_RATE // 16
"""Samples that wait for the output when it begins (62 ms), so that a late block makes no hole."""

_MOST_HELD = 4 * HELD
_PERIOD = 441  # samples: four periods of the carrier, so that it needs no phase
_CARRIER = (np.sqrt(2) * np.cos(2 * np.pi * CARRIER_HZ * np.arange(_PERIOD) / STREAM_RATE)).astype(np.float32)


def raised(block: Samples, position: int) -> Samples:
    """Heart sounds for a small loudspeaker, which gives next to nothing below 200 Hz. Without any delay.

    block: shape (n,), which begins at stream sample `position`.

    A product with a tone of 400 Hz: each partial of f Hz becomes two, of 400 - f and 400 + f Hz. Loudness and time of
    each sound stay as they are; its pitch does not. This is a frequency shifter for heart sounds (Electronics 12(20),
    4359, 2023) with both sidebands, as one sideband alone needs a Hilbert transformer, which delays. √2 keeps the
    energy.
    """
    product: Samples = block * _CARRIER[(position + np.arange(len(block))) % _PERIOD]
    return product


class Playback(Sink):
    """A sink that plays the stream in step with the engine. It never makes the engine wait.

    Where the output runs dry it is silent until some samples wait again. Where more and more wait, since the clock of
    the output is slower, those too many are left out. speakers: `raised`, for small loudspeakers. Raises OutputError
    where there is no output.
    """

    def __init__(self, speakers: bool = False, audio: PortAudio | None = None) -> None:
        self._speakers = speakers
        self._position = 0
        self._ring = RingBuffer(seconds=1)
        self._flows = False
        self._output = Output(self._fill, "high", audio)

    def _fill(self, out: Samples, frames: int, _time: Any, _status: Any) -> None:
        ring = self._ring
        held = ring.written - ring.frames_read
        self._flows = held >= (frames if self._flows else max(HELD, frames))
        if held > max(_MOST_HELD, 2 * frames):
            ring.read(held - max(HELD, frames))
        block = ring.read(frames) if self._flows else None
        samples = np.zeros(0, np.float32) if block is None else block.samples[:, 0]
        out[: len(samples), 0] = samples
        out[len(samples) :] = 0

    def on_samples(self, block: Samples) -> None:
        """Have the samples played."""
        block = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
        self._ring.write(raised(block, self._position) if self._speakers else block)
        self._position += len(block)

    def on_missing(self, length: int) -> None:
        """Keep step: what is missing is silent."""
        self._position += length

    def close(self, accounts: Accounts) -> None:
        """Close the output."""
        self._output.close()


class Later(Sink):
    """Passes on to another sink what comes after the first `ahead` samples.

    For sinks that are heard: a replay from another place brings some samples at once, before it keeps time.
    """

    def __init__(self, sink: Sink, ahead: int) -> None:
        self._sink, self._left = sink, ahead

    def on_samples(self, block: Samples) -> None:
        """Pass on the part that is late enough."""
        late = block[self._left :]
        self._left = max(0, self._left - len(block))
        if len(late):
            self._sink.on_samples(late)

    def on_missing(self, length: int) -> None:
        """Pass on the part that is late enough."""
        late = length - self._left
        self._left = max(0, -late)
        if late > 0:
            self._sink.on_missing(late)

    def on_event(self, event: Event) -> None:
        """Pass on the event if it is late enough."""
        if not self._left:
            self._sink.on_event(event)

    def close(self, accounts: Accounts) -> None:
        """Close the other sink."""
        self._sink.close(accounts)
