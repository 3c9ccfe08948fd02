"""`heartseg-offline` in the process of the test."""

from heartseg.offline.cli import main


def run(*args):
    """Exit status of a command, given as words or paths."""
    try:
        return main([str(a) for a in args])
    except SystemExit as stop:
        return stop.code
