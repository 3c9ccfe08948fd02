"""Overlapping windows through the network, and the posteriors that they agree on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..models import Network
from .clock import FRAME

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Posteriors:
    """Posteriors of successive frames, from one window.

    first: the frame (10 ms) that row 0 belongs to. log: shape (n, 4), log probabilities of S1, systole, S2 and
    diastole. presence: probability of a heartbeat in the window. heard: PCG samples that the window needed.
    """

    first: int
    log: FloatArray
    presence: float
    heard: int


class Windows:
    """Slides a window over PCG samples, by one token (50 ms) a step.

    A frame's posteriors are final once `lookahead` tokens after its own have been heard. By then `lookahead + 1`
    windows have spoken about it, each knowing 50 ms more than the one before: the geometric mean of the last
    ones, `merge` at most, is what counts.
    """

    def __init__(self, network: Network, lookahead: int, merge: int = 1) -> None:
        card = network.card
        if not 0 <= lookahead < card.heads:
            raise ValueError(f"lookahead should be 0 to {card.heads - 1} tokens, not {lookahead}")
        self._network = network
        self._lookahead = lookahead
        self._merge = min(merge, lookahead + 1)
        self._size, self._token, self._heads = card.window, card.token, card.heads
        self._step = card.token * FRAME
        self._buffer = np.zeros(self._size + 64 * self._step, np.float32)
        self.clear()

    def clear(self) -> None:
        """Forget everything heard."""
        self._buffer[: self._size] = 0.0
        self._end = self._size  # of what is in the buffer
        self._due = self._size + self._step  # end of the next window in the buffer
        self._hops = 0
        self._recent: list[FloatArray] = []

    @property
    def _heard(self) -> int:
        return self._hops * self._step

    def push(self, pcg: FloatArray) -> list[Posteriors]:
        """The frames that become final with these PCG samples (any number of them), hop by hop."""
        results = []
        at = 0
        while at < len(pcg):
            if self._due > len(self._buffer):
                shift = self._end - self._size
                self._buffer[: self._size] = self._buffer[shift : self._end].copy()
                self._end -= shift
                self._due -= shift
            take = min(len(pcg) - at, self._due - self._end)
            self._buffer[self._end : self._end + take] = pcg[at : at + take]
            self._end += take
            at += take
            if self._end == self._due:
                self._due += self._step
                self._hops += 1
                found = self._hop()
                if found is not None:
                    results.append(found)
        return results

    def _hop(self) -> Posteriors | None:
        posterior, presence = self._network.run(self._buffer[self._end - self._size : self._end])
        tokens = np.log(np.maximum(posterior, 1e-6)).reshape(self._heads, self._token, 4)
        # Row -1 - j of a window speaks of the token j before its newest.
        self._recent.append(tokens)
        del self._recent[: -self._merge]
        token = self._hops - 1 - self._lookahead
        if token < 0:
            return None
        rows = [w[-1 - self._lookahead + age] for age, w in enumerate(reversed(self._recent))]
        log: FloatArray = rows[0] if len(rows) == 1 else np.mean(rows, axis=0, dtype=np.float32)
        return Posteriors(token * self._token, log, presence, self._heard)

    def flush(self) -> list[Posteriors]:
        """The frames still owed, from one last window that ends with the last whole frame; then start over."""
        rest = self._end - (self._due - self._step)
        frames = (self._heard + rest) // FRAME
        first = max(0, self._hops - self._lookahead) * self._token
        owed = frames - first
        results = []
        if owed > 0:
            end = self._end - (self._heard + rest - frames * FRAME)
            posterior, presence = self._network.run(self._buffer[end - self._size : end])
            log = np.log(np.maximum(posterior[-owed:], 1e-6))
            results = [Posteriors(first, log, presence, frames * FRAME)]
        self.clear()
        return results
