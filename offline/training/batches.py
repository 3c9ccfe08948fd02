"""Training batches: augmented windows of the corpora, with a label for each frame.

A batch depends on the seed and its number alone, as long as the order of the random draws stays.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...stream.rates import FRAME, PCG_RATE, Samples
from ...stream.segmenter.highpass import HighPass
from .augment import disturb, make_no_heart, rms
from .corpus import NO_HEART, UNKNOWN, Corpus
from .network import STFT, TOKEN, TOKENS, WINDOW

BATCH = 32
EMPTY, HARD_EMPTY = 4, 6
"""Windows of a batch without a heart, and of a hard batch."""

_FIRST_FRAME = STFT - FRAME + TOKEN * FRAME  # sample of a window at which the frames of its first token begin
_LABEL_AGE_S = 3.6
"""A window ends at most so long after a labelled sample."""

_PAUSES = 0.05  # share of the windows whose diastoles are not shortened
_PAUSED_S, _PAUSE_S = 0.15, (1.0, 5.0)  # the shortest diastole that becomes a pause, and how long its middle is played
_SHORTENED = 0.25
"""Share of the windows whose diastoles are shortened."""

_FAST_BPM, _INFANTS, _INFANT_BPM = 95.0, 0.25, (160.0, 245.0)
_SLOW_BPM, _ATHLETES, _ATHLETE_BPM = 65.0, 0.1, (28.0, 45.0)
"""In hard batches, this share of the windows above `_FAST_BPM` (below `_SLOW_BPM`) is resampled to a random infant
(athlete) rate, by a factor of 0.5 to 2."""

_SPLICE = 12  # samples of half a crossfade


class Batches:
    """Draws windows by set, person and heart rate, however many hours there are of each.

    shares: part of the windows that each corpus gives. Heart rates above 120 bpm are drawn three times as often, below
    65 twice. no_heart: real sounds without a heart, a list for each kind, arrays of shape (n,); if there are any, half
    of the windows without a heart contain one. Batches are hard from `hard_from` on: some hearts beat at an infant's or
    an athlete's rate, and disturbances are louder. Batch k of a seed is always the same.
    """

    def __init__(
        self,
        corpora: list[Corpus],
        shares: list[float],
        seed: int,
        augment: bool = True,
        *,
        hard_from: int,
        no_heart: Sequence[Sequence[Samples]] = (),
    ) -> None:
        self._corpora, self._seed, self._augment, self._hard_from = corpora, seed, augment, hard_from
        self._no_heart = no_heart
        self._shares = np.array(shares) / sum(shares)
        self._weights = [_weights(c) for c in corpora]
        self._labelled = [
            [np.flatnonzero(c.label[a:b] >= 0) for a, b in zip(c.start[:-1], c.start[1:], strict=True)] for c in corpora
        ]

    def batch(self, step: int) -> tuple[Samples, NDArray[np.int8]]:
        """Windows (BATCH, WINDOW), through the high pass, and labels (BATCH, TOKENS, TOKEN).

        Labels are 0 to 3, `UNKNOWN` or `NO_HEART`.
        """
        rng, hard = np.random.default_rng((self._seed, step)), self._augment and step >= self._hard_from
        empty = HARD_EMPTY if hard else EMPTY
        pairs = [self._draw(rng, hard) for _ in range(BATCH - empty if self._augment else BATCH)]
        x = np.stack([window for window, _ in pairs])
        x = x / rms(x)
        label = np.stack([y for _, y in pairs])
        if self._augment:
            x = np.concatenate([x, self._draw_empty(rng, empty, hard)])
            x = disturb(rng, x, hard=hard)
            label = np.concatenate([label, np.full((empty, *label.shape[1:]), NO_HEART, np.int8)])
        return np.stack([HighPass().push(row) for row in x]), label

    def _draw(self, rng: np.random.Generator, hard: bool) -> tuple[Samples, NDArray[np.int8]]:
        """A random window with a heart, (WINDOW,), and its labels, (TOKENS, TOKEN)."""
        c = rng.choice(len(self._corpora), p=self._shares)
        corpus = self._corpora[c]
        recording = rng.choice(len(corpus.names), p=self._weights[c])
        low, high = corpus.start[recording], corpus.start[recording + 1]
        pcg, label = corpus.pcg[low:high], corpus.label[low:high]
        tempo = float(np.exp(np.clip(rng.normal(0, 0.15), -0.4, 0.4))) if self._augment else 1.0
        bpm = corpus.bpm[recording]
        extreme = hard and rng.random() < (_INFANTS if bpm > _FAST_BPM else _ATHLETES if bpm < _SLOW_BPM else 0.0)
        if extreme:
            rates = _INFANT_BPM if bpm > _FAST_BPM else _ATHLETE_BPM
            tempo = float(np.clip(rng.uniform(*rates) / bpm, 0.5, 2.0))
        anchor = int(rng.choice(self._labelled[c][recording]))
        span = WINDOW * tempo
        end = min(anchor + rng.uniform(0, _LABEL_AGE_S) * PCG_RATE * tempo, len(pcg) - 2.0)
        index: NDArray[np.float64] = end - span + np.arange(WINDOW, dtype=np.float64) * tempo
        if self._augment and not extreme and rng.random() < _SHORTENED:
            x, index = _shorten_diastoles(rng, pcg, label, index)
        else:
            if self._augment and rng.random() < _PAUSES:
                index = _pause(rng, label, index)
            x = _interpolate(pcg, index)
        centres = index[_FIRST_FRAME + FRAME // 2 :: FRAME][: TOKENS * TOKEN]
        nearest = np.rint(centres).astype(np.int64)
        inside = (nearest >= 0) & (nearest < len(label))
        y = np.where(inside, label[np.clip(nearest, 0, len(label) - 1)], UNKNOWN)
        return x, y.reshape(TOKENS, TOKEN).astype(np.int8)

    def _draw_empty(self, rng: np.random.Generator, count: int, hard: bool) -> Samples:
        """Windows without a heart, (count, WINDOW): synthetic, or half of them a real sound with synthetic noise."""
        x = make_no_heart(rng, count, WINDOW, hard=hard)
        for i in range(count // 2 if self._no_heart else 0):
            x[i] = self._draw_real(rng) + x[i] * 10 ** rng.uniform(-3, -0.25)
        return x

    def _draw_real(self, rng: np.random.Generator) -> Samples:
        """A random part of a real sound without a heart, played slower or faster: shape (WINDOW,), RMS 1.

        A short sound is repeated.
        """
        kind = self._no_heart[int(rng.integers(len(self._no_heart)))]
        pcg = kind[int(rng.integers(len(kind)))]
        tempo = np.exp(np.clip(rng.normal(0, 0.2), -0.5, 0.5))
        start = rng.uniform(0, len(pcg))
        index = start + np.arange(WINDOW) * tempo
        x = _interpolate(np.resize(pcg, int(index[-1]) + 3), index)
        x /= rms(x[None])[0]
        return x


def _weights(corpus: Corpus) -> NDArray[np.float64]:
    """Probability of drawing each recording: persons weigh alike, but for the weight of their heart rate."""
    weight = np.where(corpus.bpm > 120, 3.0, np.where(corpus.bpm < 65, 2.0, 1.0))
    labelled = np.add.reduceat(corpus.label >= 0, corpus.start[:-1]) > PCG_RATE
    weight = weight * labelled
    per_person = np.bincount(corpus.person, weight)
    recordings = np.bincount(corpus.person, labelled)
    share = np.divide(1.0, recordings, out=np.zeros_like(per_person), where=recordings > 0)
    weight = weight * share[corpus.person]
    total: NDArray[np.float64] = weight / weight.sum()
    return total


def _shorten_diastoles(
    rng: np.random.Generator, pcg: Samples, label: NDArray[np.int8], index: NDArray[np.float64]
) -> tuple[Samples, NDArray[np.float64]]:
    """A window with its diastoles shortened, so that their length tells S1 from S2 less and less.

    A rising heart rate does the same: at 150 bpm only timbre and loudness are left. index: fractional indices of the
    window's samples in `pcg`. Returns the samples and their new indices; the window's end stays.
    """
    mean_ratio = rng.uniform(0.25, 1.0)
    step = index[1] - index[0]
    low = max(0, int(index[0]) - len(index) * 2)
    diastoles = _diastoles(label, low, int(index[-1]) + 1)
    index, joints = index.copy(), []
    for first, last in reversed(diastoles):  # from the newest back
        if first == low:
            break
        cut = (last - first) * (1 - np.clip(mean_ratio * np.exp(rng.normal(0, 0.08)), 0.2, 1.0))
        cut = min(cut, last - first - 0.07 * PCG_RATE)
        joint = (first + last + cut) / 2  # the first index after the cut
        i = int(np.searchsorted(index, joint))
        if cut < _SPLICE * 2 or not _SPLICE < i < len(index) - _SPLICE:
            continue
        index[:i] -= cut
        joints.append((i, cut))
    x = _interpolate(pcg, index)
    for i, cut in joints:
        near = slice(i - _SPLICE, i + _SPLICE)
        fade = np.linspace(0, 1, 2 * _SPLICE, dtype=np.float32)
        after = index[i] + (np.arange(2 * _SPLICE) - _SPLICE) * step
        x[near] = (1 - fade) * _interpolate(pcg, after - cut) + fade * _interpolate(pcg, after)
    return x, index


def _pause(rng: np.random.Generator, label: NDArray[np.int8], index: NDArray[np.float64]) -> NDArray[np.float64]:
    """The window's indices, with a pause in one diastole: its middle is played back and forth for 1 to 5 s.

    No annotated heart pauses. The longer a network is trained without pauses, the more it learns that a rhythm goes on.
    The window's end stays, and what was before the pause moves back. The window may begin within the pause.
    """
    step = index[1] - index[0]
    diastoles = _diastoles(label, max(0, int(index[0])), int(index[-1]) + 1)
    long = [(first, last) for first, last in diastoles if last - first > _PAUSED_S * PCG_RATE]
    if not long:
        return index
    first, last = long[int(rng.integers(len(long)))]
    middle = first + (last - first) / 4, last - (last - first) / 4
    end = int(np.searchsorted(index, middle[1]))
    length = min(int(rng.uniform(*_PAUSE_S) * PCG_RATE), end)
    played = _back_and_forth(rng, middle, step, length)
    before = played[0] - step * np.arange(end - length, 0, -1)
    return np.concatenate([before, played, index[end:]])


def _back_and_forth(
    rng: np.random.Generator, between: tuple[float, float], step: float, length: int
) -> NDArray[np.float64]:
    """Indices that go back and forth between two, to end a step before the second: shape (length,).

    They turn at random places, so that nothing recurs.
    """
    low, high = between
    at, backward, pieces = high, True, []
    while length > 0:
        turn = rng.uniform(low, (low + at) / 2) if backward else rng.uniform((at + high) / 2, high)
        steps = max(1, int(abs(turn - at) / step))
        piece = np.linspace(at, turn, steps + 1)[1:][:length]
        pieces.append(piece)
        at, backward, length = piece[-1], not backward, length - len(piece)
    return np.concatenate(pieces)[::-1]


def _diastoles(label: NDArray[np.int8], low: int, high: int) -> list[tuple[int, int]]:
    """First sample of each diastole in `label[low:high]`, and the first after it."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], label[low:high] == 3, [0]]))) + low
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _interpolate(x: Samples, index: NDArray[np.float64]) -> Samples:
    """Catmull-Rom interpolation of x at fractional indices; zeros outside."""
    i = np.floor(index).astype(np.int64)
    t = (index - i).astype(np.float32)
    low, high = int(i.min()) - 1, int(i.max()) + 3
    padded = np.pad(x[max(0, low) : max(0, high)], (max(0, -low), max(0, high - max(len(x), low, 0))))
    i -= low
    a, b, c, d = padded[i - 1], padded[i], padded[i + 1], padded[i + 2]
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
