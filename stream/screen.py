"""The screen of a run: draws the display ten times a second and at each onset, and does what the keys say."""

import contextlib
import io
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.control import Control

from .display import Display
from .engine import Engine
from .keys import Keys
from .recording import WavRecording
from .view import View
from .waveform import Row

_REFRESH_S = 0.1
_LOOK_S = 0.02  # how often keys and onsets are looked for
_ZOOM = 2**0.5


def show(engine: Engine, view: View, recording: WavRecording, display: Display, console: Console) -> None:
    """Draw until the run has ended; the terminal is then as it was, whatever happens.

    A terminal that has gone is drawn on no more; the run goes on until it is told to stop.
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
    try:
        with contextlib.suppress(OSError), console.screen(), Keys() as keys, contextlib.redirect_stderr(said):
            painter, news, due = Painter(console), -1, 0.0
            while not engine.wait(_LOOK_S):
                pressed = keys.read()
                for key in pressed.lower():
                    acts.get(key, lambda: None)()
                now = time.monotonic()
                if pressed or view.news != news or now >= due:
                    news, due = view.news, now + _REFRESH_S
                    painter.paint(display.rows(*console.size))
        while not engine.wait(1.0):
            pass
    finally:
        sys.stderr.write(said.getvalue())


class Painter:
    """Puts rows on the alternate screen, those alone that have changed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._size = console.size
        self._shown: list[Row] = []

    def paint(self, rows: list[Row]) -> None:
        """Show the rows. Raises OSError where the terminal has gone."""
        console = self._console
        with console:  # one write
            if console.size != self._size:
                self._size, self._shown = console.size, []
                console.control(Control.clear())
            for y, row in enumerate(rows):
                if y >= len(self._shown) or row != self._shown[y]:
                    console.update_screen_lines([row], 0, y)
        self._shown = rows
