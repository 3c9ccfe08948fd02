"""`heartseg-live` in a process of its own, and in that of the test where that is enough."""

import contextlib
import io
import itertools
import sys
from subprocess import CompletedProcess

import numpy as np
import soundfile

from heartseg.stream.cli import main
from heartseg.stream.sources.simulated import SimulatedHeart

LIVE = [sys.executable, "-c", "import sys; from heartseg.stream.cli import main; sys.exit(main())"]
"""The command in a process of its own: the words before its options."""


def run_live(*args):
    """Exit status and texts of a command, given as words or paths."""
    words, out, err = [str(a) for a in args], io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(words)
        except SystemExit as stop:
            status = stop.code
    return CompletedProcess(words, status, out.getvalue(), err.getvalue())


def one_line(result, status, *words):
    """Check that a command ended so, with one message that holds the words."""
    assert result.returncode == status, result
    said = [line for line in result.stderr.splitlines() if line]
    assert len(said) == 1 and said[0].startswith("heartseg-live: "), result.stderr
    for word in words:
        assert word in said[0]


def heart_file(folder):
    """A recording of a simulated heart, 6 s."""
    blocks = itertools.islice(SimulatedHeart(seed=2).blocks(), 60)
    soundfile.write(folder / "heart.wav", np.concatenate(list(blocks)), 44_100, "FLOAT")
    return folder / "heart.wav"
