"""A recording of the stream, which can be started and stopped during the run."""

import contextlib
import os
import struct
import threading
import time
from pathlib import Path
from typing import IO

from ..rates import STREAM_RATE, Samples
from .base import Accounts, Sink, SinkError
from .fsync import Syncing

RIFF_LARGEST = (1 << 32) - 4096
"""The most bytes of samples for a RIFF header. A larger file has an RF64 header."""

_HEADER_EVERY = STREAM_RATE // 4


class WavRecording(Sink):
    """A sink that writes the stream as mono 32-bit float WAV at 44,100 Hz.

    Missing samples are written as silence, so that times in the file are those of the events. Each start opens a new
    file. The first is `path`, if given. The others are named after the time, in the current folder. A write error stops
    the recording but not the run; the reason is in `message` (latest) and `failure` (kept). All methods may be called
    from any thread.
    """

    def __init__(self, path: str | None = None) -> None:
        """Start to record if a path is given. Raises SinkError if that file cannot be written."""
        self._lock = threading.Lock()
        self._file: _Wav | None = None
        self._first = path
        self.path: str | None = None
        self.message: str | None = None
        self.failure: str | None = None
        self._seconds = 0.0
        if path is not None:
            try:
                self._start()
            except OSError as error:
                raise SinkError(f"{path}: cannot be written ({error.strerror or error})") from None

    @property
    def recording(self) -> bool:
        """Whether it records now."""
        return self._file is not None

    @property
    def seconds(self) -> float:
        """Length of the current recording, or of the last one, in seconds."""
        file = self._file
        return file.length / STREAM_RATE if file else self._seconds

    def toggle(self) -> None:
        """Stop the recording, or start a new one."""
        with self._lock:
            try:
                if self._file:
                    self._stop()
                    self.message = f"{self.path}: recorded {self._seconds:.1f} s"
                else:
                    self._start()
                    self.message = None
            except OSError as error:
                self._fail(error)

    def on_samples(self, block: Samples) -> None:
        """Write the samples."""
        with self._lock:
            if self._file:
                try:
                    self._file.append(block)
                except OSError as error:
                    self._fail(error)

    def on_missing(self, length: int) -> None:
        """Write silence, so that positions stay right."""
        with self._lock:
            if self._file:
                try:
                    self._file.skip(length)
                except OSError as error:
                    self._fail(error)

    def close(self, accounts: Accounts) -> None:
        """Complete the header and close the file."""
        with self._lock:
            try:
                self._stop()
            except OSError as error:
                self._fail(error)

    def _start(self) -> None:
        path = self._first or _named_after_the_time()
        self.path = path
        self._file = _Wav(path, new=self._first is None)
        self._first = None

    def _stop(self) -> None:
        file, self._file = self._file, None
        if file:
            self._seconds = file.length / STREAM_RATE
            file.close()

    def _fail(self, error: OSError) -> None:
        file, self._file = self._file, None
        if file:
            self._seconds = file.length / STREAM_RATE
            file.abandon()
        self.message = f"{self.path}: cannot be written ({error.strerror or error}); the recording has ended"
        self.failure = self.message


def _named_after_the_time() -> str:
    stem = time.strftime("heartseg-%Y%m%d-%H%M%S")
    number = 1
    while os.path.exists(path := f"{stem}.wav" if number == 1 else f"{stem}-{number}.wav"):
        number += 1
    return path


class _Wav:
    """A WAV file that opens even after a killed run: its header is renewed four times a second.

    The header has room for the sizes of RF64 (EBU Tech 3306) from the start. Raises OSError.
    """

    def __init__(self, path: str, new: bool) -> None:
        self._file: IO[bytes] = Path(path).open("xb" if new else "wb")  # noqa: SIM115 (open for as long as it runs)
        self.length = 0
        self._in_header = 0
        self._syncing = Syncing(self._file)
        try:
            self._header()
        except OSError:
            self.abandon()
            raise

    def append(self, block: Samples) -> None:
        self._file.write(block.astype("<f4").tobytes())
        self._grow(len(block))

    def skip(self, length: int) -> None:
        self._file.seek(4 * length, os.SEEK_CUR)
        self._file.truncate()
        self._grow(length)

    def _grow(self, length: int) -> None:
        self.length += length
        if self.length - self._in_header >= _HEADER_EVERY:
            self._header()

    def close(self) -> None:
        try:
            self._header()
        finally:
            self._syncing.stop()
        self._file.close()

    def abandon(self) -> None:
        self._syncing.stop()
        with contextlib.suppress(OSError):  # closing flushes once more, which may fail again
            self._file.close()

    def _header(self) -> None:
        self._file.flush()
        self._file.seek(0)
        self._file.write(_header(self.length))
        self._file.flush()
        self._file.seek(0, os.SEEK_END)
        self._in_header = self.length


def _header(length: int) -> bytes:
    size = 4 * length
    large = size > RIFF_LARGEST
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 3, 1, STREAM_RATE, STREAM_RATE * 4, 4, 32)
    fact = struct.pack("<4sII", b"fact", 4, min(length, 0xFFFFFFFF))
    sizes_at = 4 + 36
    rest_size = sizes_at + len(form) + len(fact) + 8 + size
    if large:
        sizes = struct.pack("<4sIQQQI", b"ds64", 28, rest_size, size, length, 0)
    else:
        sizes = struct.pack("<4sI28x", b"JUNK", 28)
    riff = struct.pack("<4sI4s", b"RF64" if large else b"RIFF", 0xFFFFFFFF if large else rest_size, b"WAVE")
    return riff + sizes + form + fact + struct.pack("<4sI", b"data", 0xFFFFFFFF if large else size)
