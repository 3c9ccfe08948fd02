"""Streaming decimation from 44,100 to 2,100 Hz: two linear-phase FIR stages, by 7 and by 3.

Every output sample is one dot product of fixed length over its own input samples, so the output does not
depend on how the input was cut into blocks, to the last bit.
"""

from functools import cache

import numpy as np

from ..numba_cache import njit
from ..rates import DECIMATION, STREAM_RATE, Samples

STEPS = (7, 3)
PASS_HZ = 800.0
"""Flat to within 0.1 dB up to here; whatever aliases below it is at least 80 dB down."""

_CHUNK = 8 * 441  # input samples worked on at a time, so that the memory stays small and in cache
_TAPS = (48, 64)
_SPAN = 64  # taps with the zeros put before them: a shorter loop is unrolled whole, and then not vectorised


def _lowpass(taps: int, cutoff_hz: float, rate_hz: float, beta: float) -> Samples:
    """Kaiser-windowed sinc of unit gain at 0 Hz (Oppenheim and Schafer, Discrete-Time Signal Processing, 7.5)."""
    n = np.arange(taps) - (taps - 1) / 2
    h = np.sinc(2 * cutoff_hz / rate_hz * n) * np.kaiser(taps, beta)
    taps_out: Samples = (h / h.sum()).astype(np.float32)
    return taps_out


@cache
def coefficients() -> tuple[Samples, Samples]:
    """The impulse responses of the two stages, at 44,100 and 6,300 Hz: shapes (48,) and (64,), symmetric."""
    return (
        _lowpass(_TAPS[0], 3000.0, STREAM_RATE, 8.2),
        _lowpass(_TAPS[1], 1038.0, STREAM_RATE / STEPS[0], 8.05),
    )


GROUP_DELAY = ((_TAPS[0] - 1) + (_TAPS[1] - 1) * STEPS[0]) // 2
"""Stream samples by which the filters delay, an integer: 23.5 + 31.5 * 7 = 244 (5.5 ms)."""

NEEDED_AFTER = GROUP_DELAY + 1 - DECIMATION
"""Stream samples after the end of a PCG sample's own that must be heard before it is there."""

_PAST = _SPAN - 1  # samples that each stage keeps of what it has heard
_SECOND = _PAST + _CHUNK  # where in memory the second stage's samples begin
_MEMORY = _SECOND + _PAST + _CHUNK // STEPS[0] + 1
_FLOAT = np.dtype(np.float32)


def _fir(taps, step):  # type: ignore[no-untyped-def]
    taps = np.concatenate([np.zeros(_SPAN - len(taps), np.float32), taps])

    @njit(fastmath={"reassoc", "contract", "nsz"})
    def fir(x, start, count, out):  # type: ignore[no-untyped-def]
        for i in range(count):
            at = start + i * step
            window = x[at : at + _SPAN]  # as an index, `at + k` might be negative for all the compiler knows
            acc = np.float32(0.0)
            for k in range(_SPAN):
                acc += taps[k] * window[k]
            out[i] = acc

    return fir


_fir_one, _fir_two = map(_fir, coefficients(), STEPS)


@njit
def _made_one(heard):  # type: ignore[no-untyped-def]
    """Outputs of the first stage that so many samples complete, the filters' delay heard as silence before them."""
    return (heard + GROUP_DELAY - _TAPS[0]) // STEPS[0] + 1


@njit
def _made_two(made_one):  # type: ignore[no-untyped-def]
    return max(0, (made_one - _TAPS[1]) // STEPS[1] + 1)


@njit(cache=True)
def _decimate(block, heard, memory, out):  # type: ignore[no-untyped-def]
    """Put into out what a block completes that follows `heard` samples.

    memory: the last 63 samples heard and room for a chunk; then the same at 6,300 Hz.
    """
    done = 0
    first, second = memory[:_SECOND], memory[_SECOND:]
    for at in range(0, block.shape[0], _CHUNK):
        part = block[at : at + _CHUNK]
        length = part.shape[0]
        for i in range(length):
            first[_PAST + i] = part[i]
        one = _made_one(heard)
        count_one = _made_one(heard + length) - one
        _fir_one(first, one * STEPS[0] + _TAPS[0] - 1 - GROUP_DELAY - heard, count_one, second[_PAST:])
        two = _made_two(one)
        count_two = _made_two(one + count_one) - two
        _fir_two(second, two * STEPS[1] + _TAPS[1] - 1 - one, count_two, out[done:])
        for i in range(_PAST):
            first[i] = first[length + i]
            second[i] = second[count_one + i]
        heard += length
        done += count_two


class Decimator:
    """Streaming decimation by 21.

    PCG sample m is centred on stream sample 21 m: the filters' delay is taken out of the positions, and shows
    only as `GROUP_DELAY` more samples that must be heard before PCG sample m is there.

    >>> d = Decimator()
    >>> len(d.push(np.zeros(44_100, np.float32))) + len(d.flush())
    2100
    """

    def __init__(self) -> None:
        self._memory = np.zeros(_MEMORY, np.float32)
        self.clear()

    def clear(self) -> None:
        """Forget everything heard."""
        self._memory[:] = 0.0
        self._heard = 0
        self._made = 0

    def push(self, block: Samples) -> Samples:
        """PCG samples that `block` (float32, any length) completes: shape (n,), float32, a new array."""
        before = self._heard
        heard = before + len(block)
        made = (heard - NEEDED_AFTER) // DECIMATION
        if made < 0:  # at the very start
            made = 0
        out = np.empty(made - self._made, _FLOAT)
        _decimate(block, before, self._memory, out)
        self._heard, self._made = heard, made
        return out

    def flush(self) -> Samples:
        """The PCG samples still owed for what was heard (silence follows it); then start over."""
        owed = -(-self._heard // DECIMATION) - self._made
        tail = self.push(np.zeros(GROUP_DELAY + DECIMATION, np.float32))[:owed]
        self.clear()
        return tail
