"""A replay: blocks of samples into the ring, in real time or as fast as they are taken. It can be paused and sought."""

import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..rates import STREAM_RATE, Samples
from .base import LISTENING
from .intake import Intake
from .ring import RingBuffer

if TYPE_CHECKING:  # its library is loaded for recordings only
    from .file import FileSource

_PACED_BLOCK = STREAM_RATE // 50
_AHEAD = 10 * STREAM_RATE
_STEP = STREAM_RATE // 20  # places in a recording are multiples of this: a column of the display


class Replay:
    """A source that plays blocks of samples. Drops nothing.

    Parameters
    ----------
    blocks
        Float32 arrays of shape (n,), any n, at 44,100 Hz.
    speed
        Times real time. None: as fast as the samples are taken.
    name
        What the session line calls it.
    warnings
        The list that the reader of the blocks adds to.

    Attributes
    ----------
    origin
        Place in the recording of the first sample, in stream samples.
    ahead
        How many samples from there on come at once, before those that keep time.
    in_time
        Set once the samples keep time, and at the end.

    Examples
    --------
    >>> import numpy as np
    >>> Replay([np.zeros(44_100, np.float32)], speed=None).state
    'listening'
    """

    def __init__(
        self,
        blocks: Iterable[Samples],
        speed: float | None = 1.0,
        name: str = "replay",
        warnings: list[str] | None = None,
    ) -> None:
        self.name = name
        self.warnings = [] if warnings is None else warnings
        self.origin = self.ahead = 0
        self.in_time = threading.Event()
        self._file: FileSource | None = None
        self._blocks, self._speed = blocks, speed
        self._ring = RingBuffer()
        self._stopped, self._going = threading.Event(), threading.Event()
        self._going.set()
        self._thread: threading.Thread | None = None
        self._began: float | None = None
        self.failure: str | None = None
        self.state = LISTENING
        self.latency: dict[str, int] = {}

    @classmethod
    def of(cls, file: "FileSource", speed: float | None = 1.0) -> "Replay":
        """A replay of a recording, at `speed` times real time. `file` is read by it alone."""
        replay = cls(file.blocks(), speed, file.name, file.warnings)
        replay._file = file
        return replay

    @property
    def length(self) -> int | None:
        """Length of the recording, in stream samples; None where it is unknown, or no other place can be sought."""
        return self._file.length if self._file else None

    def at(self, place: int) -> "Replay":
        """A replay of the same recording that keeps time from another place on, in stream samples.

        It is the next twentieth of a second before `place`. The ten seconds before come at once, so that the engine
        knows the heart already. Only where there is a `length`. Raises SourceError if the recording cannot be read.
        """
        assert self._file is not None and self.length is not None
        place = min(max(0, place), self.length) // _STEP * _STEP
        origin = max(0, place - _AHEAD)
        replay = Replay.of(self._file.again(origin), self._speed)
        replay.origin, replay.ahead = origin, place - origin
        return replay

    @property
    def paused(self) -> bool:
        """Whether it waits for the second `pause`."""
        return not self._going.is_set()

    def pause(self) -> None:
        """Bring no more samples, or go on. Nothing is lost. From any thread."""
        if self.paused:
            self._going.set()
        else:
            self._going.clear()

    def start(self, intake: Intake) -> None:
        """Begin to play, from a thread of its own."""
        intake.add(self._ring)
        self._thread = threading.Thread(target=self._run, args=(intake,), name="heartseg-replay", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the present block."""
        self._stopped.set()
        self._going.set()
        self._ring.room_made.set()
        if self._thread is not None:
            self._thread.join()

    def when(self, position: int) -> float | None:
        """The time on `time.monotonic` at which a stream sample was due; None where the replay keeps no time."""
        if self._speed is None or self._began is None:
            return None
        return self._began + position / (STREAM_RATE * self._speed)

    def _run(self, intake: Intake) -> None:
        try:
            for block in self._blocks:
                size = _PACED_BLOCK if self._speed else max(1, len(block))
                for start in range(0, len(block), size):
                    part = block[start : start + size]
                    if self._ring.written >= self.ahead:
                        self._wait(len(part))
                    self._ring.put(part, self._stopped)
                    if self._stopped.is_set():
                        return
        except Exception as error:
            self.failure = f"the replay failed: {error}"
        finally:
            self.in_time.set()
            intake.close()

    def _wait(self, length: int) -> None:
        """Until the next samples may come: `length` of them are due, and the replay is not paused."""
        written = self._ring.written
        if not self.in_time.is_set():
            while self._ring.frames_read < written and not self._stopped.is_set():
                self._ring.room_made.wait()
            self._begin(written)
            self.in_time.set()
        if self.paused:
            self._going.wait()
            self._begin(written)
        if self._speed and self._began is not None:
            due = self._began + (written + length) / (STREAM_RATE * self._speed)
            self._stopped.wait(max(0.0, due - time.monotonic()))

    def _begin(self, written: int) -> None:
        """Let the next sample be due now."""
        if self._speed:
            self._began = time.monotonic() - written / (STREAM_RATE * self._speed)
