"""How many live streams one core serves: many segmenters in one process, each with its hop in turn."""

import itertools
import time

import numpy as np
from numpy.typing import NDArray

from bench.measure import Figure, figure, heart, must, on_core, resident_mb
from bench.work import HOP, reference, warm_network
from heartseg.models import Network
from heartseg.stream.events import Event
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.segmenter.segmenter import Segmenter

_MOST = 2048
_FEWEST = 100  # hops: five seconds, in which a heart is believed and its sounds can be compared


def rounds_of(network: Network, streams: int, seconds: float) -> tuple[NDArray[np.float64], list[list[Event]]]:
    """Seconds of each push, shape (rounds, streams), over at least `seconds` in all; and each stream's events."""
    x, segmenters = heart(20), [Segmenter(network, rate=STREAM_RATE) for _ in range(streams)]
    events: list[list[Event]] = [[] for _ in segmenters]
    rows, began = [], time.perf_counter()
    for at in itertools.takewhile(lambda at: at + HOP <= len(x), itertools.count(0, HOP)):
        row, block = [], x[at : at + HOP]
        for segmenter, said in zip(segmenters, events, strict=True):
            start = time.perf_counter()
            said += segmenter.push(block)
            row.append(time.perf_counter() - start)
        rows.append(row)
        if time.perf_counter() - began > seconds and len(rows) > _FEWEST:
            break
    expected = [e for e in reference(x, network) if e.emitted <= len(rows) * HOP]  # type: ignore[union-attr]
    must(all(said == expected for said in events), "a stream among many heard something else than alone")
    return np.array(rows[1:]), events


def fitting(pushes: NDArray[np.float64], hop_s: float) -> int:
    """The most pushes in a row whose time together has its p99 within a hop."""
    ends = np.concatenate([[0.0], np.cumsum(pushes.ravel())])
    low, high = 0, pushes.size
    while low < high:
        middle = (low + high + 1) // 2
        within = np.percentile(ends[middle:] - ends[:-middle], 99) <= hop_s
        low, high = (middle, high) if within else (low, middle - 1)
    return low


def measure(seconds: float = 8, start: int = 32) -> list[Figure]:
    """Streams are doubled until a round takes longer than a hop; then counted where the p99 crosses it."""
    network, streams, hop_s = warm_network(), start, HOP / STREAM_RATE
    with on_core(0):
        before = resident_mb()
        keep = [Segmenter(network, rate=STREAM_RATE) for _ in range(streams)]
        for segmenter in keep:
            segmenter.push(heart(2))
        each = (resident_mb() - before) / streams
        del keep
        while True:
            pushes, _ = rounds_of(network, streams, seconds / 8)
            if np.median(pushes.sum(axis=1)) > hop_s or streams >= _MOST:
                break
            streams *= 2
        parts = [fitting(rounds_of(network, streams, seconds / 6)[0], hop_s) for _ in range(3)]
    return [
        figure("streams on this core, p99 of a round within a hop", parts, ""),
        figure("memory for each further stream", [each], "MB", more=False),
    ]
