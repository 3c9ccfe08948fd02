"""Overlapping windows through the network, and the posteriors that they agree on."""

from dataclasses import dataclass

import numpy as np

from ...models import Network
from ..rates import FRAME, Samples


@dataclass(frozen=True)
class Posteriors:
    """Posteriors of successive frames, from one window.

    first: the frame (10 ms) that row 0 belongs to. log: shape (n, 4), log probabilities of S1, systole, S2 and
    diastole. presence: probability of a heartbeat, shape (n,). final: rows that are not spoken about again; those
    after them are, by the next window. heard: PCG samples that the window needed.
    """

    first: int
    log: Samples
    presence: Samples
    final: int
    heard: int


class Windows:
    """Slides a window over PCG samples, by `hop` frames (10 ms) a step.

    A window speaks of its newest frames. A frame's posteriors are final once `lookahead` more frames have been
    heard: of all windows that overlap it up to then, the last knows most, and its word counts. (Their mean was
    tried, and is no better.) early: whether the frames after those are told too.
    """

    def __init__(self, network: Network, lookahead: int, hop: int, early: bool) -> None:
        card = network.card
        spoken = card.heads * card.token
        if lookahead < 0 or hop < 1 or lookahead + hop > spoken:
            raise ValueError(
                f"a window of {card.name} speaks of {spoken} frames: no lookahead of {lookahead} with a hop of {hop}"
            )
        self._network = network
        self._lookahead, self._hop, self._early = lookahead, hop, early
        self._size = card.window
        self._step = hop * FRAME
        self._buffer = np.zeros(self._size + max(64 * self._step, self._size), np.float32)
        self.clear()

    def clear(self) -> None:
        """Forget everything heard."""
        self._buffer[: self._size] = 0.0
        self._end = self._size  # of what is in the buffer
        self._due = self._size + self._step  # end of the next window in the buffer
        self._frames = 0  # heard, in whole hops

    def push(self, pcg: Samples) -> list[Posteriors]:
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
                self._frames += self._hop
                final = max(0, self._frames - self._lookahead)
                results.append(self._ask(self._end, self._frames, max(0, final - self._hop), final))
        return results

    def _ask(self, end: int, heard: int, first: int, final: int) -> Posteriors:
        """What the window up to `end`, where frame `heard` begins, says of `first` and later, for good to `final`."""
        posterior, presence = self._network.run(self._buffer[end - self._size : end])
        last = heard if self._early else final
        rows = slice(len(posterior) - (heard - first), len(posterior) - (heard - last))
        log = np.log(np.maximum(posterior[rows], 1e-6))
        return Posteriors(first, log, presence[rows], final - first, heard * FRAME)

    def flush(self) -> list[Posteriors]:
        """The frames still owed, from one last window that ends with the last whole frame; then start over."""
        rest = self._end - (self._due - self._step)
        frames = self._frames + rest // FRAME
        first = max(0, self._frames - self._lookahead)
        results = [self._ask(self._end - rest % FRAME, frames, first, frames)] if frames > first else []
        self.clear()
        return results
