"""A Dask cluster on the loopback address: a scheduler and workers, each a process of its own, as on other machines."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

DEADLINE_S = 60
DEATHS = 2  # of workers, before a task is given up

_DECODER = """\
#!{python}
# Stands for ffmpeg, and harms whoever asks for a recording with a telling name.
import os, signal, sys
name = sys.argv[sys.argv.index("-i") + 1].removeprefix("file:")
if "deadly" in name:
    os.kill(os.getppid(), signal.SIGKILL)
for process, done in (("worker", name + ".done"), ("scheduler", name + ".done"), ("client", name + ".done")):
    if "kills-the-" + process in name and not os.path.exists(done):
        open(done, "w").close()
        pid = os.getppid() if process == "worker" else int(open(os.path.join(os.path.dirname(name), process)).read())
        os.kill(pid, signal.SIGINT if process == "client" else signal.SIGKILL)
os.execv({ffmpeg!r}, [{ffmpeg!r}, *sys.argv[1:]])
"""


def harmful_decoder(folder, ffmpeg):
    """The environment of processes whose ffmpeg kills them, once or always, as the recording's name says."""
    program = folder / "ffmpeg"
    program.write_text(_DECODER.format(python=sys.executable, ffmpeg=ffmpeg))
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}


class Cluster:
    """Its scheduler's process and the file that it writes; `work` starts workers."""

    def __init__(self, folder, env):
        self.file = Path(folder, "scheduler.json")
        self._env = {**env, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(DEATHS - 1)}
        self._started = []
        self.scheduler = self._start("scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", self.file)
        until(self.file.is_file)

    def work(self, *options):
        """Start a worker that is started again when it dies."""
        more = ("--no-dashboard", "--nthreads", "1", "--scheduler-file", self.file, *options)
        return self._start("worker", *more)

    def _start(self, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], "--host", "127.0.0.1",
             *map(str, arguments[1:])],
            env=self._env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.file.parent,
        )  # fmt: skip
        self._started.append(process)
        return process

    def close(self):
        """End all processes."""
        for process in reversed(self._started):
            process.terminate()
        for process in self._started:
            process.wait(DEADLINE_S)


@contextmanager
def cluster(folder, env=os.environ, workers=2):
    """A cluster with so many workers."""
    made = Cluster(folder, env)
    try:
        for _ in range(workers):
            made.work()
        yield made
    finally:
        made.close()


def until(condition):
    """Wait for it."""
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end, "the deadline passed"
        time.sleep(0.05)
