"""How the screen waits for whatever comes first: news of the engine, a key, or the time of the next picture."""

import contextlib
import select
import socket
from types import TracebackType


class Wake:
    """Wakes a thread that waits in `select`. A socket pair, since Windows selects on nothing else."""

    def __init__(self) -> None:
        self._waiting, self._waking = socket.socketpair()
        for end in (self._waiting, self._waking):
            end.setblocking(False)

    def __enter__(self) -> "Wake":
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close both ends; `set` then does nothing."""
        self._waiting.close()
        self._waking.close()

    def set(self) -> None:
        """Wake the thread that waits, or let the next wait return at once. Never blocks; from any thread."""
        with contextlib.suppress(OSError):  # full: it is set already; closed: nobody waits
            self._waking.send(b"\0")

    def wait(self, timeout: float, descriptors: list[int]) -> bool:
        """Wait until it is set, and clear it, or until a descriptor can be read. Returns whether it was set."""
        waiting = self._waiting.fileno()
        if waiting not in select.select([waiting, *descriptors], [], [], max(0.0, timeout))[0]:
            return False
        with contextlib.suppress(OSError):
            self._waiting.recv(4096)
        return True
