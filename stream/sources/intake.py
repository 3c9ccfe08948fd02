"""The worker's side of the rings: gaps are found, channels mixed, rates converted; stream samples come out."""

from collections import deque
from dataclasses import dataclass

from ..rates import STREAM_RATE, Samples
from .resample import Converter, mean_channel
from .ring import Block, RingBuffer, Signal
from .timing import Continuity, Placed, Stamped, Timeline


@dataclass(frozen=True)
class Missing:
    """`length` stream samples are missing between the samples read before and those read next."""

    length: int
    reason: str


Part = Samples | Missing


class Intake:
    """Reads one ring after the other and hands out one stream at 44,100 Hz.

    A source adds a ring for each opening of its device, and closes the intake at the end. The worker reads, and waits
    for `news` when there is nothing to read. A ring of 44,100 Hz, one channel and no time stamps passes unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> intake, ring = Intake(), RingBuffer()
    >>> intake.add(ring)
    >>> ring.write(np.zeros(441, np.float32))
    441
    >>> len(intake.read(300)), len(intake.read(300)), intake.read(300)
    (300, 141, None)
    """

    def __init__(self) -> None:
        self.news = Signal()
        self.timeline = Timeline()
        self.taken = 0  # stream samples handed out, missing ones included
        self.finished = False
        self._rings: deque[RingBuffer] = deque()
        self._take: Take | None = None
        self._ready: deque[Part] = deque()
        self._closed = False
        self._lost_until: float | None = None

    # ---- the source's side

    def add(self, ring: RingBuffer) -> None:
        """Read this ring, too, once those before it are finished."""
        ring.data_ready = self.news
        self._rings.append(ring)
        self.news.set()

    def close(self, lost_until: float | None = None) -> None:
        """No ring follows, and nothing more is written into those there are.

        lost_until: the device is lost, and the gap ends at this time, in s of the time stamps' clock.
        """
        self._lost_until = lost_until
        for ring in tuple(self._rings):
            ring.close()
        if self._take is not None:
            self._take.ring.close()
        self._closed = True
        self.news.set()

    # ---- the worker's side

    def read(self, limit: int) -> Part | None:
        """The next samples or the next gap; None when there is nothing yet.

        A None after which `finished` is true is the end.

        Parameters
        ----------
        limit
            The most samples to read, at 44,100 Hz. A captured block is read whole.
        """
        closed = self._closed  # before the rings: none is added later
        while not self._ready and self._advance(limit):
            pass
        if not self._ready:
            self.finished = closed and not self._rings and (self._take is None or self._take.finished)
            return None
        part = self._ready.popleft()
        self.taken += _length(part)
        return part

    def _advance(self, limit: int) -> bool:
        take = self._take
        if take is not None and not take.finished:
            parts = take.read(limit)
        elif self._rings:
            start, last_end = (0, None) if take is None else (take.captured, take.end)
            self._take = Take(self._rings[0], start, self.timeline, last_end)
            self._rings.popleft()  # only now: `captured` misses none
            parts = []
        elif self._closed and take is not None and self._lost_until is not None:
            until, self._lost_until = self._lost_until, None
            parts = take.lost_until(until)
        else:
            parts = None
        self._ready.extend(part for part in parts or () if _length(part))
        return parts is not None

    # ---- anybody's

    @property
    def captured(self) -> int:
        """Stream samples that the rings took, with those they dropped and the gaps found so far.

        Counted from the frames of each ring, not from what came out; see `Take.captured` for other rates.
        """
        take = self._take
        queued = [ring for ring in tuple(self._rings) if take is None or ring is not take.ring]
        return (take.captured if take else 0) + sum(in_stream(ring.captured, ring.rate) for ring in queued)


