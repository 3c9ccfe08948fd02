"""Recordings that libsndfile cannot open, such as a telephone's: `ffmpeg` decodes them into a pipe."""

import math
import struct
import threading
import weakref
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from .base import SourceError

if TYPE_CHECKING:
    from subprocess import Popen

FFMPEG_ENDINGS = {
    ".m4a", ".m4b", ".mp4", ".m4v", ".mov", ".aac", ".amr", ".3gp", ".3g2", ".webm", ".weba", ".mka", ".mkv", ".wma",
    ".wmv", ".ac3", ".avi",
}  # fmt: skip
"""Endings of the recordings, and of the films with sound, for which ffmpeg is asked."""

_HEADER = struct.Struct(">4sIIIII")  # Sun's .au: a magic word, the header's length, length, encoding, rate, channels
_LINES_KEPT = 20
_SKIPPED = 1 << 16  # frames that are decoded at a time and left aside
_PATIENCE_S = 10.0


def has_ffmpeg() -> bool:
    """Whether ffmpeg is installed."""
    import shutil

    return shutil.which("ffmpeg") is not None


def length_s(path: Path) -> float | None:
    """Length of a file that ffmpeg reads, in seconds, by its header; None where `ffprobe` does not tell it."""
    import subprocess

    command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", f"file:{path}"]
    try:
        answer = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE_S, check=True)
        length = float(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return length if 0 < length < math.inf else None


class DecodedFile:
    """The sound of a file, at its own rate and with its own channels, decoded while it is read.

    It has what `FileSource` needs of a `soundfile.SoundFile`. `frames` is 0: the length is not known before the end.
    Raises SourceError where there is no ffmpeg, or where it finds no sound.
    """

    frames = 0

    def __init__(self, path: Path) -> None:
        import shlex
        import subprocess  # here, as most recordings need none of it

        name = str(path).encode("utf-8", "replace").decode()
        if not has_ffmpeg():
            command = shlex.join(["ffmpeg", "-i", name, str(Path(name).with_suffix(".wav"))])
            raise SourceError(
                f"{name}: ffmpeg is needed to read it; install it, or convert the file elsewhere: {command}"
            )
        # .au, as its header tells rate and channels, and its length need not be known.
        command_line = ["ffmpeg", "-v", "error", "-nostdin", "-i", f"file:{path}", "-f", "au"]
        command_line += ["-c:a", "pcm_f32be", "-"]
        try:
            self._process = subprocess.Popen(
                command_line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for heartseg, which keeps what it has heard
            )  # fmt: skip
        except OSError as error:
            raise SourceError(f"{name}: ffmpeg cannot be started ({error.strerror})") from None
        assert self._process.stdout is not None and self._process.stderr is not None
        self._sound, stderr = self._process.stdout, self._process.stderr
        self._end = weakref.finalize(self, _end, self._process)
        self._lines: deque[bytes] = deque(maxlen=_LINES_KEPT)
        self._reader = threading.Thread(target=_drain, args=(stderr, self._lines), daemon=True)
        self._reader.start()
        header = self._sound.read(_HEADER.size)
        if len(header) < _HEADER.size or header[:4] != b".snd":
            reason = self._reason() or "no sound in it"
            self.close()
            raise SourceError(f"{name}: cannot be read ({reason})")
        _, length, _, _, self.samplerate, self.channels = _HEADER.unpack(header)
        self._sound.read(length - _HEADER.size)

    def read(self, frames: int, dtype: str, always_2d: bool) -> NDArray[np.float32]:
        """The next samples, shape (n, channels) in the given dtype; none at the end. Raises OSError if it is damaged.

        always_2d: as soundfile's; there is no other shape here.
        """
        content = self._sound.read(4 * self.channels * frames)
        if not content and (reason := self._reason()):
            raise OSError(reason)
        whole = len(content) // (4 * self.channels) * self.channels
        return np.frombuffer(content, ">f4", whole).reshape(-1, self.channels).astype(dtype)

    def seek(self, frame: int) -> int:
        """Go from the beginning to a frame, decoding what comes before it. Returns where it is then."""
        place = 0
        while place < frame and (n := len(self.read(min(frame - place, _SKIPPED), "float32", True))):
            place += n
        return place

    def close(self) -> None:
        """End ffmpeg; harmless when it has ended."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _reason(self) -> str:
        """Why ffmpeg ended: the last line of its errors, empty where it had none."""
        status = self._process.wait()
        self._reader.join()
        lines = [line for raw in self._lines if (line := raw.decode("utf-8", "replace").strip())]
        return f"ffmpeg: {lines[-1]}" if lines else f"ffmpeg ended with status {status}" if status else ""


def _drain(stream: IO[bytes], lines: deque[bytes]) -> None:
    """Keep the last lines, so that ffmpeg never waits for a reader of its errors."""
    with suppress(OSError, ValueError):  # closed meanwhile
        lines.extend(stream)


def _end(process: "Popen[bytes]") -> None:
    process.kill()
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
