"""The default output device, for sinks that can be heard."""

import contextlib
from collections.abc import Callable
from typing import Any

from ..sources.base import SourceError
from ..sources.portaudio import PortAudio, portaudio


class OutputError(Exception):
    """There is no output to play on; the message says why."""


class Output:
    """The output device, which calls `fill` on PortAudio's thread whenever it needs samples.

    fill: as the callback of `sounddevice.OutputStream`; `out` has one channel at 44,100 Hz. latency: "low", or "high"
    for sound without holes. An output that fails later falls silent, and that is all. Raises OutputError where there is
    none to begin with.
    """

    def __init__(self, fill: Callable[..., None], latency: str, audio: PortAudio | None = None) -> None:
        self._fill, self._latency = fill, latency
        try:
            self._audio = portaudio() if audio is None else audio
        except SourceError:
            raise OutputError("PortAudio is not installed") from None
        try:
            self._open()
        except (self._audio.Error, ValueError) as error:
            raise OutputError(f"no output device can be opened ({error})") from None

    def _open(self) -> None:
        self._stream: Any = None
        self._generation = self._audio.generation
        self._stream = self._audio.open_output(self._fill, self._latency)
        self._stream.start()

    def keep_open(self) -> None:
        """Open it again if PortAudio was restarted for a lost microphone, which ends every stream."""
        audio = self._audio
        if self._generation != audio.generation and audio.restarting.acquire(blocking=False):
            try:
                with contextlib.suppress(audio.Error, ValueError):
                    self._open()
            finally:
                audio.restarting.release()

    def close(self) -> None:
        """Fall silent at once."""
        audio = self._audio
        if not audio.restarting.acquire(timeout=1.0):  # a sound system that hangs
            return
        try:
            if self._stream is not None and self._generation == audio.generation:
                with contextlib.suppress(audio.Error):
                    self._stream.abort()
                    self._stream.close()
        finally:
            audio.restarting.release()
