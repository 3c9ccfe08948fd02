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


@dataclass(frozen=True)
class Hop:
    """What one window says. final: the frames that are not spoken about again; early: its newest token."""

    final: Posteriors | None
    early: Posteriors | None


class Windows:
    """Slides a window over PCG samples, by one token (50 ms) a step.

    A window speaks of its newest token and those before it. A token's posteriors are final once `lookahead` more
    tokens have been heard: of all windows that overlap it up to then, the last knows most, and its word counts.
    (Their mean was tried, and is no better.)
    """

    def __init__(self, network: Network, lookahead: int) -> None:
        card = network.card
        if not 0 <= lookahead < card.heads:
            raise ValueError(f"lookahead should be 0 to {card.heads - 1} tokens, not {lookahead}")
        self._network = network
        self._lookahead = lookahead
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

    @property
    def _heard(self) -> int:
        return self._hops * self._step

    def push(self, pcg: FloatArray) -> list[Hop]:
        """What the windows say that these PCG samples (any number of them) complete."""
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
                results.append(self._hop())
        return results

    def _hop(self) -> Hop:
        posterior, presence = self._network.run(self._buffer[self._end - self._size : self._end])
        tokens = np.log(np.maximum(posterior, 1e-6)).reshape(self._heads, self._token, 4)
        newest = self._hops - 1

        def back(j: int) -> Posteriors | None:
            """The token j before the newest."""
            if j > newest:
                return None
            return Posteriors((newest - j) * self._token, tokens[-1 - j], presence, self._heard)

        return Hop(back(self._lookahead), back(0))

    def flush(self) -> list[Hop]:
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
            results = [Hop(Posteriors(first, log, presence, frames * FRAME), None)]
        self.clear()
        return results
