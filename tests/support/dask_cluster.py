"""A Dask cluster on the loopback address: a scheduler and workers, each a process of its own, as on other machines."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

DEADLINE_S = 60

_DECODER = """\
#!{python}
# Stands for ffmpeg. It kills what the file `harm` beside the recording names: its worker, always or once; or a process.
import os, signal, sys
harm = os.path.join(os.path.dirname(sys.argv[sys.argv.index("-i") + 1].removeprefix("file:")), "harm")
try:
    what = open(harm).read()
except OSError:
    what = ""
if what == "always":
    os.kill(os.getppid(), signal.SIGKILL)
elif what:
    os.remove(harm)
    number, name = what.split()
    os.kill(int(number) or os.getppid(), signal.Signals[name])
os.execv({ffmpeg!r}, [{ffmpeg!r}, *sys.argv[1:]])
"""


def harmful_decoder(folder, ffmpeg):
    """The environment of processes whose ffmpeg kills what the recordings' folder says."""
    program = folder / "ffmpeg"
    program.write_text(_DECODER.format(python=sys.executable, ffmpeg=ffmpeg))
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}


class Cluster:
    """Its scheduler's process and the file that it writes; `work` starts workers."""

    def __init__(self, folder, env):
        self.file = Path(folder, "scheduler.json")
        self._env = {**env, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}  # a task kills one worker
        self._started = []
        self.scheduler = self._start("scheduler", "--port", "0")
        until(self.file.is_file)

    def work(self, *options):
        """Start a worker that is started again when it dies."""
        return self._start("worker", "--nthreads", "2", "--memory-limit", "0", *options)

    def _start(self, program, *options):
        common = ("--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", self.file)
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{program}", *map(str, (*common, *options))],
            env=self._env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.file.parent,
            start_new_session=True,
        )  # fmt: skip
        self._started.append(process)
        return process

    def close(self):
        """End all processes, those that they have started, too."""
        for process in self._started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def cluster(folder, env, workers, *options):
    """A cluster with so many workers, of the same options."""
    made = Cluster(folder, env)
    try:
        for _ in range(workers):
            made.work(*options)
        yield made
    finally:
        made.close()


def until(condition):
    """Wait for it."""
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end, "the deadline passed"
        time.sleep(0.05)
