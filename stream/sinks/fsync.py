"""A file that loses at most its last half second in a power cut."""

import os
import threading
from typing import IO, Any

_EVERY_S = 0.5


class Syncing:
    """Calls fsync on a file twice a second, from a thread of its own.

    Call `stop` before the file is closed.
    """

    def __init__(self, file: IO[Any]) -> None:
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(file.fileno(),), name="heartseg-sync", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join()

    def _run(self, file: int) -> None:
        while not self._stopped.wait(_EVERY_S):
            try:
                os.fsync(file)
            except OSError:  # a pipe or a device; an error of the disk is raised by write
                return
