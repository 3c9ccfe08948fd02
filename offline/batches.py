"""Training batches: windows drawn from a corpus, disturbed, with a label for each frame. Seeded by step."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..stream.clock import FRAME, PCG_RATE
from .augment import disturb, no_heart, rms
from .corpus import NO_HEART, UNKNOWN, Corpus
from .network import STFT, TOKEN, TOKENS, WINDOW

FloatArray = NDArray[np.float32]

BATCH = 32
EMPTY, HARD_EMPTY = 4, 6  # of them without a heart
_FIRST_FRAME = STFT - FRAME + TOKEN * FRAME  # sample of a window at which its tokens' frames begin
_AFTER_S = 3.6
_HURRIED = 0.25  # share of windows whose diastoles are cut short
_FAST_BPM, _INFANTS, _INFANT_BPM = 95.0, 0.25, (160.0, 245.0)
_SLOW_BPM, _ATHLETES, _ATHLETE_BPM = 65.0, 0.1, (28.0, 45.0)
"""Of the hard windows of faster hearts, and of slower ones, this share is played at one of these rates, though at most
twice as fast or slow."""

_SPLICE = 12  # samples of a crossfade


class Batches:
    """Draws windows so that sets, persons and heart rates count, not hours.

    shares: part of the windows that each corpus gives. Rates above 120 bpm are drawn three times as often, below
    65 twice. no_heart: real sounds without a heart, kind by kind, each shape (n,); half of the windows without one are
    from there. From batch `hard_from` on, some hearts beat at an infant's or an athlete's rate, and what disturbs is
    worse. Batch k of a seed is always the same.
    """

    def __init__(
        self,
        corpora: list[Corpus],
        shares: list[float],
        seed: int,
        augment: bool = True,
        *,
        hard_from: int,
        no_heart: Sequence[Sequence[FloatArray]] = (),
    ) -> None:
        self._corpora, self._seed, self._augment, self._hard_from = corpora, seed, augment, hard_from
        self._no_heart = no_heart
        self._shares = np.array(shares) / sum(shares)
        self._weights = [_weights(c) for c in corpora]
        self._labelled = [
            [np.flatnonzero(c.label[a:b] >= 0) for a, b in zip(c.start[:-1], c.start[1:], strict=True)] for c in corpora
        ]

    def batch(self, step: int) -> tuple[FloatArray, NDArray[np.int8]]:
        """Windows (BATCH, WINDOW) and labels (BATCH, TOKENS, TOKEN): 0 to 3, `UNKNOWN` or `NO_HEART`."""
        rng, hard = np.random.default_rng((self._seed, step)), self._augment and step >= self._hard_from
        empty = HARD_EMPTY if hard else EMPTY
        drawn = [self._draw(rng, hard) for _ in range(BATCH - empty if self._augment else BATCH)]
        x = np.stack([w for w, _ in drawn])
        x = x / rms(x)
        label = np.stack([y for _, y in drawn])
        if self._augment:
            made = no_heart(rng, empty, WINDOW, hard=hard)
            for i in range(empty // 2 if self._no_heart else 0):
                made[i] = self._draw_no_heart(rng) + made[i] * 10 ** rng.uniform(-3, -0.25)
            x = np.concatenate([x, made])
            x = disturb(rng, x, hard=hard)
            none = np.full((empty, *label.shape[1:]), NO_HEART, np.int8)
            label = np.concatenate([label, none])
        return x, label

    def _draw(self, rng: np.random.Generator, hard: bool) -> tuple[FloatArray, NDArray[np.int8]]:
        which = rng.choice(len(self._corpora), p=self._shares)
        corpus = self._corpora[which]
        recording = rng.choice(len(corpus.names), p=self._weights[which])
        low, high = corpus.start[recording], corpus.start[recording + 1]
        pcg, label = corpus.pcg[low:high], corpus.label[low:high]
        tempo = float(np.exp(np.clip(rng.normal(0, 0.15), -0.4, 0.4))) if self._augment else 1.0
        bpm = corpus.bpm[recording]
        extreme = hard and rng.random() < (_INFANTS if bpm > _FAST_BPM else _ATHLETES if bpm < _SLOW_BPM else 0.0)
        if extreme:
            rates = _INFANT_BPM if bpm > _FAST_BPM else _ATHLETE_BPM
            tempo = float(np.clip(rng.uniform(*rates) / bpm, 0.5, 2.0))
        anchor = int(rng.choice(self._labelled[which][recording]))
        span = WINDOW * tempo
        end = min(anchor + rng.uniform(0, _AFTER_S) * PCG_RATE * tempo, len(pcg) - 2.0)
        at: NDArray[np.float64] = end - span + np.arange(WINDOW, dtype=np.float64) * tempo
        if self._augment and not extreme and rng.random() < _HURRIED:
            x, at = _hurry(rng, pcg, label, at)
        else:
            x = _interpolate(pcg, at)
        centres = at[_FIRST_FRAME + FRAME // 2 :: FRAME][: TOKENS * TOKEN]
        nearest = np.rint(centres).astype(np.int64)
        inside = (nearest >= 0) & (nearest < len(label))
        y = np.where(inside, label[np.clip(nearest, 0, len(label) - 1)], UNKNOWN)
        return x, y.reshape(TOKENS, TOKEN).astype(np.int8)

    def _draw_no_heart(self, rng: np.random.Generator) -> FloatArray:
        """A real sound without a heart, from anywhere in it, now and then faster or slower, of RMS 1."""
        kind = self._no_heart[int(rng.integers(len(self._no_heart)))]
        pcg = kind[int(rng.integers(len(kind)))]
        tempo = np.exp(np.clip(rng.normal(0, 0.2), -0.5, 0.5))
        start = rng.uniform(0, len(pcg))
        at = start + np.arange(WINDOW) * tempo
        x = _interpolate(np.resize(pcg, int(at[-1]) + 3), at)
        x /= rms(x[None])[0]
        return x


def _weights(corpus: Corpus) -> NDArray[np.float64]:
    weight = np.where(corpus.bpm > 120, 3.0, np.where(corpus.bpm < 65, 2.0, 1.0))
    labelled = np.add.reduceat(corpus.label >= 0, corpus.start[:-1]) > PCG_RATE
    weight = weight * labelled
    per_person = np.bincount(corpus.person, weight)
    recordings = np.bincount(corpus.person, labelled)
    fair = np.divide(1.0, recordings, out=np.zeros_like(per_person), where=recordings > 0)
    weight = weight * fair[corpus.person]
    total: NDArray[np.float64] = weight / weight.sum()
    return total


def _hurry(
    rng: np.random.Generator, pcg: FloatArray, label: NDArray[np.int8], at: NDArray[np.float64]
) -> tuple[FloatArray, NDArray[np.float64]]:
    """The window with its diastoles cut short: a faster heart, whose rhythm tells S1 and S2 apart less and less.

    That is what a rising rate does, and at 150 bpm it leaves only timbre and loudness to go by. at: fractional
    indices of the window's samples. Returns the samples and the indices they now come from; the end stays.
    """
    kept = rng.uniform(0.25, 1.0)
    step = at[1] - at[0]
    low = max(0, int(at[0]) - len(at) * 2)
    high = min(len(label), int(at[-1]) + 1)
    diastole = np.concatenate([[0], label[low:high] == 3, [0]])
    edges = np.flatnonzero(np.diff(diastole))
    at, joints = at.copy(), []
    for first, last in zip(edges[-2::-2] + low, edges[::-2] + low, strict=True):  # from the newest back
        if first == low:
            break
        cut = (last - first) * (1 - np.clip(kept * np.exp(rng.normal(0, 0.08)), 0.2, 1.0))
        cut = min(cut, last - first - 0.07 * PCG_RATE)
        joint = (first + last + cut) / 2  # the first index that is kept behind the cut
        i = int(np.searchsorted(at, joint))
        if cut < _SPLICE * 2 or not _SPLICE < i < len(at) - _SPLICE:
            continue
        at[:i] -= cut
        joints.append((i, cut))
    x = _interpolate(pcg, at)
    for i, cut in joints:
        near = slice(i - _SPLICE, i + _SPLICE)
        fade = np.linspace(0, 1, 2 * _SPLICE, dtype=np.float32)
        there = at[i] + (np.arange(2 * _SPLICE) - _SPLICE) * step
        x[near] = (1 - fade) * _interpolate(pcg, there - cut) + fade * _interpolate(pcg, there)
    return x, at


def _interpolate(x: FloatArray, at: NDArray[np.float64]) -> FloatArray:
    """Catmull-Rom interpolation of x at fractional indices in rising order; zeros outside."""
    i = np.floor(at).astype(np.int64)
    t = (at - i).astype(np.float32)
    low, high = int(i[0]) - 1, int(i[-1]) + 3
    padded = np.pad(x[max(0, low) : max(0, high)], (max(0, -low), max(0, high - max(len(x), low, 0))))
    i -= low
    a, b, c, d = padded[i - 1], padded[i], padded[i + 1], padded[i + 2]
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
