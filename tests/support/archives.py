"""Archives of simulated hearts, planned and segmented."""

import itertools
import os
from pathlib import Path

import numpy as np
import soundfile
from offline_command import run

from heartseg.stream.sources.simulated import SimulatedHeart

RATE = 44_100
CHANGED_NS = 1_700_000_000 * 10**9


def heart(path, seconds=4, seed=1):
    """A recording of a simulated heart."""
    path.parent.mkdir(parents=True, exist_ok=True)
    blocks = itertools.islice(SimulatedHeart(seed=seed).blocks(), seconds * 10)
    soundfile.write(path, np.concatenate(list(blocks)), RATE)
    return path


def planned(source, path, shard_size=2):
    """The path of a plan of all recordings in a folder."""
    for file in source.rglob("*"):  # as the plan has the time of change
        if file.is_file():
            os.utime(file, ns=(CHANGED_NS, CHANGED_NS))
    assert run("plan", source, "--out", path, "--shard-size", shard_size, "--force") == 0
    return path


def files(folder):
    """Name and content of each file below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()}
