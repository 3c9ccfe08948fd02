"""Files that survive a power cut but for their last half second."""

import os
import threading
from typing import IO, Any

_EVERY_S = 0.5


class Syncing:
    """Has the system put a file on the disk twice a second, from a thread of its own.

    `stop` it before the file is closed.
    """

    def __init__(self, file: IO[Any]) -> None:
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(file.fileno(),), name="heartseg-sync", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Leave the file alone."""
        self._stopped.set()
        self._thread.join()

    def _run(self, file: int) -> None:
        while not self._stopped.wait(_EVERY_S):
            try:
                os.fsync(file)
            except OSError:  # a pipe or a device; what is wrong with a disk is told where it is written
                return
