"""A replay: blocks of samples into the ring, in real time or as fast as they are taken."""

import threading
import time
from collections.abc import Iterable

from ..rates import STREAM_RATE, Samples
from .base import LISTENING
from .intake import Intake
from .ring import RingBuffer

_PACED_BLOCK = STREAM_RATE // 50


class Replay:
    """A source that plays blocks at `speed` times real time (None: as fast as they are taken). Drops nothing.

    blocks: float32 arrays of shape (n,) at 44,100 Hz. warnings: the list that the reader of the blocks adds to.
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
        self._blocks, self._speed = blocks, speed
        self._ring = RingBuffer()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._began: float | None = None
        self.failure: str | None = None
        self.state = LISTENING
        self.latency: dict[str, int] = {}

    def start(self, intake: Intake) -> None:
        """Begin to play, from a thread of its own."""
        intake.add(self._ring)
        self._thread = threading.Thread(target=self._run, args=(intake,), name="heartseg-replay", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the present block."""
        self._stopped.set()
        self._ring.room_made.set()
        if self._thread is not None:
            self._thread.join()

    def when(self, position: int) -> float | None:
        """The time on `time.monotonic` at which a stream sample was due; None where the replay keeps no time."""
        if self._speed is None or self._began is None:
            return None
        return self._began + position / (STREAM_RATE * self._speed)

    def _run(self, intake: Intake) -> None:
        began = self._began = time.monotonic()
        try:
            for block in self._blocks:
                size = _PACED_BLOCK if self._speed else max(1, len(block))
                for start in range(0, len(block), size):
                    part = block[start : start + size]
                    if self._speed:
                        due = began + (self._ring.written + len(part)) / (STREAM_RATE * self._speed)
                        self._stopped.wait(max(0.0, due - time.monotonic()))
                    self._put(part)
                    if self._stopped.is_set():
                        return
        except Exception as error:
            self.failure = f"the replay failed: {error}"
        finally:
            intake.close()

    def _put(self, part: Samples) -> None:
        """Write all of it, and wait for room where there is none."""
        while len(part) and not self._stopped.is_set():
            fits = min(len(part), self._ring.room)
            if fits:
                self._ring.write(part[:fits])
                part = part[fits:]
            else:
                self._ring.room_made.wait()
