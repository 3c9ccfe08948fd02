"""Recordings that nobody annotated: is the heart heard at all, and what is invented where there is none?

Of a heart, the beats to expect are counted without a network: the R-peaks of an ECG where there is one, else the
recording's length over the period of its envelope. Where the envelope has no clear period, what the engine finds
without its presence gate is expected.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...stream.rates import PCG_RATE, Samples
from .envelope import HOP, envelogram

ENOUGH = 0.8
"""A heart is heard where at least this share of its expected beats is named."""

_SHORTEST_S, _LONGEST_S = 0.33, 2.0  # cycles that are looked for
_CLEAR = 0.3  # least autocorrelation of the envelope at its period
_DOUBLE = 1.5  # an envelope with more beats than this a found beat has the period of single sounds
_SAME = 0.9  # a shorter period counts where its autocorrelation is this close to the largest


@dataclass(frozen=True)
class HeardHeart:
    """One recording of a heart: beats expected, how they were counted ("ECG", "envelope", "ungated"), S1 named."""

    name: str
    expected: float
    counted: str
    named: int

    @property
    def enough(self) -> bool:
        """Whether enough of the beats were named."""
        return self.named >= ENOUGH * self.expected


def envelope_period_s(pcg: Samples) -> float | None:
    """Period of a recording's envelope in seconds, None where it is not clear. pcg: shape (n,), 2,100 Hz."""
    envelope = envelogram(pcg)
    frames = PCG_RATE // HOP
    if len(envelope) < 2 * _LONGEST_S * frames:
        return None
    size = 2 * len(envelope)
    power = np.abs(np.fft.rfft(envelope, size)) ** 2
    correlation = np.fft.irfft(power)[: len(envelope)]
    overlap = len(envelope) - np.arange(len(envelope))
    correlation = correlation / correlation[0] * len(envelope) / overlap
    lags = np.arange(round(_SHORTEST_S * frames), round(_LONGEST_S * frames))
    peaks = [k for k in lags if correlation[k] >= max(correlation[k - 1], correlation[k + 1])]
    if not peaks or max(correlation[k] for k in peaks) < _CLEAR:
        return None
    largest = max(correlation[k] for k in peaks)
    return float(next(k for k in peaks if correlation[k] >= _SAME * largest)) / frames


def expected_beats(
    seconds: float, r_peaks_s: NDArray[np.float64] | None, pcg: Samples, ungated: int
) -> tuple[float, str]:
    """Beats that a recording should have, and how they were counted.

    r_peaks_s: R-peaks in seconds, shape (n,), None without an ECG. ungated: S1 found without the presence gate. The
    sounds at both edges may be cut, so a beat less is expected than the period gives.
    """
    if r_peaks_s is not None:
        return float(len(r_peaks_s)), "ECG"
    period = envelope_period_s(pcg)
    beats = 0.0 if period is None else max(0.0, seconds / period - 1.0)
    if period is None or beats > _DOUBLE * ungated:
        return float(ungated), "ungated"
    return beats, "envelope"


@dataclass(frozen=True)
class Invented:
    """Sounds that were named in recordings of one kind without a heart, and their length in minutes."""

    kind: str
    sounds: int
    minutes: float

    @property
    def per_minute(self) -> float:
        """Sounds a minute."""
        return self.sounds / self.minutes if self.minutes else float("nan")


def share_heard(hearts: Sequence[HeardHeart]) -> float:
    """Share of recordings in which enough beats were named."""
    return float(np.mean([heart.enough for heart in hearts])) if hearts else float("nan")
