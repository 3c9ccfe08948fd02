"""A click at each lub and another at each dub, through the default output device."""

import contextlib
from collections import deque
from typing import Any

import numpy as np

from ..events import Event, Onset
from ..rates import STREAM_RATE, Samples
from ..sources.base import SourceError
from ..sources.portaudio import PortAudio, portaudio
from .base import Accounts, Sink

PITCH = {"S1": 1_600.0, "S2": 2_400.0}
"""Hz of the clicks: above all that the network hears, so that a microphone nearby may hear them without harm."""

_CLICK_S, _LOUD = 0.05, 0.3


def click(kind: str) -> Samples:
    """A short tone, shape (n,), swelling and fading so softly that nothing of it is as low as a heart sound."""
    t = np.arange(round(_CLICK_S * STREAM_RATE)) / STREAM_RATE
    return (_LOUD * np.hanning(len(t)) * np.sin(2 * np.pi * PITCH[kind] * t)).astype(np.float32)


class Beep(Sink):
    """A sink that clicks at each onset. An output that fails falls silent, and that is all.

    Raises BeepError where there is no output to begin with.
    """

    def __init__(self, audio: PortAudio | None = None) -> None:
        self._clicks = {kind: click(kind) for kind in PITCH}
        self._asked: deque[Samples] = deque(maxlen=2)
        self._playing = np.zeros(0, np.float32)
        try:
            self._audio = portaudio() if audio is None else audio
        except SourceError:
            raise BeepError("PortAudio is not installed") from None
        try:
            self._open()
        except (self._audio.Error, ValueError) as error:
            raise BeepError(f"no output device can be opened ({error})") from None

    def _open(self) -> None:
        self._stream: Any = None
        self._generation = self._audio.generation
        self._stream = self._audio.open_output(self._fill)
        self._stream.start()

    def _fill(self, out: Samples, frames: int, _time: Any, _status: Any) -> None:
        if self._asked:
            self._playing = self._asked.popleft()
        samples, self._playing = self._playing[:frames], self._playing[frames:]
        out[: len(samples), 0] = samples
        out[len(samples) :] = 0

    def on_event(self, event: Event) -> None:
        """Click at an onset."""
        if not isinstance(event, Onset):
            return
        # PortAudio was restarted for a lost microphone, and our stream went with it. During a restart: no output.
        audio = self._audio
        if self._generation != audio.generation and audio.restarting.acquire(blocking=False):
            try:
                with contextlib.suppress(audio.Error, ValueError):
                    self._open()
            finally:
                audio.restarting.release()
        self._asked.append(self._clicks[event.kind])

    def close(self, accounts: Accounts) -> None:
        """Close the output."""
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


class BeepError(Exception):
    """There is no output to click on; the message says why."""
