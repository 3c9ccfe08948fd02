"""The loop of the display: it paints the screen ten times a second and at each onset, and acts on keys."""

import contextlib
import io
import os
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.control import Control

from ..sinks.wav import WavRecording
from .keys import Keys
from .layout import rows
from .monitor import Monitor
from .player import SEEK_S, Player
from .strip import Row
from .theme import Theme
from .wake import Wake

_REFRESH_S = 0.1
_SHORTEST_S = 0.01  # between two pictures: a replay at full speed brings onsets faster than a screen shows them
_ZOOM = 2**0.5


def show(player: Player, recording: WavRecording, monitor: Monitor, console: Console) -> str | None:
    """Draw until the run has ended, and restore the terminal. The end of a replay is shown until a key is pressed.

    If drawing fails, the run is ended in good order. Returns the reason in one line, None if all went well.
    """
    actions = _actions(player, recording, monitor)
    theme = Theme.of(console)
    messages = io.StringIO()  # they would tear the screen
    painter, painted, due = Painter(console), 0.0, 0.0
    try:
        with Wake() as wake, painter, Keys() as keys, contextlib.redirect_stderr(messages):
            player.watch(wake.set)
            while player.goes_on(stays=bool(keys.descriptors)):
                has_news = wake.wait(due - time.monotonic(), keys.descriptors)
                pressed = keys.read()
                _seek(pressed.count("right") - pressed.count("left"), player, recording, monitor)
                for key in pressed:
                    actions.get(key, lambda: None)()
                if pressed or has_news:
                    due = min(due, painted + _SHORTEST_S)
                if time.monotonic() >= due:
                    columns, lines = painter.size
                    painter.paint(rows(monitor.state(), columns, lines, theme))
                    painted = time.monotonic()
                    due = painted + _REFRESH_S
            player.run.engine.wait(None)
    except Exception as error:
        player.ask_to_stop()
        while not player.run.engine.wait(1.0):
            pass
        return f"the display failed: {type(error).__name__}: {error}"
    finally:
        with contextlib.suppress(OSError):
            sys.stderr.write(messages.getvalue())
    return None


def _actions(player: Player, recording: WavRecording, monitor: Monitor) -> dict[str, Callable[[], object]]:
    """What each key does."""

    def record() -> None:
        if not player.run.engine.ended:
            recording.toggle()

    return {
        "q": player.ask_to_stop,
        " ": player.pause if player.can_pause else monitor.hold,
        "m": lambda: player.run.engine.mark(),
        "r": record,
        "+": lambda: monitor.zoom(_ZOOM),
        "=": lambda: monitor.zoom(_ZOOM),
        "-": lambda: monitor.zoom(1 / _ZOOM),
        "<": lambda: monitor.widen(-1),
        ">": lambda: monitor.widen(1),
        "?": monitor.next_help,
        "h": monitor.next_help,
    }


def _seek(steps: int, player: Player, recording: WavRecording, monitor: Monitor) -> None:
    """Go so many steps on, or scroll the held picture of a device. Arrows that were pressed together are one jump."""
    if not player.can_pause:
        monitor.scroll(steps)
    elif steps:
        refusal = "seeking is off while a recording is made" if recording.recording else player.seek(steps * SEEK_S)
        if refusal:
            monitor.tell(refusal)


class Painter:
    """A context that shows the alternate screen. `paint` writes only rows that have changed.

    rich's Live is not used: it costs 4 ms a refresh at 100 columns and 30 rows. A terminal that has been closed is
    not written to again.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._size = self.size
        self._shown: list[Row] = []
        self._is_closed = False

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines of the terminal itself. COLUMNS and LINES do not follow its changes."""
        with contextlib.suppress(OSError, ValueError):
            columns, lines = os.get_terminal_size(self._console.file.fileno())
            if columns and lines:
                return columns, lines
        return self._console.size

    def __enter__(self) -> "Painter":
        """Change to the alternate screen, and hide the cursor."""
        self._alternate(True)
        return self

    def __exit__(self, *_: object) -> None:
        """Change back, and show the cursor."""
        self._alternate(False)

    def _alternate(self, on: bool) -> None:
        try:
            self._console.set_alt_screen(on)
            self._console.show_cursor(not on)
        except OSError:
            self._is_closed = True

    def paint(self, rows: list[Row]) -> None:
        """Show the rows."""
        console = self._console
        try:
            with console:  # one write
                if self.size != self._size:
                    self._size, self._shown = self.size, []
                    console.control(Control.clear())
                for y, row in enumerate(rows):
                    if not self._is_closed and (y >= len(self._shown) or row != self._shown[y]):
                        console.update_screen_lines([row], 0, y)
            self._shown = rows
        except OSError:
            self._is_closed = True
