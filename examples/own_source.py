"""A source of one's own: raw samples (float32, 44,100 Hz, one channel) from a file, a pipe or a device.

For instance: ffmpeg -i heart.m4a -f f32le -ar 44100 -ac 1 - | python examples/own_source.py
"""

import sys
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from heartseg.stream import Replay, listen

BLOCK = 441
BYTES = 4


def blocks(file: BinaryIO) -> Iterator[NDArray[np.float32]]:
    """Blocks of samples, as soon as they can be read."""
    while data := file.read(BYTES * BLOCK):
        yield np.frombuffer(data[: len(data) // BYTES * BYTES], "<f4").astype(np.float32)


def main(file: BinaryIO) -> None:
    """Listen to the samples. A `Replay` of speed None takes them at the pace at which they come."""
    with listen(source=Replay(blocks(file), speed=None, name="raw samples")) as events:
        for event in events:
            print(event.as_text(), flush=True)


if __name__ == "__main__":
    main(sys.stdin.buffer)
