"""Nanoseconds an input sample from 44,100 to 2,100 Hz, beside other ways to the same specification."""

from collections.abc import Callable
from functools import cache, partial

import numpy as np
import soxr
from numba import njit
from numpy.typing import NDArray
from scipy.signal import iirdesign, sosfilt, upfirdn

from bench.measure import Figure, FloatArray, figure, heart, in_turn, must
from heartseg.stream.rates import DECIMATION, PCG_RATE, STREAM_RATE
from heartseg.stream.segmenter.decimator import GROUP_DELAY, PASS_HZ, STEPS, Decimator, coefficients

BLOCKS = (64, 441, 4410, 44_100)
_MOST_BLOCKS = 400
_DOTS = 2000


@cache
def impulse_response() -> FloatArray:
    """Of both stages together, at 44,100 Hz: shape (489,)."""
    first, second = coefficients()
    spread = np.zeros((len(second) - 1) * STEPS[0] + 1, np.float32)
    spread[:: STEPS[0]] = second
    return np.convolve(first, spread)


def ours(blocks: list[FloatArray]) -> list[FloatArray]:
    """The live engine's decimator."""
    decimator = Decimator()
    return [decimator.push(b) for b in blocks]


def by_upfirdn(blocks: list[FloatArray]) -> list[FloatArray]:
    """One FIR filter of the same response; what it needs of the past is put before each block."""
    taps, parts = impulse_response(), []
    past = np.zeros(GROUP_DELAY, np.float32)
    before = np.zeros(-(len(taps) - 1) % DECIMATION, np.float32)  # the first whole output falls on a step
    first = (len(before) + len(taps) - 1) // DECIMATION
    for block in blocks:
        x = np.concatenate([past, block])
        ready = max(0, (len(x) - len(taps)) // DECIMATION + 1)
        parts.append(upfirdn(taps, np.concatenate([before, x]), 1, DECIMATION)[first : first + ready])
        past = x[ready * DECIMATION :]
    return parts


@cache
def elliptic() -> FloatArray:
    """Second-order sections of the least elliptic filter, shape (sections, 6)."""
    sos = iirdesign(PASS_HZ, PCG_RATE - PASS_HZ, 0.1, 80, ftype="ellip", output="sos", fs=STREAM_RATE)
    return np.asarray(sos, np.float32)


def by_sosfilt(blocks: list[FloatArray]) -> list[FloatArray]:
    """An elliptic filter of the same specification; its group delay is not constant."""
    sos = elliptic()
    state, heard, parts = np.zeros((len(sos), 2), np.float32), 0, []
    for block in blocks:
        y, state = sosfilt(sos, block, zi=state)
        parts.append(y[-heard % DECIMATION :: DECIMATION])
        heard += len(block)
    return parts


def by_soxr(blocks: list[FloatArray]) -> list[FloatArray]:
    """Soxr's stream, quality HQ."""
    stream = soxr.ResampleStream(STREAM_RATE, PCG_RATE, 1, dtype="float32", quality="HQ")
    return [stream.resample_chunk(b, last=i == len(blocks) - 1) for i, b in enumerate(blocks)]


def by_librosa(blocks: list[FloatArray]) -> list[FloatArray]:
    """Each block by itself: librosa keeps no state."""
    import librosa

    return [librosa.resample(b, orig_sr=STREAM_RATE, target_sr=PCG_RATE) for b in blocks]


SIDES: dict[str, Callable[[list[FloatArray]], list[FloatArray]]] = {
    "soxr HQ": by_soxr,
    "scipy upfirdn": by_upfirdn,
    "scipy sosfilt": by_sosfilt,
}


def check(name: str, found: FloatArray, reference: FloatArray) -> None:
    """FIR sides agree to rounding, the others in loudness. Raises Wrong."""
    if name in ("heartseg", "scipy upfirdn"):
        n = min(len(found), len(reference))
        close = n > len(reference) - 30 and np.abs(found[:n] - reference[:n]).max() < 1e-5
    else:
        loud = [float(np.sqrt(np.mean(np.square(x, dtype=np.float64)))) for x in (found, reference)]
        close = abs(len(found) - len(reference)) < 30 and abs(loud[0] / loud[1] - 1) < 0.05
    must(bool(close), f"decimation by {name}: not what the direct convolution gives")


@njit(fastmath=True)
def _dots(a: NDArray[np.float32], b: NDArray[np.float32], times: int) -> float:
    total = np.float32(0.0)
    for _ in range(times):
        for k in range(a.shape[0]):
            total += a[k] * b[k]
        a[0] = total * np.float32(1e-9)
    return total


def bound(rounds: int) -> NDArray[np.float64]:
    """Ns an input sample that the multiply-adds alone would take, at the rate of a long dot product in cache."""
    a = np.random.default_rng(1).standard_normal(1024).astype(np.float32)
    seconds = in_turn({"dot": lambda: _dots(a, a[::-1].copy(), _DOTS)}, rounds)["dot"]
    first, second = coefficients()
    each = len(first) / STEPS[0] + len(second) / DECIMATION
    return np.asarray(seconds / _DOTS / len(a) * each * 1e9)


def measure(blocks: tuple[int, ...] = BLOCKS, rounds: int = 7) -> list[Figure]:
    """All sides at each block size."""
    sides = dict(SIDES)
    try:
        import librosa  # noqa: F401
    except ImportError:
        pass
    else:
        sides["librosa"] = by_librosa
    taps, figures = impulse_response(), []
    least = bound(rounds)
    for size in blocks:
        x = heart(8)[: size * _MOST_BLOCKS]
        parts = np.split(x, range(size, len(x), size))
        reference = np.convolve(np.concatenate([np.zeros(GROUP_DELAY), x]), taps, "valid")[::DECIMATION]
        each = {name: partial(side, parts) for name, side in [("heartseg", ours), *sides.items()]}
        for name, side in each.items():
            if name != "librosa":  # cuts between blocks, and is timed all the same
                check(name, np.concatenate(side()), reference)
        times = in_turn(each, rounds)
        ns = {name: t / len(x) * 1e9 for name, t in times.items()}
        figures.append(figure(f"decimation, blocks of {size}", ns["heartseg"], "ns a sample", more=False))
        for name in sides:
            ratio = ns[name] / ns["heartseg"]
            figures.append(figure(f"decimation, blocks of {size}: {name} takes", ratio, "× as long", ratio=True))
        if size == 4410:
            figures.append(figure("decimation: multiply-add bound of this CPU", least, "ns a sample", more=False))
            over = ns["heartseg"] / least
            figures.append(figure("decimation, blocks of 4410: over the bound", over, "×", ratio=True, more=False))
    return figures
