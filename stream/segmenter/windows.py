"""Overlapping windows through the network, and the posteriors that come of them."""

from dataclasses import dataclass

import numpy as np

from ...models import Network
from ..rates import FRAME, Samples

_SMALLEST = 1e-6  # posteriors below it count as it, so that their logarithm stays finite


@dataclass(frozen=True)
class Posteriors:
    """Posteriors of successive frames, from one window.

    Attributes
    ----------
    first
        The frame (10 ms) of row 0.
    log
        Log probabilities of S1, systole, S2 and diastole: shape (n, 4), float32.
    presence
        Probability of a heartbeat: shape (n,), float32.
    n_final
        Number of leading rows that will not change. The next window replaces the others.
    needed
        PCG samples consumed up to this window's end.
    """

    first: int
    log: Samples
    presence: Samples
    n_final: int
    needed: int


class WindowedInference:
    """Slides the network's window over PCG samples.

    A window gives posteriors of its newest frames. They are final once `lookahead` more frames are in. Where windows
    overlap, the latest one wins, since it has seen the most. (Their mean was tried, and is no better.)

    Parameters
    ----------
    network
        Its output must cover lookahead + hop frames; else ValueError is raised.
    lookahead
        Frames after a frame's own that must be in before its posteriors are final.
    hop
        Frames from one window to the next.
    provisional
        Also return the frames that are not final yet.
    """

    def __init__(self, network: Network, lookahead: int, hop: int, provisional: bool) -> None:
        card = network.card
        if lookahead < 0 or hop < 1 or lookahead + hop > card.output_frames:
            raise ValueError(
                f"{card.name} gives posteriors of {card.output_frames} frames a window: too few for a lookahead of "
                f"{lookahead} with a hop of {hop}"
            )
        self._network = network
        self._lookahead, self._hop, self._provisional = lookahead, hop, provisional
        self._size = card.window
        self._step = hop * FRAME
        # Samples move to the front only when the buffer is full, so a hop seldom copies a whole window.
        self._buffer = np.zeros(self._size + max(64 * self._step, self._size), np.float32)
        self.clear()

    def clear(self) -> None:
        """Forget all samples; silence comes before the first."""
        self._buffer[: self._size] = 0.0
        self._end = self._size  # of what is in the buffer
        self._next_end = self._size + self._step  # end of the next window in the buffer
        self._frames = 0  # frames in whole hops so far

    def push(self, pcg: Samples) -> list[Posteriors]:
        """Posteriors of each window that these PCG samples complete. pcg: shape (n,), float32, any length."""
        results = []
        taken = 0
        while taken < len(pcg):
            if self._next_end > len(self._buffer):
                self._move_to_front()
            count = min(len(pcg) - taken, self._next_end - self._end)
            self._buffer[self._end : self._end + count] = pcg[taken : taken + count]
            self._end += count
            taken += count
            if self._end == self._next_end:
                self._next_end += self._step
                self._frames += self._hop
                final = max(0, self._frames - self._lookahead)
                results.append(self._infer(self._end, self._frames, max(0, final - self._hop), final))
        return results

    def flush(self) -> list[Posteriors]:
        """The frames still owed, from one last window that ends with the last whole frame; then start over."""
        rest = self._end - (self._next_end - self._step)
        frames = self._frames + rest // FRAME
        first = max(0, self._frames - self._lookahead)
        results = [self._infer(self._end - rest % FRAME, frames, first, frames)] if frames > first else []
        self.clear()
        return results

    def _move_to_front(self) -> None:
        shift = self._end - self._size
        self._buffer[: self._size] = self._buffer[shift : self._end].copy()
        self._end -= shift
        self._next_end -= shift

    def _infer(self, end: int, frames: int, first: int, final: int) -> Posteriors:
        """Run the window that ends at buffer index `end`, after `frames` frames; its posteriors from frame `first`.

        Frames below `final` are final.
        """
        posterior, presence = self._network.run(self._buffer[end - self._size : end])
        last = frames if self._provisional else final
        rows = slice(len(posterior) - (frames - first), len(posterior) - (frames - last))
        log = np.log(np.maximum(posterior[rows], _SMALLEST))
        return Posteriors(first, log, presence[rows], final - first, frames * FRAME)
