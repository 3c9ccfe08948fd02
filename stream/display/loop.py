"""The screen of a run: draws the display ten times a second and at each onset, and does what the keys say."""

import contextlib
import io
import os
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.control import Control

from ..engine import Engine
from ..sinks.wav import WavRecording
from .keys import Keys
from .layout import Display
from .state import View
from .strip import Row
from .wake import Wake

_REFRESH_S = 0.1
_SHORTEST_S = 0.01  # between two pictures: a replay at full speed brings onsets faster than a screen shows them
_ZOOM = 2**0.5


def show(engine: Engine, view: View, recording: WavRecording, display: Display, console: Console) -> str | None:
    """Draw until the run has ended; the terminal is then as it was, whatever happens.

    Where drawing fails, the run is ended in good order, and what went wrong is returned in a line.
    """
    acts: dict[str, Callable[[], object]] = {
        "q": engine.ask_to_stop,
        " ": display.pause,
        "m": engine.mark,
        "r": recording.toggle,
        "+": lambda: display.zoom(_ZOOM),
        "=": lambda: display.zoom(_ZOOM),
        "-": lambda: display.zoom(1 / _ZOOM),
        "?": display.toggle_help,
        "h": display.toggle_help,
    }
    said = io.StringIO()
    painter, painted, due = Painter(console), 0.0, 0.0
    try:
        with Wake() as wake, painter, Keys() as keys, contextlib.redirect_stderr(said):
            engine.watch(wake.set)
            while not engine.ended:
                news = wake.wait(due - time.monotonic(), keys.descriptors)
                pressed = keys.read()
                for key in pressed.lower():
                    acts.get(key, lambda: None)()
                if pressed or news:
                    due = min(due, painted + _SHORTEST_S)
                if time.monotonic() >= due:
                    painter.paint(display.rows(*painter.size))
                    painted = time.monotonic()
                    due = painted + _REFRESH_S
            engine.wait(None)
    except Exception as error:
        engine.ask_to_stop()
        while not engine.wait(1.0):
            pass
        return f"the display failed: {type(error).__name__}: {error}"
    finally:
        with contextlib.suppress(OSError):
            sys.stderr.write(said.getvalue())
    return None


class Painter:
    """The alternate screen while it is entered. Puts rows on it, those alone that have changed.

    A terminal that has gone is written to no more.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._size = self.size
        self._shown: list[Row] = []
        self._gone = False

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines, as the terminal itself has them; COLUMNS and LINES do not follow its changes."""
        with contextlib.suppress(OSError, ValueError):
            columns, lines = os.get_terminal_size(self._console.file.fileno())
            if columns and lines:
                return columns, lines
        return self._console.size

    def __enter__(self) -> "Painter":
        """Leave what the terminal shows as it is, and hide its cursor."""
        self._screen(True)
        return self

    def __exit__(self, *_: object) -> None:
        """Show again what was there before."""
        self._screen(False)

    def _screen(self, on: bool) -> None:
        try:
            self._console.set_alt_screen(on)
            self._console.show_cursor(not on)
        except OSError:
            self._gone = True

    def paint(self, rows: list[Row]) -> None:
        """Show the rows."""
        console = self._console
        try:
            with console:  # one write
                if self.size != self._size:
                    self._size, self._shown = self.size, []
                    console.control(Control.clear())
                for y, row in enumerate(rows):
                    if not self._gone and (y >= len(self._shown) or row != self._shown[y]):
                        console.update_screen_lines([row], 0, y)
            self._shown = rows
        except OSError:
            self._gone = True
