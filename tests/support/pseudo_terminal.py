"""heartseg-live in a terminal of its own that the test holds the other end of."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading

from live_command import LIVE


def in_a_terminal(args, folder, also=lambda: None):
    """heartseg-live as the leader of a session whose terminal is a new one: (process, the other end).

    also: what else the new process does before it begins.
    """
    leader, follower = pty.openpty()
    fcntl.ioctl(leader, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def adopt():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        also()

    process = subprocess.Popen(
        [*LIVE, "--demo", "--speed", "4", *args],
        stdin=follower, stdout=follower, stderr=follower, cwd=folder, preexec_fn=adopt,
        env={**os.environ, "TERM": "xterm-256color"},
    )  # fmt: skip
    os.close(follower)
    return process, leader


def drawn(leader):
    """What is written to the terminal from now on; grows."""
    written = bytearray()

    def read():
        try:
            while data := os.read(leader, 1 << 16):
                written.extend(data)
        except OSError:
            return

    threading.Thread(target=read, daemon=True).start()
    return written
