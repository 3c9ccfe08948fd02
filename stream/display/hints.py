"""How well the heart is heard, in words that say what to do."""

import numpy as np

from ..rates import STREAM_RATE, Samples
from ..segmenter.decoder import MIN_PRESENCE
from .state import BIN, VOICE_RATE, Snapshot

LISTENING = "listening ..."
SILENCE = "silence: is the microphone on?"
CLIPPING = "clipping: lower the gain"
QUIET = "too quiet: press harder"
TALKING = "talking nearby"
NOTHING = "no heartbeat found"
HEARTBEAT = "heartbeat"

_EVERY = STREAM_RATE // 2
_RECENT = 3 * STREAM_RATE // BIN
CLIPPED = 0.999
"""Of full scale: where a sample counts as clipped."""

_CLIPPED_SHARE = 0.02
_SILENT, _QUIET = 1e-4, 3e-3

_FRAME, _FFT = 400, 1024  # 63 ms
_WINDOW = np.hanning(_FRAME).astype(np.float32)
_FREQUENCY = np.fft.rfftfreq(_FFT, 1 / VOICE_RATE)
_BAND = (_FREQUENCY >= 250) & (_FREQUENCY <= 2500)
_PITCH = slice(VOICE_RATE // 350, VOICE_RATE // 80)  # the lags of 80 to 350 Hz
_NOTHING = 1e-9
_PERIODIC, _HIGH_SHARE, _VOICED_SHARE, _SWING = 0.35, 0.2, 0.25, 0.4


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
    if (recent >= CLIPPED).mean() > _CLIPPED_SHARE:
        return CLIPPING
    if voice(state.recent):  # before all else that the network says: speech may look like a heart to it
        return TALKING
    if presence >= MIN_PRESENCE:
        return HEARTBEAT
    return QUIET if loud < _QUIET else NOTHING


def voice(sound: Samples) -> bool:
    """Whether somebody speaks. sound: shape (n,), at VOICE_RATE.

    A voice has its strength above heart sounds, comes and goes, and for a good part of the time repeats itself at a
    pitch: the autocorrelation of the flattened spectrum has a peak there (after Tolonen and Karjalainen, IEEE Trans.
    Speech Audio Process. 8(6), 2000). Hearts, murmurs, steady noise and hum lack at least one of these.
    """
    frames = np.lib.stride_tricks.sliding_window_view(sound, _FRAME)[:: _FRAME // 2] * _WINDOW
    power = np.abs(np.fft.rfft(frames, _FFT, axis=1)) ** 2
    strength = power[:, _BAND].sum(axis=1) + _NOTHING
    if strength.sum() < _HIGH_SHARE * power[:, 1:].sum():
        return False
    likeness = np.fft.irfft(np.where(_BAND, np.sqrt(power), 0.0), axis=1)
    pitch = likeness[:, _PITCH].max(axis=1) > _PERIODIC * likeness[:, 0]
    heard = strength > 0.01 * np.quantile(strength, 0.95)
    return bool((pitch & heard).mean() > _VOICED_SHARE and np.log10(strength).std() > _SWING)
