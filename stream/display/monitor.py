"""The state of a run for the display, and what the listener chose: to hold it, to zoom, to see the help."""

import time
from dataclasses import replace

from ..rates import STREAM_RATE, seconds
from ..sinks.wav import WavRecording
from .help import PAGES
from .hints import Hints
from .player import Player
from .state import HISTORY_S, DisplayState
from .strip import SPANS_S, full_scale

_LARGEST_ZOOM = 8.0
_NOTICE_S = 4.0


class Monitor:
    """Makes the `DisplayState` of a run. It alone reads the player, its runs and the recording.

    The hint, the load and the scale of the strip change slowly, so that they can be read: the monitor keeps them from
    one state to the next.
    """

    def __init__(
        self, player: Player, recording: WavRecording, title: str, lag_ms: float, systole: bool = False
    ) -> None:
        self._player, self._recording = player, recording
        self._title, self._lag_ms, self._has_systole = title, lag_ms, systole
        self._run = player.run
        self._hints = Hints()
        self._held: DisplayState | None = None
        self._load, self._load_due = 0.0, 0
        self._full_scale: float | None = None
        self._zoom, self._span_s, self._offset = 1.0, DisplayState.span_s, 0
        self._help = 0
        self._notice, self._notice_until = "", 0.0

    @property
    def is_held(self) -> bool:
        """Whether the picture is held."""
        return self._held is not None

    def tell(self, notice: str) -> None:
        """Show a notice for some seconds."""
        self._notice, self._notice_until = notice, time.monotonic() + _NOTICE_S

    def hold(self) -> None:
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
        player, recording = self._player, self._recording
        if player.run is not self._run:
            self._run, self._hints, self._held, self._load_due = player.run, Hints(), None, 0
        engine = self._run.engine
        notice = self._notice if time.monotonic() < self._notice_until else player.end_note
        state = replace(
            self._held or self._now(),
            title=self._title,
            source=engine.name,
            length_s=None if player.length is None else seconds(player.length),
            is_heard=self._run.is_heard,
            lag_ms=self._lag_ms,
            has_systole=self._has_systole,
            source_state=engine.state,
            dropped=engine.accounts.dropped,
            recording_s=recording.seconds if recording.recording else None,
            message=notice or recording.message,
            zoom=self._zoom,
            span_s=self._span_s,
            paused=player.paused,
            held=self._held is not None,
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
        return replace(self._run.history.state(), presence=self._run.engine.presence)
