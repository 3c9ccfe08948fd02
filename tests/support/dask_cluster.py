"""A Dask cluster on the loopback address: a scheduler and workers, each a process of its own, as on other machines."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

from waiting import until

_DECODER = """\
#!{python}
# Stands for ffmpeg, and reads what libsndfile does. Before, it kills what the file `harm` beside the recording names:
# its worker, always or once; or a process.
import os, signal, struct, sys
import soundfile
recording = sys.argv[sys.argv.index("-i") + 1].removeprefix("file:")
harm = os.path.join(os.path.dirname(recording), "harm")
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
sound, rate = soundfile.read(recording, dtype="float32", always_2d=True)
sys.stdout.buffer.write(struct.pack(">4sIIIII", b".snd", 24, 0xFFFFFFFF, 6, rate, sound.shape[1]))
sys.stdout.buffer.write(sound.astype(">f4").tobytes())
"""


def harmful_decoder(folder):
    """Write a program `ffmpeg` that kills what the recordings' folder says."""
    program = folder / "ffmpeg"
    program.write_text(_DECODER.format(python=sys.executable))
    program.chmod(0o755)


class Cluster:
    """Its scheduler's process and the file that it writes; `work` starts workers."""

    def __init__(self, folder):
        self.file = Path(folder, "scheduler.json")
        self._env = {**os.environ, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}  # a task kills one worker
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
def cluster(folder, workers, *options):
    """A cluster with so many workers, of the same options."""
    made = Cluster(folder)
    try:
        for _ in range(workers):
            made.work(*options)
        yield made
    finally:
        made.close()
