"""The state of a run for the display, and what the listener chose: to hold it, to zoom, to see the keys."""

import time
from dataclasses import replace

from ..rates import STREAM_RATE, seconds
from ..sinks.wav import WavRecording
from .hints import Hints
from .player import Player
from .state import DisplayState
from .strip import full_scale

_LARGEST_ZOOM = 8.0
_NOTICE_S = 4.0


class Monitor:
    """Makes the `DisplayState` of a run. It alone reads the player, its runs and the recording.

    The hint, the load and the scale of the strip change slowly, so that they can be read: the monitor keeps them from
    one state to the next.
    """

    def __init__(self, player: Player, recording: WavRecording, title: str, lag_ms: float) -> None:
        self._player, self._recording = player, recording
        self._title, self._lag_ms = title, lag_ms
        self._run = player.run
        self._hints = Hints()
        self._held: DisplayState | None = None
        self._load, self._load_due = 0.0, 0
        self._full_scale: float | None = None
        self._zoom = 1.0
        self._help = False
        self._notice, self._notice_until = "", 0.0

    def hold(self) -> None:
        """Hold the history, or release it."""
        self._held = None if self._held else self._run.history.state()

    def tell(self, notice: str) -> None:
        """Show a notice for some seconds."""
        self._notice, self._notice_until = notice, time.monotonic() + _NOTICE_S

    def toggle_help(self) -> None:
        """Show the keys, or the strip again."""
        self._help = not self._help

    def zoom(self, factor: float) -> None:
        """Make the strip `factor` times taller."""
        self._zoom = min(_LARGEST_ZOOM, max(1 / _LARGEST_ZOOM, self._zoom * factor))

    def state(self, columns: int) -> DisplayState:
        """The state at this moment, for a strip of `columns` columns."""
        player, recording = self._player, self._recording
        if player.run is not self._run:
            self._run, self._hints, self._held, self._load_due = player.run, Hints(), None, 0
        engine = self._run.engine
        notice = self._notice if time.monotonic() < self._notice_until else player.end_note
        state = replace(
            self._held or self._run.history.state(),
            title=self._title,
            source=engine.name,
            length_s=None if player.length is None else seconds(player.length),
            is_heard=self._run.is_heard,
            lag_ms=self._lag_ms,
            source_state=engine.state,
            presence=engine.presence,
            dropped=engine.accounts.dropped,
            recording_s=recording.seconds if recording.recording else None,
            message=notice or recording.message,
            zoom=self._zoom,
            paused=player.paused,
            held=self._held is not None,
            help=self._help,
        )
        if state.position >= self._load_due:
            self._load, self._load_due = engine.load, state.position + STREAM_RATE
        if not self._help:
            self._full_scale = full_scale(state, columns, self._full_scale)
        return replace(state, load=self._load, hint=self._hints.hint(state), full_scale=self._full_scale)
