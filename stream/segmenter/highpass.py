"""A high pass before the network: what is slower than a heart sound is none.

Some stethoscopes pass infrasound that is many times stronger than the heart. The network's spectra of 40 ms cannot keep
it out of their lowest bands.
"""

import math

import numpy as np

from ..numba_cache import njit
from ..rates import PCG_RATE, Samples

CUTOFF_HZ = 20.0
"""Frequency at which the response is 3 dB down. At 10 Hz it is 12 dB down."""


def _coefficients() -> tuple[float, float, float]:
    """(b, a1, a2) of a Butterworth filter of second order: (b - 2 b / z + b / z^2) / (1 + a1 / z + a2 / z^2).

    By the bilinear transform (Oppenheim and Schafer, Discrete-Time Signal Processing, 7.1).
    """
    k = math.tan(math.pi * CUTOFF_HZ / PCG_RATE)
    a0 = 1 + math.sqrt(2) * k + k * k
    return 1 / a0, 2 * (k * k - 1) / a0, (1 - math.sqrt(2) * k + k * k) / a0


_COEFFICIENTS = _coefficients()


@njit(cache=True)
def _filter(x, coefficients, state, out):  # type: ignore[no-untyped-def]
    """Direct form II transposed, sample by sample, in double precision; `state` has two values."""
    b, a1, a2 = coefficients
    for i in range(len(x)):
        value = b * np.float64(x[i])
        y = value + state[0]
        state[0] = state[1] - 2 * value - a1 * y
        state[1] = value - a2 * y
        out[i] = y


class HighPass:
    """Streaming high pass at 2,100 Hz.

    Each sample follows from those before it, so the output does not depend on how the input was cut into blocks, to
    the last bit. It delays a sound at 40 Hz by 3 ms, and higher ones by less.

    >>> high_pass = HighPass()
    >>> bool(abs(high_pass.push(np.ones(2100, np.float32))[-1]) < 1e-6)
    True
    """

    def __init__(self) -> None:
        self._state = np.zeros(2)

    def clear(self) -> None:
        """Forget all samples; silence comes before the first."""
        self._state[:] = 0.0

    def push(self, pcg: Samples) -> Samples:
        """The filtered samples: shape (n,), float32, a new array. pcg: shape (n,), any length."""
        out = np.empty(len(pcg), np.float32)
        _filter(pcg, _COEFFICIENTS, self._state, out)
        return out
