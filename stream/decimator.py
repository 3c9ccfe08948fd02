"""Streaming decimation from 44,100 to 2,100 Hz: two linear-phase FIR stages, by 7 and by 3.

Every output sample is one dot product of fixed length over its own input samples, so the output does not
depend on how the input was cut into blocks, to the last bit.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .clock import DECIMATION, STREAM_RATE

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


def coefficients() -> tuple[FloatArray, FloatArray]:
    """The impulse responses of the two stages, at 44,100 and 6,300 Hz: shapes (48,) and (64,), symmetric."""
    return (
        _lowpass(_TAPS[0], 3000.0, STREAM_RATE, 8.2),
        _lowpass(_TAPS[1], 1038.0, STREAM_RATE / STEPS[0], 8.05),
    )


GROUP_DELAY = ((_TAPS[0] - 1) + (_TAPS[1] - 1) * STEPS[0]) // 2
"""Stream samples by which the filters delay, an integer: 23.5 + 31.5 * 7 = 244 (5.5 ms)."""


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _decimate_48_7(x, h, count, out):  # type: ignore[no-untyped-def]
    for i in range(count):
        acc = np.float32(0.0)
        for k in range(48):
            acc += h[k] * x[i * 7 + k]
        out[i] = acc


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _decimate_64_3(x, h, count, out):  # type: ignore[no-untyped-def]
    for i in range(count):
        acc = np.float32(0.0)
        for k in range(64):
            acc += h[k] * x[i * 3 + k]
        out[i] = acc


class _Stage:
    """One FIR stage: a buffer that holds the samples still needed, and the kernel that eats them."""

    def __init__(self, kernel, taps: FloatArray, step: int, longest_input: int) -> None:  # type: ignore[no-untyped-def]
        self._kernel, self._taps, self._step = kernel, taps, step
        self._buffer = np.zeros(GROUP_DELAY + longest_input, np.float32)
        self._out = np.zeros(len(self._buffer) // step + 1, np.float32)
        self._held = 0

    def prime(self, zeros: int) -> None:
        """Start over with that many samples of silence already heard."""
        self._buffer[:zeros] = 0.0
        self._held = zeros

    def push(self, x: FloatArray) -> FloatArray:
        """All outputs that `x` completes; a view that the next call overwrites."""
        held = self._held + len(x)
        self._buffer[self._held : held] = x
        taps, step = len(self._taps), self._step
        count = max(0, (held - taps) // step + 1)
        if count:
            self._kernel(self._buffer, self._taps, count, self._out)
            used = count * step
            self._buffer[: held - used] = self._buffer[used:held].copy()
            held -= used
        self._held = held
        return self._out[:count]


class Decimator:
    """Streaming decimation by 21.

    PCG sample m is centred on stream sample 21 m: the filters' delay is taken out of the positions, and shows
    only as `GROUP_DELAY` more samples that must be heard before PCG sample m is there.

    >>> d = Decimator()
    >>> len(d.push(np.zeros(44_100, np.float32))) + len(d.flush())
    2100
    """

    def __init__(self) -> None:
        h1, h2 = coefficients()
        self._first = _Stage(_decimate_48_7, h1, STEPS[0], _CHUNK)
        self._second = _Stage(_decimate_64_3, h2, STEPS[1], _CHUNK // STEPS[0] + 2)
        self.clear()

    def clear(self) -> None:
        """Forget everything heard."""
        # With the filters' delay fed as silence, output m covers the stream from 21 m - 244 to 21 m + 244.
        self._first.prime(GROUP_DELAY)
        self._second.prime(0)
        self._heard = 0
        self._made = 0

    def push(self, block: FloatArray) -> FloatArray:
        """PCG samples that `block` (float32, any length) completes: shape (n,), float32, a new array."""
        parts = []
        for at in range(0, len(block), _CHUNK):
            parts.append(self._second.push(self._first.push(block[at : at + _CHUNK])).copy())
        self._heard += len(block)
        out = parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else np.zeros(0, np.float32)
        self._made += len(out)
        return out

    def flush(self) -> FloatArray:
        """The PCG samples still owed for what was heard (silence follows it); then start over."""
        owed = -(-self._heard // DECIMATION) - self._made
        tail = self.push(np.zeros(GROUP_DELAY + DECIMATION, np.float32))[:owed]
        self.clear()
        return tail
