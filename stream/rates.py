"""The integer clock: every position in heartseg is a sample count at 44,100 Hz.

44,100 / 21 = 2,100 and 2,100 / 21 = 100, exactly, so that a position at one rate is an integer at the rates
above it. Seconds appear only where a person or a file reads them.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.float32]
"""Samples, or other values in single precision."""

STREAM_RATE = 44_100
"""Samples a second of the stream that the engine hears."""

DECIMATION = 21
"""Stream samples to one PCG sample."""

PCG_RATE = STREAM_RATE // DECIMATION
"""Samples a second of the phonocardiogram (PCG) that the network sees: 2,100."""

FRAME = 21
"""PCG samples to one posterior frame."""

FRAME_RATE = PCG_RATE // FRAME
"""Posterior frames a second: 100."""

STREAM_PER_FRAME = DECIMATION * FRAME
"""Stream samples to one posterior frame: 441."""


def seconds(position: int) -> float:
    """Seconds at a stream position (samples at 44,100 Hz)."""
    return position / STREAM_RATE
