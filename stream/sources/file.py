"""Recordings as a stream: any file that libsndfile or ffmpeg opens, in blocks, at 44,100 Hz, one channel."""

import os
import stat
import struct
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from ...models.errors import one_line
from ..rates import STREAM_RATE, Samples
from .base import NoSuchSource, SourceError
from .ffmpeg import FFMPEG_ENDINGS, DecodedFile, length_s
from .resample import HIGHEST_RATE, LOWEST_RATE, converted, mean_channel

_READ_SECONDS = 1.0
_UNKNOWN_FRAMES = 1 << 40  # so many or more: the header was written by a program that could not know


class FileSource:
    """A recording, read in blocks and never loaded whole. `warnings` grows while the file is read.

    Parameters
    ----------
    path
        The file: any that libsndfile or ffmpeg opens, of 400 to 192,000 Hz.
    channel
        The one to take, from 1. None takes the mean of all channels.
    name
        What to call it, by default its path.
    content
        Its bytes, open for reading and seeking. Then nothing is looked for at `path`, and whoever opened it closes it.

    Raises
    ------
    SourceError
        For whatever cannot be replayed.

    Examples
    --------
    >>> FileSource("absent.wav")
    Traceback (most recent call last):
    heartseg.stream.sources.base.NoSuchSource: absent.wav: no such file
    """

    def __init__(
        self, path: str | os.PathLike[str], channel: int | None = None, name: str | None = None,
        content: BinaryIO | None = None,
    ) -> None:  # fmt: skip
        self.path = Path(path)
        self.name = path = name or str(path).encode("utf-8", "replace").decode()
        self.warnings: list[str] = []
        if content is None:
            self._check_path()
        elif content.seek(0, os.SEEK_END) == 0:
            raise SourceError(f"{path}: the file is empty")
        by_ffmpeg = content is None and self.path.suffix.lower() in FFMPEG_ENDINGS
        missing = _missing_bytes(self.path, content)
        self._file: soundfile.SoundFile = DecodedFile(self.path) if by_ffmpeg else self._open(content)
        self.rate: int = self._file.samplerate
        channels = self._file.channels
        if not LOWEST_RATE <= self.rate <= HIGHEST_RATE:
            self._file.close()
            raise SourceError(f"{path}: {self.rate} Hz; rates from {LOWEST_RATE} to {HIGHEST_RATE} Hz can be used")
        if channel is not None and not 1 <= channel <= channels:
            self._file.close()
            raise NoSuchSource(f"{path}: no channel {channel}; it has {channels} (the first is 1)")
        self._channel = channel
        self._frames: int = self._file.frames
        self._first = 0
        if missing:
            self.warnings.append(
                f"{path}: truncated ({missing} bytes short of what its header says); the part that is there is used"
            )

    def _check_path(self) -> None:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            raise NoSuchSource(f"{self.name}: no such file") from None
        except (OSError, ValueError) as error:
            raise NoSuchSource(f"{self.name}: cannot be read ({getattr(error, 'strerror', None) or error})") from None
        if stat.S_ISDIR(status.st_mode):
            raise NoSuchSource(f"{self.name}: is a directory; name a recording in it")
        if stat.S_ISREG(status.st_mode) and status.st_size == 0:
            raise SourceError(f"{self.name}: the file is empty")

    def _open(self, content: BinaryIO | None) -> soundfile.SoundFile:
        try:
            return soundfile.SoundFile(content or (os.fsencode(self.path) if os.name == "posix" else self.path))
        except PermissionError:
            raise SourceError(f"{self.name}: may not be read (permission denied)") from None
        except (soundfile.SoundFileError, OSError, TypeError) as error:
            raise SourceError(
                f"{self.name}: not a sound file that can be read ({_reason(error)}); "
                "WAV, FLAC, Ogg and the other forms of libsndfile are"
            ) from None

    @property
    def seconds(self) -> float:
        """Length by the file's header, in seconds; 0 where ffmpeg reads it, which does not know it."""
        return self._frames / self.rate

    @cached_property
    def length(self) -> int | None:
        """Length by the file's header, in stream samples; None where that is unknown, or the file cannot be sought."""
        if isinstance(self._file, DecodedFile):
            seconds = length_s(self.path)
            return None if seconds is None else round(seconds * STREAM_RATE)
        is_known = 0 < self._frames < _UNKNOWN_FRAMES and self._file.seekable()
        return self._frames * STREAM_RATE // self.rate if is_known else None

    def again(self, place: int) -> "FileSource":
        """The same recording, opened anew, whose blocks begin at stream sample `place`. Raises SourceError.

        Only where there is a `length`, and no `content`.
        """
        other = FileSource(self.path, self._channel)
        other.length = self.length
        frame = place * self.rate // STREAM_RATE
        try:
            other._first = other._file.seek(min(frame, other._frames or frame))
        except (soundfile.SoundFileError, OSError) as error:
            other.close()
            raise SourceError(f"{self.name}: no other place can be sought ({_reason(error)})") from None
        return other

    def blocks(self) -> Iterator[Samples]:
        """The stream: float32 blocks at 44,100 Hz, of varying length; the file is closed at the end."""
        with self._file:
            yield from converted(self._mono(), self.rate)

    def _mono(self) -> Iterator[Samples]:
        length = max(1, min(int(self.rate * _READ_SECONDS), (1 << 22) // self._file.channels))
        read = self._first
        while True:
            try:
                block = self._file.read(length, dtype="float32", always_2d=True)
            except (soundfile.SoundFileError, OSError) as error:
                self.warnings.append(
                    f"{self.name}: damaged after {read / self.rate:.2f} s ({_reason(error)}); the part before is used"
                )
                return
            if not len(block):
                break
            read += len(block)
            if self._channel is not None:
                yield np.ascontiguousarray(block[:, self._channel - 1])
            else:
                yield mean_channel(block)
        if read < self._frames < _UNKNOWN_FRAMES:
            self.warnings.append(
                f"{self.name}: ends after {read / self.rate:.2f} s, {self._frames - read} samples "
                "before its header says"
            )

    def close(self) -> None:
        """Close the file; harmless when it is closed already."""
        self._file.close()


def _reason(error: Exception) -> str:
    text = getattr(error, "error_string", None) or str(error)
    return one_line(text).rstrip(".")


def _missing_bytes(path: Path, content: BinaryIO | None) -> int:
    """Bytes by which a RIFF file is shorter than its header says; 0 for others and for streamed headers."""
    if content is None:
        if not path.is_file():
            return 0
        with suppress(OSError), path.open("rb") as file:
            return _missing_bytes(path, file)
        return 0  # opening it as sound fails, too, and says why
    size = content.seek(0, os.SEEK_END)
    content.seek(0)
    head = content.read(12)
    content.seek(0)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return 0
    claimed: int = struct.unpack("<I", head[4:8])[0]
    if claimed >= 0x7FFFFFFF:  # written by a program that could not know the length
        return 0
    return max(0, claimed + 8 - size)
