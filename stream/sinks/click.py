"""A click at each lub and another at each dub, through the default output device."""

from collections import deque
from typing import Any

import numpy as np

from ..events import Event, Onset
from ..rates import STREAM_RATE, Samples
from ..sources.portaudio import PortAudio
from .base import Accounts, Sink
from .output import Output

PITCH = {"S1": 1_600.0, "S2": 2_400.0}
"""Hz of the clicks: above all that the network hears, so that a microphone nearby may hear them without harm."""

_CLICK_S, _LOUD = 0.05, 0.3


def click(kind: str) -> Samples:
    """A short tone, shape (n,), swelling and fading so softly that nothing of it is as low as a heart sound."""
    t = np.arange(round(_CLICK_S * STREAM_RATE)) / STREAM_RATE
    return (_LOUD * np.hanning(len(t)) * np.sin(2 * np.pi * PITCH[kind] * t)).astype(np.float32)


class Beep(Sink):
    """A sink that clicks at each onset. An output that fails falls silent, and that is all.

    Raises OutputError where there is no output to begin with.
    """

    def __init__(self, audio: PortAudio | None = None) -> None:
        self._clicks = {kind: click(kind) for kind in PITCH}
        self._asked: deque[Samples] = deque(maxlen=2)
        self._playing = np.zeros(0, np.float32)
        self._output = Output(self._fill, "low", audio)

    def _fill(self, out: Samples, frames: int, _time: Any, _status: Any) -> None:
        if self._asked:
            self._playing = self._asked.popleft()
        samples, self._playing = self._playing[:frames], self._playing[frames:]
        out[: len(samples), 0] = samples
        out[len(samples) :] = 0

    def on_event(self, event: Event) -> None:
        """Click at an onset."""
        if isinstance(event, Onset):
            self._output.keep_open()
            self._asked.append(self._clicks[event.kind])

    def close(self, accounts: Accounts) -> None:
        """Close the output."""
        self._output.close()
