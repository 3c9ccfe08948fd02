"""The state of a run for the display, and what the listener chose: to hold it, to zoom, to see the keys."""

from dataclasses import replace

from ..engine import Engine
from ..rates import STREAM_RATE
from ..sinks.wav import WavRecording
from .hints import Hints
from .state import DisplayState, History
from .strip import full_scale

_LARGEST_ZOOM = 8.0


class Monitor:
    """Makes the `DisplayState` of a run. It alone reads the engine, the history and the recording.

    The hint, the load and the scale of the strip change slowly, so that they can be read: the monitor keeps them from
    one state to the next.
    """

    def __init__(self, engine: Engine, history: History, recording: WavRecording, title: str, lag_ms: float) -> None:
        self._engine, self._history, self._recording = engine, history, recording
        self._title, self._lag_ms = title, lag_ms
        self._hints = Hints()
        self._held: DisplayState | None = None
        self._load, self._load_due = 0.0, 0
        self._full_scale: float | None = None
        self._zoom = 1.0
        self._help = False

    def pause(self) -> None:
        """Hold the history, or release it."""
        self._held = None if self._held else self._history.state()

    def toggle_help(self) -> None:
        """Show the keys, or the strip again."""
        self._help = not self._help

    def zoom(self, factor: float) -> None:
        """Make the strip `factor` times taller."""
        self._zoom = min(_LARGEST_ZOOM, max(1 / _LARGEST_ZOOM, self._zoom * factor))

    def state(self, columns: int) -> DisplayState:
        """The state at this moment, for a strip of `columns` columns."""
        engine, recording = self._engine, self._recording
        state = replace(
            self._held or self._history.state(),
            title=self._title,
            source=engine.name,
            lag_ms=self._lag_ms,
            source_state=engine.state,
            presence=engine.presence,
            dropped=engine.accounts.dropped,
            recording_s=recording.seconds if recording.recording else None,
            message=recording.message,
            zoom=self._zoom,
            paused=self._held is not None,
            help=self._help,
        )
        if state.position >= self._load_due:
            self._load, self._load_due = engine.load, state.position + STREAM_RATE
        if not self._help:
            self._full_scale = full_scale(state, columns, self._full_scale)
        return replace(state, load=self._load, hint=self._hints.hint(state), full_scale=self._full_scale)
