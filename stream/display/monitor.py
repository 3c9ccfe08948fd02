"""The state of a run for the display, and what the listener chose: to hold it, to zoom, to see the help."""

from dataclasses import replace

from ..engine import Engine
from ..rates import STREAM_RATE
from ..sinks.wav import WavRecording
from .help import PAGES
from .hints import Hints
from .state import HISTORY_S, DisplayState, History
from .strip import SPANS_S, full_scale

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
        self._zoom, self._span_s, self._offset = 1.0, DisplayState.span_s, 0
        self._help = 0

    def pause(self) -> None:
        """Hold the picture, or release it."""
        self._held, self._offset = None if self._held else self._now(), 0

    def scroll(self, steps: int) -> None:
        """Move a held picture by quarters of its width, back if there are less than none."""
        if self._held:
            position = self._held.position
            earliest = max(0, position - HISTORY_S * STREAM_RATE) + self._span_s * STREAM_RATE
            offset = self._offset - steps * self._span_s * STREAM_RATE // 4
            self._offset = max(0, min(offset, position - earliest))

    def next_help(self) -> None:
        """Show the next page of the help, and after the last the strip again."""
        self._help = (self._help + 1) % (len(PAGES) + 1)

    def zoom(self, factor: float) -> None:
        """Make the strip `factor` times taller."""
        self._zoom = min(_LARGEST_ZOOM, max(1 / _LARGEST_ZOOM, self._zoom * factor))

    def widen(self, steps: int) -> None:
        """Show more seconds, or less if there are less than none."""
        index = SPANS_S.index(self._span_s) + steps
        self._span_s = SPANS_S[max(0, min(index, len(SPANS_S) - 1))]

    def state(self) -> DisplayState:
        """The state at this moment."""
        engine, recording = self._engine, self._recording
        state = replace(
            self._held or self._now(),
            title=self._title,
            source=engine.name,
            lag_ms=self._lag_ms,
            source_state=engine.state,
            dropped=engine.accounts.dropped,
            recording_s=recording.seconds if recording.recording else None,
            message=recording.message,
            zoom=self._zoom,
            span_s=self._span_s,
            paused=self._held is not None,
            offset=self._offset,
            help=self._help,
        )
        if state.position >= self._load_due:
            self._load, self._load_due = engine.load, state.position + STREAM_RATE
        if not self._help:
            self._full_scale = full_scale(state, self._full_scale)
        return replace(state, load=self._load, hint=self._hints.hint(state), full_scale=self._full_scale)

    def _now(self) -> DisplayState:
        """What is held if the picture is: the history, and whether it has a heart at its end."""
        return replace(self._history.state(), presence=self._engine.presence)
