"""A WAV file of 32-bit floats that can be read at any moment while it grows."""

import contextlib
import os
import struct
import time
from collections.abc import Sequence
from typing import IO

from .. import NOTICE
from ..rates import STREAM_RATE, Samples, seconds
from .fsync import Syncing

RIFF_LARGEST = (1 << 32) - 4096
"""The most bytes of samples for a RIFF header. A larger file has an RF64 header."""

_HEADER_EVERY = STREAM_RATE // 4


class WavFile:
    """Mono WAV at 44,100 Hz that opens even after a killed run: its header is renewed four times a second.

    file: open for writing, in binary. start: stream sample at which it begins. The header has a chunk `bext` (EBU Tech
    3285) with it, and room for the sizes of RF64 (EBU Tech 3306). Raises OSError.
    """

    def __init__(self, file: IO[bytes], start: int) -> None:
        self._file = file
        self._bext = _bext(start)
        self.length = 0
        self._in_header = 0
        self._syncing = Syncing(self._file)
        try:
            self._header()
        except OSError:
            self.abandon()
            raise

    def append(self, block: Samples) -> None:
        """Write samples of shape (n,)."""
        self._file.write(block.astype("<f4").tobytes())
        self._grow(len(block))

    def skip(self, length: int) -> None:
        """Write silence."""
        self._file.seek(4 * length, os.SEEK_CUR)
        self._file.truncate()
        self._grow(length)

    def _grow(self, length: int) -> None:
        self.length += length
        if self.length - self._in_header >= _HEADER_EVERY:
            self._header()

    def close(self, marks: Sequence[int] = ()) -> None:
        """Complete the header and close the file. marks: samples of the file, which become its cue points."""
        try:
            cue = _cue(marks)
            self._file.write(cue)
            self._header(len(cue))
        finally:
            self._syncing.stop()
        self._file.close()

    def abandon(self) -> None:
        """Close the file as it is."""
        self._syncing.stop()
        with contextlib.suppress(OSError):  # closing flushes once more, which may fail again
            self._file.close()

    def _header(self, after: int = 0) -> None:
        self._file.flush()
        self._file.seek(0)
        self._file.write(_header(self.length, self._bext, after))
        self._file.flush()
        self._file.seek(0, os.SEEK_END)
        self._in_header = self.length


def _header(length: int, bext: bytes, after: int) -> bytes:
    """All up to the samples. after: bytes of chunks behind them."""
    size = 4 * length
    large = size > RIFF_LARGEST
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 3, 1, STREAM_RATE, STREAM_RATE * 4, 4, 32)
    fact = struct.pack("<4sII", b"fact", 4, min(length, 0xFFFFFFFF))
    sizes_at = 4 + 36
    rest_size = sizes_at + len(bext) + len(form) + len(fact) + 8 + size + after
    if large:
        sizes = struct.pack("<4sIQQQI", b"ds64", 28, rest_size, size, length, 0)
    else:
        sizes = struct.pack("<4sI28x", b"JUNK", 28)
    riff = struct.pack("<4sI4s", b"RF64" if large else b"RIFF", 0xFFFFFFFF if large else rest_size, b"WAVE")
    return riff + sizes + bext + form + fact + struct.pack("<4sI", b"data", 0xFFFFFFFF if large else size)


def _bext(start: int) -> bytes:
    """The chunk that tells where the file begins in the stream, and when it was begun."""
    text = f"Heart sounds. Begins at {seconds(start):.3f} s of the stream. {NOTICE}".encode("ascii")
    date, clock = (part.encode("ascii") for part in time.strftime("%Y-%m-%d %H:%M:%S").split())
    content = struct.pack("<256s32s32s10s8sQH254x", text, b"heartseg", b"", date, clock, start, 0)
    return struct.pack("<4sI", b"bext", len(content)) + content


def _cue(marks: Sequence[int]) -> bytes:
    if not marks:
        return b""
    points = [struct.pack("<II4sIII", n, at, b"data", 0, 0, at) for n, at in enumerate(marks, 1)]
    content = struct.pack("<I", len(points)) + b"".join(points)
    return struct.pack("<4sI", b"cue ", len(content)) + content
