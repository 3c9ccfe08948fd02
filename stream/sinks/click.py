"""A click at each lub and another at each dub, through the default output device."""

import contextlib
from collections import deque
from typing import Any

import numpy as np

from ..events import Event, Onset
from ..rates import STREAM_RATE, Samples
from ..sources import portaudio as devices
from .base import Accounts, Sink

PITCH = {"S1": 1_600.0, "S2": 2_400.0}
"""Hz of the clicks: above all that the network hears, so that a microphone nearby may hear them without harm."""

_CLICK_S, _LOUD = 0.05, 0.3


def click(kind: str) -> Samples:
    """A short tone, shape (n,), swelling and fading so softly that nothing of it is as low as a heart sound."""
    t = np.arange(round(_CLICK_S * STREAM_RATE)) / STREAM_RATE
    return (_LOUD * np.hanning(len(t)) * np.sin(2 * np.pi * PITCH[kind] * t)).astype(np.float32)


class Beep(Sink):
    """A sink that clicks as soon as a sound is named. An output that fails falls silent, and that is all.

    Raises BeepError where there is no output to begin with.
    """

    def __init__(self) -> None:
        self._clicks = {kind: click(kind) for kind in PITCH}
        self._asked: deque[Samples] = deque(maxlen=2)
        self._playing = np.zeros(0, np.float32)
        try:
            import sounddevice
        except OSError:
            raise BeepError("PortAudio is not installed") from None
        self._audio = sounddevice
        try:
            self._open()
        except (sounddevice.PortAudioError, ValueError) as error:
            raise BeepError(f"no output device can be opened ({error})") from None

    def _open(self) -> None:
        self._stream: Any = None
        self._opened = devices.rescans
        self._stream = self._audio.OutputStream(
            samplerate=STREAM_RATE, channels=1, dtype="float32", latency="low", callback=self._fill
        )
        self._stream.start()

    def _fill(self, out: Samples, frames: int, _time: Any, _status: Any) -> None:
        if self._asked:
            self._playing = self._asked.popleft()
        now, self._playing = self._playing[:frames], self._playing[frames:]
        out[: len(now), 0] = now
        out[len(now) :] = 0

    def on_event(self, event: Event) -> None:
        """Click at an onset."""
        if not isinstance(event, Onset):
            return
        # A lost microphone is back, and our output went with it; while it is looked for, there is no output at all.
        if self._opened != devices.rescans and devices.rescanning.acquire(blocking=False):
            try:
                with contextlib.suppress(self._audio.PortAudioError, ValueError):
                    self._open()
            finally:
                devices.rescanning.release()
        self._asked.append(self._clicks[event.kind])

    def close(self, accounts: Accounts) -> None:
        """Close the output."""
        if not devices.rescanning.acquire(timeout=1.0):  # a sound system that hangs
            return
        try:
            if self._stream is not None and self._opened == devices.rescans:
                with contextlib.suppress(self._audio.PortAudioError):
                    self._stream.abort()
                    self._stream.close()
        finally:
            devices.rescanning.release()


class BeepError(Exception):
    """There is no output to click on; the message says why."""
