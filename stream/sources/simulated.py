"""A simulated heart that beats for ever, with known sounds: for demonstration, tests and measurements."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..numba_cache import njit
from ..rates import STREAM_RATE, Samples

BLOCK = 4_410

_S1_S, _S2_S = 0.13, 0.10


@dataclass(frozen=True)
class Beat:
    """One cardiac cycle: stream samples at which S1 and S2 begin and end, and how loud they are."""

    s1: tuple[int, int]
    s2: tuple[int, int]
    s1_level: float
    s2_level: float


@dataclass(frozen=True)
class SimulatedHeart:
    """A heart that beats for ever; the same seed gives the same samples.

    Attributes
    ----------
    bpm
        Beats a minute.
    seed
        Of all that is random.
    variability
        Relative standard deviation of the cycle from beat to beat.
    breathing
        Relative swing of the cycle and the loudness with the breath.
    noise
        RMS of body noise, relative to the loudest S1.
    murmur
        Peak of a systolic murmur, relative to the loudest S1.
    pause_every_s
        Seconds after which the heart falls silent; 0: never.
    pause_s
        For how many seconds.
    level
        Gain of all samples.

    Examples
    --------
    >>> heart = SimulatedHeart(bpm=120)
    >>> next(heart.blocks()).shape, next(heart.beats()).s1[0]
    ((4410,), 17640)
    """

    bpm: float = 72.0
    seed: int = 0
    variability: float = 0.02
    breathing: float = 0.04
    noise: float = 0.01
    murmur: float = 0.0
    pause_every_s: float = 0.0
    pause_s: float = 3.0
    level: float = 0.25

    @property
    def name(self) -> str:
        """For the session line."""
        return f"simulated heart, {self.bpm:g} bpm, seed {self.seed}"

    def beats(self) -> Iterator[Beat]:
        """The truth: all beats, in order, without end."""
        rng = np.random.default_rng((self.seed, 1))
        onset, next_pause = round(0.4 * STREAM_RATE), self.pause_every_s
        while True:
            time = onset / STREAM_RATE
            breath = np.sin(2 * np.pi * time / 4.1)
            cycle = 60.0 / self.bpm * (1 + self.breathing * breath) * np.exp(self.variability * rng.standard_normal())
            shorter = min(1.0, math.sqrt(cycle / 0.8))
            s1, s2 = _S1_S * shorter, _S2_S * shorter
            # From S1's onset to S2's: half of the cycle at most, as in CirCor's children at 160 to 180 bpm.
            systole = min(0.33 * (cycle / 0.8) ** 0.6, 0.51 * cycle)
            s2_onset = onset + round(systole * STREAM_RATE)
            loud = (1 + 0.25 * breath) * np.exp(0.08 * rng.standard_normal(2))
            yield Beat(
                (onset, onset + round(s1 * STREAM_RATE)), (s2_onset, s2_onset + round(s2 * STREAM_RATE)),
                float(loud[0]), float(0.7 * loud[1]),
            )  # fmt: skip
            onset += round(cycle * STREAM_RATE)
            if self.pause_every_s and onset / STREAM_RATE > next_pause:
                onset += round(self.pause_s * STREAM_RATE)
                next_pause = onset / STREAM_RATE + self.pause_every_s

    def blocks(self) -> Iterator[Samples]:
        """The sound: blocks of 4,410 samples at 44,100 Hz, without end."""
        rng = np.random.default_rng((self.seed, 2))
        beats = self.beats()
        beat = next(beats)
        carry = np.zeros(0, np.float32)  # of sounds that began in an earlier block
        filters = np.zeros(3)
        start = 0
        while True:
            block = np.zeros(max(BLOCK, len(carry)) + 2 * STREAM_RATE, np.float32)
            block[: len(carry)] = carry
            while beat.s1[0] < start + BLOCK:
                self._render(block, beat, start, rng)
                beat = next(beats)
            white = rng.standard_normal(BLOCK)
            out = self.level * (block[:BLOCK] + np.float32(self.noise) * _body_noise(white, filters))
            nonzero = np.flatnonzero(block)
            carry = block[BLOCK : max(BLOCK, nonzero[-1] + 1 if len(nonzero) else 0)]
            start += BLOCK
            yield out.astype(np.float32)

    def _render(self, block: Samples, beat: Beat, start: int, rng: np.random.Generator) -> None:
        for (onset, offset), level, partials in (
            (beat.s1, beat.s1_level, ((38.0, 1.0), (62.0, 0.8), (105.0, 0.35))),
            (beat.s2, beat.s2_level, ((55.0, 0.8), (92.0, 1.0), (150.0, 0.5))),
        ):
            t = np.arange(offset - onset) / STREAM_RATE
            x = np.arange(offset - onset) / (offset - onset)
            envelope = np.sin(np.pi * np.sqrt(x)) ** 2  # loudest after a quarter
            phases = rng.uniform(0, 0.6, len(partials))
            wave = sum(
                a * np.sin(2 * np.pi * f * t * (1.1 - 0.2 * x) + p) for (f, a), p in zip(partials, phases, strict=True)
            )
            block[onset - start : offset - start] += (level * 0.6 * envelope * wave).astype(np.float32)
        if self.murmur:
            span = slice(beat.s1[1] - start, beat.s2[0] - start)
            length = span.stop - span.start
            rough = np.diff(_body_noise(rng.standard_normal(length + 1), np.zeros(3)))
            rough /= np.abs(rough).max() + 1e-9
            block[span] += (self.murmur * np.hanning(length) * rough).astype(np.float32)


@njit(cache=True)
def _body_noise(white, state):  # type: ignore[no-untyped-def]
    """White noise through three leaky integrators: falls off like a chest, RMS about 1."""
    out = np.empty(len(white), np.float32)
    for i in range(len(white)):
        state[0] += 0.06 * (white[i] - state[0])
        state[1] += 0.012 * (white[i] - state[1])
        state[2] += 0.25 * (white[i] - state[2])
        out[i] = 3.0 * state[0] + 6.0 * state[1] + 0.5 * state[2]
    return out
