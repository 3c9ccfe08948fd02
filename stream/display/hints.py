"""Hints for the listener: how well the heart is heard, and what to do about it."""

import numpy as np

from ..rates import STREAM_RATE, Samples
from ..segmenter.presence import Presence
from ..sources.base import LISTENING
from .state import BIN, BINS_PER_FRAME, VOICE_RATE, DisplayState

TOO_EARLY = "listening ..."
SILENCE = "silence: is the microphone on?"
CLIPPING = "clipping: lower the gain"
QUIET = "too quiet: press harder"
TALKING = "talking nearby"
PRESENCE = {
    Presence.LISTENING: TOO_EARLY,
    Presence.HEART: "heartbeat",
    Presence.UNSURE: "heartbeat, unsure which sound is which",
    Presence.NOTHING: "nothing regular heard",
}

_FIRST, _INTERVAL = 2 * STREAM_RATE, STREAM_RATE // 2
_RECENT = 3 * STREAM_RATE // BIN // BINS_PER_FRAME
CLIPPED = 0.999
"""Magnitude from which a sample counts as clipped; full scale is 1.0."""

_CLIPPED_SHARE = 0.02
_SILENT, _QUIET = 1e-4, 3e-3

_FRAME, _FFT = 400, 1024  # 63 ms
_WINDOW = np.hanning(_FRAME).astype(np.float32)
_FREQUENCY = np.fft.rfftfreq(_FFT, 1 / VOICE_RATE)
_BAND = (_FREQUENCY >= 250) & (_FREQUENCY <= 2500)
_PITCH = slice(VOICE_RATE // 350, VOICE_RATE // 80)  # the lags of 80 to 350 Hz
_FLOOR = 1e-9
_PERIODIC, _HIGH_SHARE, _VOICED_SHARE, _SWING = 0.35, 0.2, 0.25, 0.4


class Hints:
    """The current hint. It changes twice a second at most, so that it can be read."""

    def __init__(self) -> None:
        self._due = _FIRST
        self._hint = TOO_EARLY

    def hint(self, state: DisplayState) -> str:
        """The hint for this state, or the last one while it is too new to change or the source is not listening."""
        if state.position >= self._due and state.source_state == LISTENING:
            self._due = state.position + _INTERVAL
            self._hint = hint(state)
        return self._hint


def hint(state: DisplayState) -> str:
    """The hint that the last three seconds call for."""
    magnitude = state.magnitude
    recent = magnitude[len(magnitude) % BINS_PER_FRAME :].reshape(-1, BINS_PER_FRAME).max(axis=1)[-_RECENT:]
    level = float(np.quantile(recent, 0.98)) if len(recent) else 0.0
    if level < _SILENT:
        return SILENCE
    if (recent >= CLIPPED).mean() > _CLIPPED_SHARE:
        return CLIPPING
    if is_voice(state.recent):
        return TALKING
    if level < _QUIET and state.presence in (Presence.LISTENING, Presence.NOTHING):
        return QUIET
    return PRESENCE[state.presence]


def is_voice(sound: Samples) -> bool:
    """Whether somebody speaks. sound: shape (n,), at VOICE_RATE.

    A voice is strong above the band of heart sounds, its strength varies, and much of it has a pitch. A pitch is a peak
    in the autocorrelation of the flattened spectrum (after Tolonen and Karjalainen, IEEE Trans. Speech Audio Process.
    8(6), 2000). Hearts, murmurs, steady noise and hum lack at least one of these.
    """
    frames = np.lib.stride_tricks.sliding_window_view(sound, _FRAME)[:: _FRAME // 2] * _WINDOW
    power = np.abs(np.fft.rfft(frames, _FFT, axis=1)) ** 2
    strength = power[:, _BAND].sum(axis=1) + _FLOOR
    if strength.sum() < _HIGH_SHARE * power[:, 1:].sum():
        return False
    autocorrelation = np.fft.irfft(np.where(_BAND, np.sqrt(power), 0.0), axis=1)
    has_pitch = autocorrelation[:, _PITCH].max(axis=1) > _PERIODIC * autocorrelation[:, 0]
    is_loud = strength > 0.01 * np.quantile(strength, 0.95)
    return bool((has_pitch & is_loud).mean() > _VOICED_SHARE and np.log10(strength).std() > _SWING)
