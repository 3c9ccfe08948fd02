"""Sound without a name or a header: a recording on standard input, and what a maker's board sends as it arrives."""

import atexit
import contextlib
import os
import select
import shutil
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..rates import Samples
from .base import LISTENING, NoSuchSource, SourceError
from .file import FileSource
from .intake import Intake
from .resample import HIGHEST_RATE, LOWEST_RATE, Converter, held_back, mean_channel
from .ring import RingBuffer

STDIN = "standard input"
SILENT = "nothing comes: waiting for it"

_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)  # Windows would translate line ends
_LARGEST_READ = 1 << 16  # bytes
_TICK_S = 0.1
_SILENT_AFTER_S = 2.0
_MOST_CHANNELS = 64


def _three_bytes(content: bytes) -> NDArray[np.int32]:
    padded = np.zeros((len(content) // 3, 4), np.uint8)
    padded[:, 1:] = np.frombuffer(content, np.uint8).reshape(-1, 3)
    return padded.view("<i4")[:, 0]


@dataclass(frozen=True)
class _Format:
    """size: bytes of a sample. zero, full: the value of silence, and how far full scale is from it."""

    size: int
    full: float
    read: Callable[[bytes], NDArray[np.generic]]
    zero: float = 0.0


_FORMATS = {
    "s16": _Format(2, 1 << 15, lambda content: np.frombuffer(content, "<i2")),
    "s24": _Format(3, 1 << 31, _three_bytes),
    "s32": _Format(4, 1 << 31, lambda content: np.frombuffer(content, "<i4")),
    "f32": _Format(4, 1, lambda content: np.frombuffer(content, "<f4")),
    "u8": _Format(1, 1 << 7, lambda content: np.frombuffer(content, np.uint8), zero=128),
}


@dataclass(frozen=True)
class RawForm:
    """Rate in Hz, name of the format, and number of channels."""

    rate: int
    format: str = "s16"
    channels: int = 1

    @classmethod
    def of(cls, text: str) -> "RawForm":
        """The form that RATE[:FORMAT[:CHANNELS]] names. Raises ValueError, which says what is wrong."""
        rate, *more = text.split(":")
        name = more[0] if more else "s16"
        channels = more[1] if len(more) > 1 else "1"
        if len(more) > 2 or not rate.isdecimal() or not channels.isdecimal():
            raise ValueError("expected RATE[:FORMAT[:CHANNELS]], such as 4000 or 4000:s16:2")
        if not LOWEST_RATE <= int(rate) <= HIGHEST_RATE:
            raise ValueError(f"{rate} Hz; rates from {LOWEST_RATE} to {HIGHEST_RATE} Hz can be used")
        if name not in _FORMATS:
            raise ValueError(f"{name!r} is no format; there are {', '.join(_FORMATS)} (little endian)")
        if not 1 <= int(channels) <= _MOST_CHANNELS:
            raise ValueError(f"{channels} channels; 1 to {_MOST_CHANNELS} can be used")
        return cls(int(rate), name, int(channels))

    @property
    def size(self) -> int:
        """Bytes of one sample of every channel."""
        return _FORMATS[self.format].size * self.channels

    def decode(self, content: bytes) -> Samples:
        """The samples of so many whole frames of bytes, float32, shape (n, channels); full scale is 1."""
        form = _FORMATS[self.format]
        values = (form.read(content).astype(np.float64) - form.zero) / form.full
        return values.astype(np.float32).reshape(-1, self.channels)


class RawFile:
    """Headerless sound of a file, a pipe or a serial line. path "-" is standard input.

    channel: from 1, None takes the mean. warnings: grows while it is read. Raises SourceError where it cannot be read.
    """

    def __init__(self, path: str, form: RawForm, channel: int | None = None) -> None:
        self.name = STDIN if path == "-" else path.encode("utf-8", "replace").decode()
        if channel is not None and not 1 <= channel <= form.channels:
            raise NoSuchSource(f"{self.name}: no channel {channel}; it has {form.channels} (the first is 1)")
        self.form, self.warnings = form, list[str]()
        self._channel = channel
        try:
            self.descriptor = standard_input() if path == "-" else os.open(path, _READ)
        except OSError as error:
            raise NoSuchSource(f"{self.name}: cannot be read ({error.strerror})") from None
        status = os.fstat(self.descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise NoSuchSource(f"{self.name}: is a directory; name a recording in it")
        self.is_file = stat.S_ISREG(status.st_mode)
        self._rest = b""

    def read(self) -> Samples | None:
        """What is there, shape (n, 1), n may be 0; None at the end. Raises OSError."""
        content = os.read(self.descriptor, _LARGEST_READ)
        if not content:
            if self._rest:
                self.warnings.append(f"{self.name}: ends within a sample; {len(self._rest)} bytes were left out")
            return None
        content = self._rest + content
        whole = len(content) // self.form.size * self.form.size
        self._rest = content[whole:]
        samples = self.form.decode(content[:whole])
        return mean_channel(samples)[:, None] if self._channel is None else samples[:, [self._channel - 1]]

    def blocks(self) -> Iterator[Samples]:
        """The stream: float32 blocks at 44,100 Hz, of varying length."""
        converter = Converter(self.form.rate)
        while (samples := self.read()) is not None:
            yield converter.push(samples[:, 0])
        yield converter.flush()


class Pipe:
    """A source of headerless sound that comes at its own pace. Nothing is dropped: what is not taken waits there.

    Raises NoSuchSource on Windows, where a thread cannot wait for a pipe and for the end at once.
    """

    failure: str | None = None

    def __init__(self, raw: RawFile) -> None:
        if os.name == "nt":
            raise NoSuchSource(f"{raw.name}: on Windows a pipe cannot be heard as it comes; name a file")
        self.name, self.warnings = raw.name, raw.warnings
        self.state = LISTENING
        self.latency = {"conversion": held_back(raw.form.rate, max(1, raw.form.rate // 100))}
        self._raw = raw
        self._ring = RingBuffer(raw.form.rate)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartseg-pipe", daemon=True)

    def start(self, intake: Intake) -> None:
        """Begin to read, from a thread of its own."""
        intake.add(self._ring)
        self._intake = intake
        self._thread.start()

    def stop(self) -> None:
        """Read no more. It does not wait for a pipe that brings nothing."""
        self._stopped.set()
        self._ring.room_made.set()
        if self._thread.is_alive():
            self._thread.join()

    def when(self, position: int) -> float | None:
        """None: a pipe does not tell when its samples were captured."""
        return None

    def _run(self) -> None:
        silent_s = 0.0
        try:
            while not self._stopped.is_set():
                if not select.select([self._raw.descriptor], [], [], _TICK_S)[0]:
                    silent_s += _TICK_S
                    self.state = SILENT if silent_s >= _SILENT_AFTER_S else self.state
                    continue
                silent_s, self.state = 0.0, LISTENING
                samples = self._raw.read()
                if samples is None:
                    return
                self._ring.put(samples, self._stopped)
        except OSError as error:  # a serial line that was unplugged
            self.failure = f"{self.name}: cannot be read ({error.strerror})"
        finally:
            self._intake.close()


def recording_on_stdin(channel: int | None = None) -> FileSource:
    """The recording that standard input brings, once it has ended. It is kept in a folder that goes with the process.

    Raises SourceError.
    """
    descriptor = standard_input()
    folder = tempfile.TemporaryDirectory(prefix="heartseg-", ignore_cleanup_errors=True)
    atexit.register(folder.cleanup)
    kept = os.path.join(folder.name, "recording")
    try:
        with open(descriptor, "rb", closefd=False) as recording, open(kept, "wb") as file:
            shutil.copyfileobj(recording, file)
    except OSError as error:
        raise SourceError(f"{STDIN}: cannot be kept in {kept} ({error.strerror})") from None
    return FileSource(kept, channel, name=STDIN)


def standard_input() -> int:
    """Its descriptor. Raises NoSuchSource where it brings no sound."""
    descriptor = -1
    with contextlib.suppress(AttributeError, ValueError, OSError):  # closed
        descriptor = sys.stdin.fileno()
    if descriptor < 0 or os.isatty(descriptor):
        raise NoSuchSource(f"{STDIN}: brings no sound; pipe a recording into heartseg-live, or name a file")
    return descriptor