class Take:
    """One opening of a device, from start to end: its ring, and the stages that make stream samples of its blocks.

    start: stream position at which it begins. last_end: when the last sample before it was captured, in s; None where
    there was none, or none with a time stamp.
    """

    def __init__(self, ring: RingBuffer, start: int, timeline: Timeline, last_end: float | None) -> None:
        self.ring = ring
        self.finished = False
        self._rate = ring.rate
        self._timeline = timeline
        self._last_end = last_end
        self._was_lost = last_end is not None  # the time since then is a gap
        self._continuity, self._converter = Continuity(ring.rate), Converter(ring.rate)
        self._origin = (start, 0)  # where the unbroken stretch began: stream position, and frame of the ring
        self._frames = 0  # converted since then
        self._converted = 0  # stream samples that came of them so far

    @property
    def captured(self) -> int:
        """The stream position up to which the ring has taken sound, by its own count of frames.

        n frames at another rate are n × 44,100 ÷ rate samples. The conversion rounds that once for each unbroken
        stretch. Where it rounds otherwise than we do, its own length holds: the two differ by a sample at most.
        """
        position, frame = self._origin
        return position + in_stream(self.ring.captured - frame, self._rate)

    @property
    def end(self) -> float | None:
        """When the last sample so far was captured, in s."""
        return self._last_end

    def read(self, limit: int) -> list[Part] | None:
        """The parts that the next block brings; None when there is no block yet."""
        block = self.ring.read(limit)
        if block is not None:
            return self._push(block)
        if not self.ring.finished:
            return None
        self.finished = True
        return [*self._held(), self._break()]

    def lost_until(self, time: float) -> list[Part]:
        """The gap from the last sample to `time`, in s."""
        return [] if self._last_end is None else self._lose(time - self._last_end, "device lost")

    def _push(self, block: Block) -> list[Part]:
        parts: list[Part] = []
        if block.lost:
            parts += [*self._held(), self._break(), Missing(in_stream(block.lost, self._rate), "overflow")]
            self._continuity.skip(block.lost)
            position, frame = self._origin
            self._origin = (position + in_stream(block.lost, self._rate), frame + block.lost)
        if block.began is None:
            parts.append(self._convert(block.samples))
            return parts
        for placed in self._continuity.push(Stamped(block.began, block.overflow, block.samples)):
            parts += self._place(placed)
        return parts

    def _held(self) -> list[Part]:
        return [part for placed in self._continuity.flush() for part in self._place(placed)]

    def _place(self, placed: Placed) -> list[Part]:
        parts: list[Part] = []
        if self._was_lost and self._last_end is not None:
            parts = self._lose(placed.began - self._last_end, "device lost")
        elif placed.lost:
            parts = self._lose(placed.lost, "overflow" if placed.overflow else "interrupted")
        self._was_lost = False
        self._timeline.note(self._origin[0] + self._frames * STREAM_RATE // self._rate, placed.began)
        samples = self._convert(placed.samples)
        self._last_end = self._continuity.end
        return [*parts, samples]

    def _convert(self, samples: Samples) -> Samples:
        out = self._converter.push(mean_channel(samples))
        self._frames += len(samples)
        self._converted += len(out)
        return out

    def _break(self) -> Samples:
        """End the unbroken stretch; returns the samples that the conversion still held back."""
        tail = self._converter.flush()
        length, expected = self._converted + len(tail), in_stream(self._frames, self._rate)
        position, frame = self._origin
        self._origin = (position + (length if abs(length - expected) <= 1 else expected), frame + self._frames)
        self._converter = Converter(self._rate)
        self._frames = self._converted = 0
        return tail

    def _lose(self, seconds: float, reason: str) -> list[Part]:
        """A gap that time stamps tell of. It counts as captured."""
        tail, length = self._break(), max(0, round(seconds * STREAM_RATE))
        position, frame = self._origin
        self._origin = (position + length, frame)
        return [tail, Missing(length, reason)]


def in_stream(frames: int, rate: int) -> int:
    """Stream samples of so many frames at `rate` Hz, rounded."""
    return (2 * frames * STREAM_RATE + rate) // (2 * rate)


def _length(part: Part) -> int:
    return part.length if isinstance(part, Missing) else len(part)
