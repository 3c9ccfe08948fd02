"""The ring buffer between whoever captures and whoever listens: one writer, one reader, no lock."""

from dataclasses import dataclass

import numpy as np

from ..rates import Samples

_GAPS = 256


@dataclass(frozen=True)
class Missing:
    """`length` samples that were dropped between what was read before and what is read next."""

    length: int
    reason: str


class RingBuffer:
    """Preallocated float32 samples. The writer never waits and never allocates samples; what does not fit is counted.

    Each side changes only its own counters, and publishes by a single assignment after the samples are in place.
    Counters only grow: written = read + what is in the buffer.
    """

    def __init__(self, capacity: int) -> None:
        self._samples = np.zeros(capacity, np.float32)
        self._gaps: list[tuple[int, int, str]] = [(0, 0, "")] * _GAPS  # at which sample, how many, why
        self._gap_count = 0
        self._gap_read = 0
        self._losing = 0  # the writer's: length of the gap that is still growing
        self._reason = ""
        self.written = 0
        self.read_count = 0
        self.dropped = 0
        self.closed = False

    @property
    def pending(self) -> int:
        """Samples written and not yet read."""
        return self.written - self.read_count

    @property
    def room(self) -> int:
        """Samples that can be written now."""
        return len(self._samples) - self.pending

    # ---- the writer's side

    def write(self, block: Samples) -> int:
        """Store a block; returns how many samples fitted. The rest is dropped and becomes a gap."""
        fits = min(len(block), self.room)
        if fits and self._losing:
            if self._gap_count - self._gap_read < _GAPS - 1:  # the last slot is kept for `close`
                self._end_gap()
            else:
                fits = 0
        if fits:
            size = len(self._samples)
            at = self.written % size
            first = min(fits, size - at)
            self._samples[at : at + first] = block[:first]
            self._samples[: fits - first] = block[first:fits]
            self.written += fits
        if fits < len(block):
            self.lose(len(block) - fits, "overflow")
        return fits

    def lose(self, length: int, reason: str) -> None:
        """Say that `length` samples were lost before they could be written."""
        if not self._losing:
            self._reason = reason
        self._losing += length
        self.dropped += length

    def close(self) -> None:
        """Nothing more will be written."""
        if self._losing:
            self._end_gap()
        self.closed = True

    def _end_gap(self) -> None:
        self._gaps[self._gap_count % _GAPS] = (self.written, self._losing, self._reason)
        self._losing = 0
        self._gap_count += 1

    # ---- the reader's side

    def read(self, limit: int) -> Samples | Missing | None:
        """The next samples (at most `limit`, a copy) or the next gap; None when there is nothing yet."""
        # `written` first: a gap that was published before it is then surely seen.
        available = min(self.written - self.read_count, limit)
        if self._gap_read < self._gap_count:
            at, length, reason = self._gaps[self._gap_read % _GAPS]
            if at == self.read_count:
                self._gap_read += 1
                return Missing(length, reason)
            available = min(available, at - self.read_count)
        if not available:
            return None
        size = len(self._samples)
        at = self.read_count % size
        first = min(available, size - at)
        out = np.concatenate([self._samples[at : at + first], self._samples[: available - first]])
        self.read_count += available
        return out

    @property
    def finished(self) -> bool:
        """Closed, and everything read."""
        return self.closed and not self.pending and self._gap_read == self._gap_count
