"""To wait for what comes in its own time, so that no test depends on how fast the machine is."""

import time


def until(condition, seconds=60):
    """Wait for a condition; fails after a generous while."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.02)
