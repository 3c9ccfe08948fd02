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
"""The response is flat to within 0.1 dB up to here. All that aliases below it is at least 80 dB down."""

_CHUNK = 8 * 441  # input samples of one pass, so that the memory stays small and in cache
_TAPS = (48, 64)
_SPAN = 64  # taps with the zeros before them: the compiler unrolls a shorter loop, and then does not vectorise it


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
"""Input samples, after a PCG sample's own 21, that must arrive before it can be computed."""

_PAST = _SPAN - 1  # newest inputs that each stage keeps
_SECOND = _PAST + _CHUNK  # where the second stage's inputs begin in memory
_MEMORY = _SECOND + _PAST + _CHUNK // STEPS[0] + 1
_FLOAT = np.dtype(np.float32)


def _fir(taps, step):  # type: ignore[no-untyped-def]
    taps = np.concatenate([np.zeros(_SPAN - len(taps), np.float32), taps])

    @njit(fastmath={"reassoc", "contract", "nsz"})
    def fir(x, start, count, out):  # type: ignore[no-untyped-def]
        for i in range(count):
            first = start + i * step
            window = x[first : first + _SPAN]  # a view, since the compiler must allow for a negative index `first + k`
            acc = np.float32(0.0)
            for k in range(_SPAN):
                acc += taps[k] * window[k]
            out[i] = acc

    return fir


_fir_one, _fir_two = map(_fir, coefficients(), STEPS)


@njit
def _first_outputs(inputs):  # type: ignore[no-untyped-def]
    """First-stage outputs available after `inputs` samples, with GROUP_DELAY zeros before the first."""
    return (inputs + GROUP_DELAY - _TAPS[0]) // STEPS[0] + 1


@njit
def _second_outputs(first_outputs):  # type: ignore[no-untyped-def]
    """Second-stage outputs available after `first_outputs` of the first."""
    return max(0, (first_outputs - _TAPS[1]) // STEPS[1] + 1)


@njit(cache=True)
def _decimate(block, inputs, memory, out):  # type: ignore[no-untyped-def]
    """Write into `out` the PCG samples that a block completes; `inputs` samples came before it.

    memory: the newest 63 inputs and room for a chunk, then the same at 6,300 Hz.
    """
    done = 0
    first, second = memory[:_SECOND], memory[_SECOND:]
    for begin in range(0, block.shape[0], _CHUNK):
        part = block[begin : begin + _CHUNK]
        length = part.shape[0]
        for i in range(length):
            first[_PAST + i] = part[i]
        one = _first_outputs(inputs)
        count_one = _first_outputs(inputs + length) - one
        _fir_one(first, one * STEPS[0] + _TAPS[0] - 1 - GROUP_DELAY - inputs, count_one, second[_PAST:])
        two = _second_outputs(one)
        count_two = _second_outputs(one + count_one) - two
        _fir_two(second, two * STEPS[1] + _TAPS[1] - 1 - one, count_two, out[done:])
        for i in range(_PAST):
            first[i] = first[length + i]
            second[i] = second[count_one + i]
        inputs += length
        done += count_two


class Decimator:
    """Streaming decimation by 21.

    PCG sample m is centred on stream sample 21 m. The positions are free of the filters' delay; it shows only as
    `GROUP_DELAY` more samples that must arrive before PCG sample m can be computed.

    >>> d = Decimator()
    >>> len(d.push(np.zeros(44_100, np.float32))) + len(d.flush())
    2100
    """

    def __init__(self) -> None:
        self._memory = np.zeros(_MEMORY, np.float32)
        self.clear()

    def clear(self) -> None:
        """Forget all samples; silence comes before the first."""
        self._memory[:] = 0.0
        self._inputs = 0
        self._outputs = 0

    def push(self, block: Samples) -> Samples:
        """PCG samples that `block` completes: shape (n,), float32, a new array. block: float32, any length."""
        inputs = self._inputs + len(block)
        outputs = (inputs - NEEDED_AFTER) // DECIMATION
        if outputs < 0:  # at the very start
            outputs = 0
        out = np.empty(outputs - self._outputs, _FLOAT)
        _decimate(block, self._inputs, self._memory, out)
        self._inputs, self._outputs = inputs, outputs
        return out

    def flush(self) -> Samples:
        """The PCG samples still owed, with silence after the last sample; then start over."""
        owed = -(-self._inputs // DECIMATION) - self._outputs
        tail = self.push(np.zeros(GROUP_DELAY + DECIMATION, np.float32))[:owed]
        self.clear()
        return tail
