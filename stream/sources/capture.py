"""One opening of a capture device: PortAudio's callback writes into a ring, and does nothing else."""

import sys
import time
from collections.abc import Callable
from typing import Any

from ..rates import Samples
from .portaudio import Device, PortAudio, Unavailable
from .resample import HIGHEST_RATE, LOWEST_RATE
from .ring import RingBuffer

BLOCKS_PER_SECOND = 100
"""A block lasts 10 ms."""

_RING_SECONDS = 10.0
_LARGEST_RING = 1 << 24  # samples: 64 MiB, for devices of very many channels
_LARGEST_AGE_S = 30.0


def now() -> float:
    """Seconds of a clock that nobody sets and that counts while a laptop sleeps."""
    if sys.platform == "win32":
        return time.monotonic()
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Capture:
    """An opened device, which fills `ring` from `start` on. Raises Unavailable where it cannot be opened.

    Opened at 44,100 Hz with one channel where it can do that, otherwise at its own rate with its own channels.
    channel: the one to take, from 1; None takes the mean.
    on_end: called when the stream has ended by itself or was closed; `ended` is then true.
    """

    def __init__(
        self, audio: PortAudio, device: Device, channel: int | None = None, on_end: Callable[[], None] = lambda: None
    ) -> None:
        self.name, self.source, self._audio, self._on_end = device.name, device.source, audio, on_end
        self._taken = slice(None) if channel is None else slice(channel - 1, channel)
        self.ended = False
        try:
            self.rate, channels = audio.rate_and_channels(device, channel)
            self.block = self.rate // BLOCKS_PER_SECOND
            kept = channels if channel is None else 1
            seconds = min(_RING_SECONDS, _LARGEST_RING / (self.rate * kept))
            self.ring = RingBuffer(self.rate, kept, seconds)
            self._stream = audio.open_input(device, self.rate, channels, self.block, self._on_block, self._on_finished)
        except audio.Error as error:
            raise Unavailable(
                f"{self.name}: cannot be opened ({error}); "
                "is another program holding it? heartseg-live --list-devices shows the others"
            ) from None
        if not LOWEST_RATE <= self.rate <= HIGHEST_RATE:
            self.close()
            raise Unavailable(f"{self.name}: {self.rate} Hz; rates from {LOWEST_RATE} to {HIGHEST_RATE} Hz can be used")

    def _on_block(self, samples: Samples, frames: int, times: Any, status: Any) -> None:
        age = times.currentTime - times.inputBufferAdcTime
        if not times.inputBufferAdcTime > 0 or not 0 <= age < _LARGEST_AGE_S:  # some host APIs do not tell
            age = frames / self.rate
        self.ring.write(samples[:, self._taken], now() - age, bool(status.input_overflow))

    def _on_finished(self) -> None:
        self.ended = True
        self._on_end()

    def start(self) -> None:
        """Begin to capture. Raises Unavailable."""
        try:
            self._stream.start()
        except self._audio.Error as error:
            raise Unavailable(f"{self.name}: cannot be started ({error})") from None

    def close(self) -> None:
        """Close the device; what was captured is in the ring. It may hang where the sound system does."""
        self._stream.close()
