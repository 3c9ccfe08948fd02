"""A window into the segmenter: its intermediate results, and the time that each stage takes."""

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from ...models import Network
from ..rates import Samples
from .decoder import PathSegment
from .presence import Presence
from .windows import Posteriors

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Observer:
    """Base of all observers: override what is needed, the rest does nothing.

    All methods are called in stream order, from the thread that pushes. What they are given must not be changed.
    PCG samples and frames are counted from the position that the last `on_restart` gave.
    """

    timed = False
    """Whether `on_stage` is called. Nothing is timed without."""

    def on_restart(self, position: int) -> None:
        """An uninterrupted run begins at stream sample `position`, where PCG sample 0 and frame 0 are.

        Called at the start, after each gap and at the end. A run may be empty.
        """

    def on_samples(self, samples: Samples) -> None:
        """Samples that are processed, without those in gaps: shape (n,), float32, 44,100 Hz."""

    def on_pcg(self, pcg: Samples) -> None:
        """The next PCG samples: shape (n,), float32, 2,100 Hz."""

    def on_posteriors(self, posteriors: Posteriors) -> None:
        """The posteriors of a window. Its first `n_final` rows will not change."""

    def on_segments(self, segments: list[PathSegment]) -> None:
        """The next confirmed segments of the decoded path, all four states, in order."""

    def on_presence(self, frame: int, presence: Presence, evidence: float) -> None:
        """Whether there is a heart, by what was confirmed at `frame`. evidence: from 0 to 1."""

    def on_stage(self, name: str, seconds: float) -> None:
        """A call of a stage took this long.

        name: "decimator", "windows", "network" (which "windows" contains), "decoder", "systole" (which gives answers
        after sounds), or "segmenter" for a whole push.
        """


class TimedNetwork:
    """A network whose runs are reported to an observer."""

    def __init__(self, network: Network, observer: Observer) -> None:
        self.card = network.card
        self.run = timed(observer, "network", network.run)


def timed(observer: Observer, name: str, stage: Callable[_P, _R]) -> Callable[_P, _R]:
    """The stage, reported to the observer if it asks for times; otherwise the stage itself."""
    if not observer.timed:
        return stage

    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        start = time.perf_counter()
        result = stage(*args, **kwargs)
        observer.on_stage(name, time.perf_counter() - start)
        return result

    return run
