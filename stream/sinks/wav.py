"""A recording of the stream, which can be started and stopped during the run."""

import os
import threading
import time
from collections.abc import Sequence

from ..events import Event, Marker, Recording
from ..rates import STREAM_RATE, Samples
from .base import Accounts, Sink, SinkError
from .newfile import create
from .riff import WavFile


class WavRecording(Sink):
    """A sink that writes the stream as mono 32-bit float WAV at 44,100 Hz.

    Missing samples are written as silence, so that times in the file are those of the events, less the file's start in
    the stream. That is in the `Recording` events and in the file. Marks become cue points. Each start opens a new file.
    The first is `path`, if given. The others are named after the time, in the current folder. A write error stops the
    recording but not the run; the reason is in `message` (latest) and `failure` (kept). All methods may be called from
    any thread.

    Parameters
    ----------
    path
        The first file, which is begun at once. None: nothing is recorded before `toggle`.
    force
        Whether a file of this name is overwritten.

    Raises
    ------
    SinkError
        Where the file is there without `force`, or cannot be written.

    Examples
    --------
    >>> sink = WavRecording("doctest.wav", force=True)
    >>> sink.on_missing(44_100)  # a second of silence
    >>> sink.close(Accounts(44_100, 0, 44_100, 0))
    >>> sink.written()
    ['doctest.wav: 1.0 s recorded']
    """

    def __init__(self, path: str | None = None, force: bool = False) -> None:
        self._lock = threading.Lock()
        self._file: WavFile | None = None
        self._position = self._began = 0  # stream samples
        self._origin = 0  # of the stream, in the recording that is replayed
        self._marks: list[int] = []  # in samples of the file
        self._events: list[Event] = []  # not told yet
        self._finished: list[str] = []
        self.path: str | None = None
        self.message: str | None = None
        self.failure: str | None = None
        self._seconds = 0.0
        if path is not None:
            try:
                self._start(path, force)
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

    def begin_at(self, position: int) -> None:
        """The next run begins at this position, a sample of the recording that is replayed. The last ended its file."""
        with self._lock:
            if self.path and not self._file and self.message is None:
                self.message = f"{self.path}: recorded {self._seconds:.1f} s; it ended where the replay began again"
            self._origin, self._position = position, 0

    def toggle(self) -> None:
        """Stop the recording, or start a new one."""
        with self._lock:
            try:
                if self._file:
                    self._stop()
                    self.message = f"{self.path}: recorded {self._seconds:.1f} s"
                else:
                    self._start(_named_after_the_time())
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
            self._position += len(block)

    def on_missing(self, length: int) -> None:
        """Write silence, so that positions stay right."""
        with self._lock:
            if self._file:
                try:
                    self._file.skip(length)
                except OSError as error:
                    self._fail(error)
            self._position += length

    def on_event(self, event: Event) -> None:
        """Keep a mark."""
        with self._lock:
            if isinstance(event, Marker) and self._file and event.at >= self._began:
                self._marks.append(event.at - self._began)

    def own_events(self, ended: bool) -> Sequence[Event]:
        """Where recordings began and ended."""
        with self._lock:
            if ended:
                self._end()
            events, self._events = self._events, []
            return events

    def close(self, accounts: Accounts) -> None:
        """Complete the header and close the file."""
        with self._lock:
            self._end()

    def discard(self) -> None:
        """Remove the file that was begun: the run does not begin."""
        with self._lock:
            if self._file and self.path is not None and os.path.isfile(self.path):
                self._file.abandon()
                os.remove(self.path)

    def written(self) -> list[str]:
        """The files, and how long they are."""
        return list(self._finished)

    def _start(self, path: str, force: bool = False) -> None:
        self.path = path
        self._began, self._marks = self._position, []
        self._file = WavFile(create(path, "b", force), self._origin + self._began)
        self._tell(self._began, ended=False)

    def _stop(self) -> None:
        file = self._taken()
        if file:
            file.close(self._marks)

    def _end(self) -> None:
        try:
            self._stop()
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        file = self._taken()
        if file:
            file.abandon()
        self.message = f"{self.path}: cannot be written ({error.strerror or error}); the recording has ended"
        self.failure = self.message

    def _taken(self) -> WavFile | None:
        """The file of the present recording, which ends here."""
        file, self._file = self._file, None
        if file:
            self._seconds = file.length / STREAM_RATE
            self._tell(self._began + file.length, ended=True)
            self._finished.append(f"{self.path}: {self._seconds:.1f} s recorded")
        return file

    def _tell(self, end: int, ended: bool) -> None:
        name = str(self.path).encode("utf-8", "replace").decode()
        self._events.append(Recording(name, self._began, end, ended))


def _named_after_the_time() -> str:
    stem = time.strftime("heartseg-%Y%m%d-%H%M%S")
    number = 1
    while os.path.exists(path := f"{stem}.wav" if number == 1 else f"{stem}-{number}.wav"):
        number += 1
    return path
