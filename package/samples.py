"""A recording, or an array of samples, as the stream that the segmenter takes."""

import os
from collections.abc import Iterator
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .stream.rates import Samples
from .stream.sources.file import FileSource
from .stream.sources.resample import HIGHEST_RATE, LOWEST_RATE, converted, mean_channel

_FULL_SCALE = {"uint8": (128, 2**7), "int8": (0, 2**7), "int16": (0, 2**15), "int32": (0, 2**31)}
"""Of whole numbers: silence, and full scale above it, as in WAV files."""


def opened(x: str | os.PathLike[str] | ArrayLike, rate: float | None) -> tuple[Iterator[Samples], str, list[str]]:
    """The stream of a recording or an array, its name, and the list that its reader adds warnings to."""
    if not isinstance(x, str | os.PathLike):
        return _blocks(x, rate), "array", []
    if rate is not None:
        raise TypeError("a recording has a rate of its own: leave out rate=")
    source = FileSource(x)
    return source.blocks(), source.name, source.warnings


def _blocks(x: ArrayLike, rate: float | None) -> Iterator[Samples]:
    """An array as the stream, in the blocks of a file. Raises TypeError and ValueError."""
    array = np.asarray(x)
    if not (np.issubdtype(array.dtype, np.floating) or array.dtype.name in _FULL_SCALE):
        raise TypeError(
            f"x is {type(x).__name__} of {array.dtype}; it should be the path of a recording, or an array of floats "
            f"(full scale 1.0), {', '.join(_FULL_SCALE)}"
        )
    if rate is None:
        raise TypeError("an array needs its rate in Hz: segment(x, rate=4000)")
    if not isinstance(rate, Real):
        raise TypeError(f"rate should be a number of Hz, not {rate!r}")
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise ValueError(f"rate={rate:g}: rates from {LOWEST_RATE} to {HIGHEST_RATE} Hz can be used")
    if array.ndim not in (1, 2) or array.shape[1:] == (0,):
        raise ValueError(f"x has shape {array.shape}; it should be (n,) or (n, channels)")
    if array.ndim == 2 and 0 < array.shape[0] < array.shape[1]:
        raise ValueError(f"x has shape {array.shape}: fewer samples than channels; the samples come first, as in x.T")
    channels = array if array.ndim == 2 else array[:, None]
    return converted(_mono(channels, int(rate)), rate)


def _mono(x: NDArray[Any], length: int) -> Iterator[Samples]:
    """The mean channel in blocks. x: shape (n, channels)."""
    zero, full_scale = _FULL_SCALE.get(x.dtype.name, (0, 1))
    for first in range(0, len(x), length):
        with np.errstate(over="ignore"):  # what is too large becomes infinite, which is a gap
            block = x[first : first + length].astype(np.float32)
        yield mean_channel((block - np.float32(zero)) / np.float32(full_scale))
