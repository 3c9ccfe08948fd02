"""Keys pressed in the terminal, one at a time and without echo."""

import contextlib
import os
import re
import select
import sys
from types import TracebackType

try:
    import termios
except ImportError:  # Windows
    _HAVE_TERMINALS = False
else:
    _HAVE_TERMINALS = True

_SEQUENCE = re.compile(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|O.|.)?", re.S)  # what arrows and the like send


class Keys:
    """While it is entered, the terminal hands over each key at once; it is then restored, whatever happens.

    Where standard input is no terminal, or that of another job, no key is ever pressed. Ctrl-C stays a signal; Ctrl-Z
    does nothing, since a stopped process hears nothing.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = _standard_input() if descriptor is None else descriptor
        self._before: list[int | list[bytes | int]] | None = None

    def __enter__(self) -> "Keys":
        """Take over the terminal."""
        fd = self._descriptor
        if _HAVE_TERMINALS and os.isatty(fd):
            with contextlib.suppress(OSError, termios.error):
                if os.tcgetpgrp(fd) != os.getpgrp():
                    return self
                before = termios.tcgetattr(fd)
                now = termios.tcgetattr(fd)
                now[3] &= ~(termios.ECHO | termios.ICANON)
                now[6][termios.VMIN], now[6][termios.VTIME] = 1, 0
                now[6][termios.VSUSP] = bytes([os.fpathconf(fd, "PC_VDISABLE")])
                self._before = before
                termios.tcsetattr(fd, termios.TCSANOW, now)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Restore the terminal; keys that nobody read are forgotten."""
        if self._before is not None:
            with contextlib.suppress(termios.error):  # the terminal is gone
                termios.tcsetattr(self._descriptor, termios.TCSAFLUSH, self._before)
            self._before = None

    @property
    def descriptors(self) -> list[int]:
        """What becomes readable when a key is pressed: the terminal, or nothing."""
        return [] if self._before is None else [self._descriptor]

    def read(self) -> str:
        """The keys pressed since the last time, without arrows and the like; never waits."""
        if self._before is None or not select.select([self._descriptor], [], [], 0)[0]:
            return ""
        try:
            pressed = os.read(self._descriptor, 1024)
        except OSError:
            pressed = b""
        if not pressed:  # the terminal is gone
            self._before = None
        return _SEQUENCE.sub("", pressed.decode("ascii", "ignore"))


def _standard_input() -> int:
    try:
        return sys.stdin.fileno()
    except (AttributeError, ValueError):  # closed
        return -1
