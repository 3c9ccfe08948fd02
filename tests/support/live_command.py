"""`heartseg-live` in the process of the test, for what needs no process of its own."""

import contextlib
import io
import signal
from subprocess import CompletedProcess

from heartseg.stream.cli import main

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_live(*args):
    """Exit status and texts of a command, given as words or paths."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    words, out, err = [str(a) for a in args], io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(words)
        except SystemExit as stop:
            status = stop.code
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
    return CompletedProcess(words, status, out.getvalue(), err.getvalue())
