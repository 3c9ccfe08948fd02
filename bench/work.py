"""Time in each stage of a segmenter, hop by hop."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.measure import FloatArray, must
from heartseg.models import Network, load
from heartseg.stream.engine import warm_up
from heartseg.stream.events import Event
from heartseg.stream.rates import STREAM_PER_FRAME
from heartseg.stream.segmenter.lag import DEFAULT_LAG
from heartseg.stream.segmenter.segmenter import Segmenter

HOP = DEFAULT_LAG.hop * STREAM_PER_FRAME
"""Stream samples of a hop."""

STAGES = ("decimation", "network", "merging", "decoding", "whole hop")
_SETTLED = 20  # hops at the start that are not counted


def warm_network() -> Network:
    """The shipped network, with everything compiled."""
    network = load()
    warm_up(Segmenter(network))
    return network


def reference(x: FloatArray, network: Network) -> list[Event]:
    """The events of a sound pushed whole."""
    segmenter = Segmenter(network)
    return segmenter.push(x) + segmenter.flush()


class Stopwatch:
    """Times a segmenter's stages from inside. hops: seconds by stage for each hop that had its window."""

    def __init__(self, segmenter: Segmenter) -> None:
        self._spent = dict.fromkeys(("decimator", "network", "windows", "decoder", "whole"), 0.0)
        self._hops: list[list[float]] = []
        # One network may serve many segmenters: what is timed is this one's view of it.
        windows: Any = segmenter._windows
        windows._network = _Timed(windows._network, self._timed("network", windows._network.run))
        for name, part in (("decimator", segmenter._decimator), ("windows", windows), ("decoder", segmenter._decoder)):
            part.push = self._timed(name, part.push)  # type: ignore[method-assign]
        segmenter._decoder.rising = self._timed("decoder", segmenter._decoder.rising)  # type: ignore[method-assign]
        whole = self._timed("whole", segmenter.push)

        def push(block: FloatArray) -> list[Event]:
            events: list[Event] = whole(block)
            if self._spent["network"]:
                s = self._spent
                merging = s["windows"] - s["network"]
                self._hops.append([s["decimator"], s["network"], merging, s["decoder"], s["whole"]])
                self._spent = dict.fromkeys(s, 0.0)
            return events

        segmenter.push = push  # type: ignore[method-assign]

    @property
    def hops(self) -> NDArray[np.float64]:
        """Seconds, shape (hops, stages), without those at the start."""
        must(len(self._hops) > _SETTLED, f"only {len(self._hops)} hops were timed")
        return np.array(self._hops[_SETTLED:])

    def _timed(self, name: str, run: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any) -> Any:
            began = time.perf_counter()
            result = run(*args)
            self._spent[name] += time.perf_counter() - began
            return result

        return timed


class _Timed:
    """A network whose `run` is timed."""

    def __init__(self, network: Network, run: Callable[..., Any]) -> None:
        self.card, self.run = network.card, run
