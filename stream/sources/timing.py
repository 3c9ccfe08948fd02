"""Time stamps of captured blocks: how much was lost between them, and when each sample was captured."""

from bisect import bisect
from collections import deque
from typing import NamedTuple

from ..rates import STREAM_RATE, Samples

TOLERANCE_S = 0.15
"""Time stamps may be this late without a gap: sound-server clocks jitter, and a false gap costs a few beats."""

_SETTLED_BLOCKS = 200
_HELD_BLOCKS = 25
_CLOSER_S = 0.002


class Stamped(NamedTuple):
    """A captured block. began: when its first sample was captured, in s. overflow: PortAudio's flag, input was lost
    before it. samples: shape (n, channels).
    """

    began: float
    overflow: bool
    samples: Samples


class Placed(NamedTuple):
    """A block in its place. lost: seconds missing before it. began: when its first sample was captured, unjittered."""

    lost: float
    overflow: bool
    began: float
    samples: Samples


class Continuity:
    """Finds the gaps between the blocks of one opening of a device.

    Stamps are never early and often late (scheduling jitter). So the smallest lateness of the last 200 blocks is the
    true stream time. A block that is later than that by TOLERANCE_S, or flagged, is held back until a later block
    catches up (no loss) or 25 have not (gap).
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._frames = 0
        self._lost = 0.0
        self._lateness: deque[float] = deque(maxlen=_SETTLED_BLOCKS)  # stamps less time delivered
        self._held: list[Stamped] = []
        self._held_frames = 0
        self._least_held = 0.0  # the least lateness of the held
        self._waited = 0  # blocks since

    @property
    def end(self) -> float:
        """When the last sample that was placed ended, in s."""
        return self._delivered + (min(self._lateness) if self._lateness else 0.0)

    @property
    def _delivered(self) -> float:
        return self._frames / self._rate + self._lost

    def push(self, block: Stamped) -> list[Placed]:
        """Take a block; returns the blocks that can be placed now, none while it is held back."""
        lateness = block.began - self._delivered - self._held_frames / self._rate
        in_time = not self._lateness or lateness - min(self._lateness) <= TOLERANCE_S
        if in_time and not block.overflow and not any(held.overflow for held in self._held):
            return [*self._release(0.0), self._place(block, lateness)]
        if not self._held or lateness < self._least_held - _CLOSER_S:
            self._least_held, self._waited = lateness, 0
        self._held.append(block)
        self._held_frames += len(block.samples)
        self._waited += 1
        return self.flush() if self._waited >= _HELD_BLOCKS else []

    def flush(self) -> list[Placed]:
        """Place the blocks that are still held back."""
        if not self._held:
            return []
        lateness, delivered = [], self._delivered
        for block in self._held:
            lateness.append(block.began - delivered)
            delivered += len(block.samples) / self._rate
        if not self._lateness:  # nothing was placed before
            return self._release(0.0)
        lost = min(lateness) - min(self._lateness)
        if any(held.overflow for held in self._held):  # PortAudio's own buffer of one block is the least that it lost
            return self._release(max(lost, len(self._held[0].samples) / self._rate))
        return self._release(lost if lost > TOLERANCE_S else 0.0)

    def skip(self, frames: int) -> None:
        """Take note of `frames` that the ring dropped. Call `flush` before."""
        self._lost += frames / self._rate

    def _release(self, lost: float) -> list[Placed]:
        held, self._held, self._held_frames = self._held, [], 0
        overflow = any(block.overflow for block in held)
        self._lost += lost
        placed = [self._place(block, block.began - self._delivered) for block in held]
        return [placed[0]._replace(lost=lost, overflow=overflow), *placed[1:]] if placed else []

    def _place(self, block: Stamped, lateness: float) -> Placed:
        self._lateness.append(lateness)
        began = self.end
        self._frames += len(block.samples)
        return Placed(0.0, False, began, block.samples)


class Timeline:
    """When samples of the stream were captured, for the last ten seconds."""

    def __init__(self) -> None:
        self._notes: deque[tuple[int, float]] = deque(maxlen=1000)

    def note(self, position: int, time: float) -> None:
        """Stream sample `position` was captured at `time`, in s."""
        self._notes.append((position, time))

    def when(self, position: int) -> float | None:
        """When stream sample `position` was captured, in s; None where nothing is known."""
        notes = list(self._notes)
        if not notes:
            return None
        known, time = notes[max(0, bisect(notes, (position, float("inf"))) - 1)]
        return time + (position - known) / STREAM_RATE
