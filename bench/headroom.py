"""Hop time over the p99 of its work, alone and beside a hog; and our work beyond the network's own run."""

import os
import subprocess
import sys

import numpy as np
from numpy.typing import NDArray

from bench.measure import Figure, figure, heart, must, on_core
from bench.work import HOP, Stopwatch, reference, warm_network
from heartseg.models import Network
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.segmenter.segmenter import Segmenter


def hops(network: Network, seconds: float) -> NDArray[np.float64]:
    """Seconds by stage for each hop of a sound, pushed hop by hop without pause: shape (hops, stages)."""
    x, watch = heart(seconds), Stopwatch()
    segmenter = Segmenter(network, observer=watch, rate=STREAM_RATE)
    events = [e for at in range(0, len(x), HOP) for e in segmenter.push(x[at : at + HOP])] + segmenter.flush()
    must(events == reference(x, network), "pushed hop by hop, the events are not the reference's")
    return watch.hops


def measure(seconds: float = 100, rounds: int = 5) -> list[Figure]:
    """Headroom alone and beside a hog, in turn; and the share of our own work."""
    network = warm_network()
    alone, beside, shares = [], [], []
    with on_core(0):
        for _ in range(rounds):
            found = hops(network, seconds / rounds)
            alone.append(HOP / STREAM_RATE / np.percentile(found[:, -1], 99))
            shares.append(np.median((found[:, -1] - found[:, 1]) / found[:, 1]) * 100)
            hog = subprocess.Popen([sys.executable, "-c", _HOG])
            try:
                beside.append(HOP / STREAM_RATE / np.percentile(hops(network, seconds / rounds)[:, -1], 99))
            finally:
                hog.kill()
                hog.wait()
    figures = [figure("headroom: hop ÷ p99 of its work", alone, "×")]
    if (os.cpu_count() or 1) > 1:
        figures.append(figure("headroom beside a process that hogs another core", beside, "×"))
    own = figure("work beyond the network's own run", shares, "% of it", ratio=True, more=False)
    return [*figures, own]


_HOG = """
import os
if hasattr(os, "sched_setaffinity"):
    here = os.sched_getaffinity(os.getppid())
    there = [core for core in range(os.cpu_count()) if core not in here]
    try:
        os.sched_setaffinity(0, there or here)
    except OSError:
        pass
while True:
    pass
"""
