"""Streaming decimation from 44,100 to 2,100 Hz: two linear-phase FIR stages, by 7 and by 3.

Every output sample is one dot product of fixed length over its own input samples, so the output does not
depend on how the input was cut into blocks, to the last bit.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from .clock import DECIMATION, STREAM_RATE
from .compiled import njit

FloatArray = NDArray[np.float32]

STEPS = (7, 3)
PASS_HZ = 800.0
"""Flat to within 0.1 dB up to here; whatever aliases below it is at least 80 dB down."""

_CHUNK = 8 * 441  # input samples worked on at a time, so that the buffers stay small and in cache
_TAPS = (48, 64)


def _lowpass(taps: int, cutoff_hz: float, rate_hz: float, beta: float) -> FloatArray:
    """Kaiser-windowed sinc of unit gain at 0 Hz (Oppenheim and Schafer, Discrete-Time Signal Processing, 7.5)."""
    n = np.arange(taps) - (taps - 1) / 2
    h = np.sinc(2 * cutoff_hz / rate_hz * n) * np.kaiser(taps, beta)
    taps_out: FloatArray = (h / h.sum()).astype(np.float32)
    return taps_out


@cache
def coefficients() -> tuple[FloatArray, FloatArray]:
    """The impulse responses of the two stages, at 44,100 and 6,300 Hz: shapes (48,) and (64,), symmetric."""
    return (
        _lowpass(_TAPS[0], 3000.0, STREAM_RATE, 8.2),
        _lowpass(_TAPS[1], 1038.0, STREAM_RATE / STEPS[0], 8.05),
    )


GROUP_DELAY = ((_TAPS[0] - 1) + (_TAPS[1] - 1) * STEPS[0]) // 2
"""Stream samples by which the filters delay, an integer: 23.5 + 31.5 * 7 = 244 (5.5 ms)."""


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _fir(x, taps, step, count, out):  # type: ignore[no-untyped-def]
    for i in range(count):
        acc = np.float32(0.0)
        # The length is left to run time, and the start is taken out: only so is the loop vectorised.
        at = i * step
        for k in range(taps.shape[0]):
            acc += taps[k] * x[at + k]
        out[i] = acc


@njit(cache=True, nogil=True)
def _stage(x, taps, step, buffer, held, out):  # type: ignore[no-untyped-def]
    """Append x to the `held` samples of buffer, put all outputs that can be made into out: (outputs, held)."""
    length = held + x.shape[0]
    buffer[held:length] = x
    count = max(0, (length - taps.shape[0]) // step + 1)
    _fir(buffer, taps, step, count, out)
    used = count * step
    if used:
        for i in range(length - used):
            buffer[i] = buffer[used + i]
    return count, length - used


@njit(cache=True, nogil=True)
def _decimate(block, taps1, taps2, buffer1, buffer2, held, between, out):  # type: ignore[no-untyped-def]
    made = 0
    for at in range(0, block.shape[0], _CHUNK):
        count, held[0] = _stage(block[at : at + _CHUNK], taps1, STEPS[0], buffer1, held[0], between)
        count, held[1] = _stage(between[:count], taps2, STEPS[1], buffer2, held[1], out[made:])
        made += count
    return made


class Decimator:
    """Streaming decimation by 21.

    PCG sample m is centred on stream sample 21 m: the filters' delay is taken out of the positions, and shows
    only as `GROUP_DELAY` more samples that must be heard before PCG sample m is there.

    >>> d = Decimator()
    >>> len(d.push(np.zeros(44_100, np.float32))) + len(d.flush())
    2100
    """

    def __init__(self) -> None:
        self._taps = coefficients()
        self._buffers = (
            np.zeros(GROUP_DELAY + _CHUNK, np.float32),
            np.zeros(_TAPS[1] + STEPS[1] + _CHUNK // STEPS[0] + 1 + GROUP_DELAY, np.float32),
        )
        self._between = np.zeros((GROUP_DELAY + _CHUNK) // STEPS[0] + 1, np.float32)
        self._held = np.zeros(2, np.int64)
        self.clear()

    def clear(self) -> None:
        """Forget everything heard."""
        # With the filters' delay fed as silence, output m covers the stream from 21 m - 244 to 21 m + 244.
        self._buffers[0][:GROUP_DELAY] = 0.0
        self._held[:] = GROUP_DELAY, 0
        self._heard = 0
        self._made = 0

    def push(self, block: FloatArray) -> FloatArray:
        """PCG samples that `block` (float32, any length) completes: shape (n,), float32, a new array."""
        out = np.empty((len(block) + 2 * GROUP_DELAY) // DECIMATION + 2, np.float32)
        count = _decimate(block, *self._taps, *self._buffers, self._held, self._between, out)
        self._heard += len(block)
        self._made += count
        return out[:count]

    def flush(self) -> FloatArray:
        """The PCG samples still owed for what was heard (silence follows it); then start over."""
        owed = -(-self._heard // DECIMATION) - self._made
        tail = self.push(np.zeros(GROUP_DELAY + DECIMATION, np.float32))[:owed]
        self.clear()
        return tail
