"""Keeps samples that are no numbers, or far too large, away from the segmenter."""

from typing import NamedTuple

import numpy as np

from ..rates import STREAM_RATE, Samples

_RECOVERY = STREAM_RATE // 10  # good samples in a row that end a gap
_LARGEST = 1e10  # full scale is 1.0; counts of a 32-bit converter, which some store as they are, reach 2.1e9


class Span(NamedTuple):
    """Successive samples, shape (n,), and whether they are usable."""

    samples: Samples
    is_usable: bool


class FiniteGate:
    """Splits blocks into usable spans and gaps.

    A gap begins at a sample that is NaN, infinite or beyond all sound. It ends after 100 ms without one, so that a
    burst of them makes one gap. The 100 ms belong to the gap.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Start over, outside of a gap."""
        self._is_open = True
        self._good_run = 0  # good samples in a row within a gap

    def push(self, block: Samples) -> list[Span]:
        """The spans of a block, in order. A usable span after a gap may be empty: it says that the gap has ended.

        >>> [(len(samples), is_usable) for samples, is_usable in FiniteGate().push(np.array([0.0, 0.1, np.nan, 0.0]))]
        [(2, True), (1, False), (1, False)]
        """
        good = np.abs(block) < _LARGEST  # False for NaN too
        if self._is_open and good.all():
            return [Span(block, True)]
        spans: list[Span] = []
        edges = np.flatnonzero(np.diff(good)) + 1
        for samples, are_good in zip(np.split(block, edges), good[[0, *edges]] if len(good) else (), strict=False):
            if not are_good:
                self._enter_invalid()
                spans.append(Span(samples, False))
            elif self._is_open:
                spans.append(Span(samples, True))
            else:
                spans += self._recover(samples)
        return spans

    def _enter_invalid(self) -> None:
        self._is_open = False
        self._good_run = 0

    def _recover(self, samples: Samples) -> list[Span]:
        count = min(len(samples), _RECOVERY - self._good_run)
        self._good_run += count
        spans = [Span(samples[:count], False)]
        if self._good_run == _RECOVERY:
            self.clear()
            spans.append(Span(samples[count:], True))
        return spans
