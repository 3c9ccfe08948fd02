"""Keys pressed in the terminal, one at a time and without echo."""

import contextlib
import os
import re
import select
import sys
from types import TracebackType

if sys.platform != "win32":
    import termios

_KEY = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O.|.)?|.", re.S)  # one key; special ones send a sequence
_NAMES = {"\x1b[C": "right", "\x1bOC": "right", "\x1b[D": "left", "\x1bOD": "left"}


class Keys:
    """A context in which the terminal delivers each key at once. The terminal is restored at its end.

    The terminal is standard input, or that of the process where standard input brings sound. No key is ever pressed if
    there is none, if it is that of another job, or on Windows. Ctrl-C stays a signal. Ctrl-Z does nothing, since a
    stopped process cannot capture.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = _terminal() if descriptor is None else descriptor
        self._saved: list[int | list[bytes | int]] | None = None

    def __enter__(self) -> "Keys":
        """Take over the terminal."""
        fd = self._descriptor
        if sys.platform != "win32" and os.isatty(fd):
            with contextlib.suppress(OSError, termios.error):
                if os.tcgetpgrp(fd) != os.getpgrp():
                    return self
                saved = termios.tcgetattr(fd)
                raw = termios.tcgetattr(fd)
                raw[3] &= ~(termios.ECHO | termios.ICANON)
                raw[6][termios.VMIN], raw[6][termios.VTIME] = 1, 0
                raw[6][termios.VSUSP] = bytes([os.fpathconf(fd, "PC_VDISABLE")])
                self._saved = saved
                termios.tcsetattr(fd, termios.TCSANOW, raw)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Restore the terminal. Keys that were not read are discarded."""
        if sys.platform != "win32" and self._saved is not None:
            with contextlib.suppress(termios.error):  # the terminal is gone
                termios.tcsetattr(self._descriptor, termios.TCSAFLUSH, self._saved)
            self._saved = None

    @property
    def descriptors(self) -> list[int]:
        """What becomes readable when a key is pressed: the terminal, or nothing."""
        return [] if self._saved is None else [self._descriptor]

    def read(self) -> list[str]:
        """The keys pressed since the last call: small letters, other signs, "left" and "right". It never waits."""
        if self._saved is None or not select.select([self._descriptor], [], [], 0)[0]:
            return []
        try:
            pressed = os.read(self._descriptor, 1024)
        except OSError:
            pressed = b""
        if not pressed:  # the terminal is gone
            self._saved = None
        keys = _KEY.findall(pressed.decode("ascii", "ignore"))
        return [_NAMES.get(key, key.lower()) for key in keys if not key.startswith("\x1b") or key in _NAMES]


def _terminal() -> int:
    with contextlib.suppress(AttributeError, ValueError):  # closed
        if os.isatty(sys.stdin.fileno()):
            return sys.stdin.fileno()
    try:
        return os.open("/dev/tty", os.O_RDONLY)  # open until the process ends
    except OSError:
        return -1
