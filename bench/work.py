"""Time in each stage of a segmenter, hop by hop."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from bench.measure import FloatArray, must
from heartseg.models import Network, load
from heartseg.stream.engine import warm_up
from heartseg.stream.events import Event
from heartseg.stream.rates import STREAM_PER_FRAME, STREAM_RATE
from heartseg.stream.segmenter.lag import DEFAULT_LAG
from heartseg.stream.segmenter.observer import Observer
from heartseg.stream.segmenter.segmenter import Segmenter

HOP = DEFAULT_LAG.hop * STREAM_PER_FRAME
"""Stream samples of a hop."""

STAGES = ("decimation", "network", "merging", "decoding", "whole hop")
_SETTLED = 20  # hops at the start that are not counted


def warm_network() -> Network:
    """The shipped network, with everything compiled."""
    network = load()
    warm_up(Segmenter(network, rate=STREAM_RATE))
    return network


def reference(x: FloatArray, network: Network) -> list[Event]:
    """The events of a sound pushed whole."""
    segmenter = Segmenter(network, rate=STREAM_RATE)
    return segmenter.push(x) + segmenter.flush()


class Stopwatch(Observer):
    """Times the stages of the segmenter that it observes."""

    timed = True

    def __init__(self) -> None:
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._hops: list[list[float]] = []

    def on_stage(self, name: str, seconds: float) -> None:
        """Add up until a push is over; one without a window joins the next."""
        self._spent[name] += seconds
        if name == "segmenter" and self._spent["network"]:
            spent, self._spent = self._spent, defaultdict(float)
            merging = spent["windows"] - spent["network"]
            self._hops.append([spent["decimator"], spent["network"], merging, spent["decoder"], spent["segmenter"]])

    @property
    def hops(self) -> NDArray[np.float64]:
        """Seconds, shape (hops, stages), without those at the start."""
        must(len(self._hops) > _SETTLED, f"only {len(self._hops)} hops were timed")
        return np.array(self._hops[_SETTLED:])
