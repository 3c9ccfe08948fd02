"""Recordings in, label tracks out: what the programs of peers share. They run in the environment of their peer.

The names of recordings come on standard input, one a line. Each gets an Audacity label track in the folder that is the
only argument. A recording at which the peer stops with an error gets an empty track, as nothing was named.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

Sound = tuple[float, float, str]
"""Start and end in seconds, and "S1" or "S2"."""

PEAK_BEFORE_CENTRE_S = 0.016
"""How long before a sound's centre a peer's peak is taken to lie.

Chosen for the peers: of 0, 8, 16, 20 and 24 ms the best for BioSPPy on 59 recordings of circor/train. It gains 0.3
points there, and 0.1 for pyPCG.
"""

HALF_WIDTH_S = 0.05
"""Half of the length that a sound gets, of which a peer tells the peak alone. No score depends on it."""


def at_peak(peak_s: float, kind: str) -> Sound:
    """A sound around a peak at `peak_s` seconds."""
    centre_s = peak_s + PEAK_BEFORE_CENTRE_S
    return centre_s - HALF_WIDTH_S, centre_s + HALF_WIDTH_S, kind


def write_tracks(segment: Callable[[np.ndarray, int], list[Sound]]) -> None:
    """Segment all recordings that have no track yet. segment: of samples, shape (n,), and their rate in Hz."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for line in sys.stdin.read().splitlines():
        recording = Path(line)
        track = folder / f"{recording.stem}.txt"
        if track.exists():
            continue
        x, rate = soundfile.read(recording, always_2d=True)
        try:
            sounds = segment(x.mean(axis=1), rate)
        except Exception as error:
            print(f"{recording.name}: {type(error).__name__}: {error}", file=sys.stderr)
            sounds = []
        part = track.with_suffix(".part")
        part.write_text("".join(f"{start:.6f}\t{end:.6f}\t{kind}\n" for start, end, kind in sorted(sounds)))
        os.replace(part, track)
