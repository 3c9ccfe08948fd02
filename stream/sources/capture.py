"""One opening of a capture device: PortAudio's callback puts what it brings into a queue, and does nothing else."""

import queue
import time
from typing import Any

from ..rates import STREAM_RATE, Samples
from .portaudio import Unavailable
from .resample import HIGHEST_RATE, LOWEST_RATE
from .timing import Block

BLOCKS_PER_SECOND = 100
"""A block lasts 10 ms."""

_CLOCK = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
_LARGEST_AGE_S = 30.0


def now() -> float:
    """Seconds of a clock that nobody sets and that counts while a laptop sleeps."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)


class Capture:
    """An opened device, which from `start` fills `blocks`; None follows the last. Raises Unavailable if it cannot be.

    Opened at 44,100 Hz with one channel where it can do that, otherwise at its own rate with its own channels.
    """

    def __init__(self, audio: Any, index: int, name: str) -> None:
        self.name = name
        self.blocks: queue.SimpleQueue[Block | None] = queue.SimpleQueue()
        try:
            self.rate, channels = _form(audio, index)
            self.block = self.rate // BLOCKS_PER_SECOND
            self._stream = audio.InputStream(
                samplerate=self.rate, channels=channels, dtype="float32", device=index, blocksize=self.block,
                latency="low", callback=self._captured, finished_callback=lambda: self.blocks.put(None),
            )  # fmt: skip
        except audio.PortAudioError as error:
            raise Unavailable(
                f"{name}: cannot be opened ({error}); "
                "is another program holding it? heartseg-live --list-devices shows the others"
            ) from None
        if not LOWEST_RATE <= self.rate <= HIGHEST_RATE:
            self.close()
            raise Unavailable(f"{name}: {self.rate} Hz; rates from {LOWEST_RATE} to {HIGHEST_RATE} Hz can be used")
        self._error = audio.PortAudioError

    def _captured(self, samples: Samples, frames: int, times: Any, status: Any) -> None:
        age = times.currentTime - times.inputBufferAdcTime
        if not times.inputBufferAdcTime > 0 or not 0 <= age < _LARGEST_AGE_S:  # some host APIs do not tell
            age = frames / self.rate
        self.blocks.put(Block(now() - age, bool(status.input_overflow), samples.copy()))

    def start(self) -> None:
        """Begin to capture. Raises Unavailable."""
        try:
            self._stream.start()
        except self._error as error:
            raise Unavailable(f"{self.name}: cannot be started ({error})") from None

    def close(self) -> None:
        """Capture no more; what was captured is in the queue."""
        self._stream.close()


def _form(audio: Any, index: int) -> tuple[int, int]:
    """Rate and channels to open a device with."""
    try:
        audio.check_input_settings(device=index, channels=1, dtype="float32", samplerate=STREAM_RATE)
    except audio.PortAudioError:
        entry = audio.query_devices(index)
        return round(entry["default_samplerate"]), entry["max_input_channels"]
    return STREAM_RATE, 1
