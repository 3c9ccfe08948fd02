"""What the time stamps of captured blocks say: how much was lost between them, and when each sample was heard."""

from bisect import bisect
from collections import deque
from typing import NamedTuple

from ..rates import STREAM_RATE, Samples

TOLERANCE_S = 0.15
"""Blocks may be stamped so much too late: the clocks of sound servers tremble, and a gap costs a few beats."""

_SETTLED_BLOCKS = 200
_HELD_BLOCKS = 25
_NEARER_S = 0.002


class Block(NamedTuple):
    """A captured block. began: when its first sample was, in s. overflow: PortAudio's flag, that input was lost before
    it. samples: shape (n, channels).
    """

    began: float
    overflow: bool
    samples: Samples


class Part(NamedTuple):
    """A block in its place: `lost` seconds are missing before it. began: when its first sample was, without jitter."""

    lost: float
    overflow: bool
    began: float
    samples: Samples


class Continuity:
    """Puts the blocks of one capture in their places.

    A stamp is never too early and often too late, so the earliest of the last two seconds, against the samples
    delivered, says where the stream is. Where a block comes later than that by more than `TOLERANCE_S`, or with the
    flag, it is held to see whether those after it catch up: until 25 blocks, a quarter of a second, came no nearer.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._frames = 0
        self._lost = 0.0
        self._late: deque[float] = deque(maxlen=_SETTLED_BLOCKS)  # stamps less time delivered
        self._held: list[Block] = []
        self._held_frames = 0
        self._nearest = 0.0  # the least lateness of the held
        self._waited = 0  # blocks since

    @property
    def end(self) -> float:
        """When the last sample that was put in its place ended, in s."""
        return self._now + (min(self._late) if self._late else 0.0)

    @property
    def _now(self) -> float:
        return self._frames / self._rate + self._lost

    def push(self, block: Block) -> list[Part]:
        """The parts that a block brings, none while it is held."""
        late = block.began - self._now - self._held_frames / self._rate
        in_time = not self._late or late - min(self._late) <= TOLERANCE_S
        if in_time and not block.overflow and not any(held.overflow for held in self._held):
            return [*self._release(0.0), self._place(block, late)]
        if not self._held or late < self._nearest - _NEARER_S:
            self._nearest, self._waited = late, 0
        self._held.append(block)
        self._held_frames += len(block.samples)
        self._waited += 1
        return self.flush() if self._waited >= _HELD_BLOCKS else []

    def flush(self) -> list[Part]:
        """The parts that are still held."""
        if not self._held:
            return []
        lates, now = [], self._now
        for block in self._held:
            lates.append(block.began - now)
            now += len(block.samples) / self._rate
        if not self._late:  # nothing was heard before it
            return self._release(0.0)
        lost = min(lates) - min(self._late)
        if any(held.overflow for held in self._held):  # PortAudio's own buffer of one block is the least that it lost
            return self._release(max(lost, len(self._held[0].samples) / self._rate))
        return self._release(lost if lost > TOLERANCE_S else 0.0)

    def _release(self, lost: float) -> list[Part]:
        held, self._held, self._held_frames = self._held, [], 0
        overflow = any(block.overflow for block in held)
        self._lost += lost
        parts = [self._place(block, block.began - self._now) for block in held]
        return [parts[0]._replace(lost=lost, overflow=overflow), *parts[1:]] if parts else []

    def _place(self, block: Block, late: float) -> Part:
        self._late.append(late)
        began = self.end
        self._frames += len(block.samples)
        return Part(0.0, False, began, block.samples)


class Timeline:
    """When samples of the stream were heard, for the last ten seconds."""

    def __init__(self) -> None:
        self._notes: deque[tuple[int, float]] = deque(maxlen=1000)

    def note(self, position: int, at: float) -> None:
        """Stream sample `position` was heard at `at`, in s."""
        self._notes.append((position, at))

    def when(self, position: int) -> float | None:
        """When stream sample `position` was heard, in s; None where nothing is known."""
        notes = list(self._notes)
        if not notes:
            return None
        known, at = notes[max(0, bisect(notes, (position, float("inf"))) - 1)]
        return at + (position - known) / STREAM_RATE
