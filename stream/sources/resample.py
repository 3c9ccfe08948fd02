"""Any rate and any number of channels to one channel at 44,100 Hz: the same for recordings and for devices."""

from collections.abc import Iterable, Iterator

import numpy as np
import soxr

from ..rates import STREAM_RATE, Samples

LOWEST_RATE, HIGHEST_RATE = 400, 192_000


def mean_channel(block: Samples) -> Samples:
    """The mean of the channels. block: shape (n, channels)."""
    return np.asarray(block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float64), np.float32)


class Converter:
    """One channel to 44,100 Hz, block by block (soxr, HQ).

    What comes out is the same however the samples are cut into blocks.

    Parameters
    ----------
    rate
        Samples a second of what comes in, in Hz.

    Examples
    --------
    >>> converter = Converter(4000)
    >>> len(converter.push(np.zeros(4000, np.float32))) + len(converter.flush())
    44100
    """

    def __init__(self, rate: float) -> None:
        self._resample = None if rate == STREAM_RATE else soxr.ResampleStream(rate, STREAM_RATE, 1, "float32", "HQ")

    def push(self, block: Samples) -> Samples:
        """Convert a block; the newest samples are held back until later ones come.

        Parameters
        ----------
        block
            Shape (n,), float32, any n.

        Returns
        -------
        Samples
            Shape (m,), float32, at 44,100 Hz.
        """
        return block if self._resample is None else np.asarray(self._resample.resample_chunk(block))

    def flush(self) -> Samples:
        """The samples still held back, shape (m,): the sound ends here."""
        none = np.zeros(0, np.float32)
        return none if self._resample is None else np.asarray(self._resample.resample_chunk(none, last=True))


def converted(blocks: Iterable[Samples], rate: float) -> Iterator[Samples]:
    """All blocks, of one channel at `rate` Hz, as blocks at 44,100 Hz: none of them empty."""
    converter = Converter(rate)
    for block in blocks:
        if len(out := converter.push(block)):
            yield out
    if len(tail := converter.flush()):
        yield tail


def held_back(rate: int, block: int) -> int:
    """Stream samples that the conversion of blocks of so many samples holds back at most: measured, over 5 s."""
    if rate == STREAM_RATE:
        return 0
    converter, silence = Converter(rate), np.zeros(block, np.float32)
    largest = pushed = converted = 0
    while pushed < 5 * rate:
        converted += len(converter.push(silence))
        pushed += block
        largest = max(largest, -(-pushed * STREAM_RATE // rate) - converted)
    return largest
