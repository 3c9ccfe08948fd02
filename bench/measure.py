"""What all benchmarks share: sides that run in turn, figures with their spread, the check of what was timed,
and of a run against an earlier one by ratios: these carry over between machines and moments, times do not.
"""

import itertools
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from heartseg.stream.sources.simulated import SimulatedHeart

FloatArray = NDArray[np.float32]


class Wrong(Exception):
    """What was timed did not do its work."""


def must(condition: bool, what: str) -> None:
    """Raise Wrong unless the condition holds."""
    if not condition:
        raise Wrong(what)


@dataclass(frozen=True)
class Figure:
    """A median with its quartiles. ratio: of two sides of one run, so that runs may be compared; more: is better."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    ratio: bool = False
    more: bool = True

    @property
    def text(self) -> str:
        """For the table."""
        digits = max(0, 2 - int(np.floor(np.log10(max(abs(self.value), 1e-3))))) if self.value else 0
        spread = f" ({self.low:.{digits}f} to {self.high:.{digits}f})" if self.low < self.high else ""
        return f"{self.value:.{digits}f}{spread} {self.unit}".rstrip()


def figure(name: str, values: ArrayLike, unit: str, ratio: bool = False, more: bool = True) -> Figure:
    """The median and the quartiles of `values`."""
    low, middle, high = np.percentile(values, (25, 50, 75))
    return Figure(name, float(middle), float(low), float(high), unit, ratio, more)


def in_turn(sides: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, NDArray[np.float64]]:
    """Seconds that each side takes, round by round: shape (rounds,) each.

    Each turn begins with a run that is not counted: what the other sides left in the caches is not theirs to pay.
    """
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _, (name, side) in itertools.product(range(rounds), sides.items()):
        side()
        began = time.perf_counter()
        side()
        times[name].append(time.perf_counter() - began)
    return {name: np.array(t) for name, t in times.items()}


def resident_mb() -> float:
    """Memory of this process now, in MB; 0 where the system does not say as Linux does."""
    status = Path("/proc/self/status")
    return int(status.read_text().split("VmRSS:")[1].split()[0]) / 1e3 if status.exists() else 0.0


def heart(seconds: float) -> FloatArray:
    """A simulated heart at 44,100 Hz, shape (samples,)."""
    return np.concatenate(list(itertools.islice(SimulatedHeart(seed=1).blocks(), round(seconds * 10))))


@contextmanager
def on_core(which: int) -> Iterator[None]:
    """Keep to one of the cores that we may use, where the system lets us choose."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[which % len(before)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def write_figures(path: Path, machine: str, figures: list[Figure]) -> None:
    """Keep the figures of a run."""
    kept = {"machine": machine, "figures": [asdict(f) for f in figures]}
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def read_figures(path: Path) -> list[Figure]:
    """The figures of an earlier run. Raises ValueError where the file holds none."""
    try:
        return [Figure(**f) for f in json.loads(path.read_text(encoding="utf-8"))["figures"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not the figures of an earlier run ({error!r})") from None


def regressions(before: list[Figure], now: list[Figure]) -> list[str]:
    """Ratios that are worse than before by more than the spreads of both runs together, one line each."""
    earlier, worse = {f.name: f for f in before}, []
    for figure in now:
        old = earlier.get(figure.name)
        if old is None or not figure.ratio:
            continue
        loss = (old.value - figure.value) * (1 if figure.more else -1)
        noise = (old.high - old.low) + (figure.high - figure.low)
        if loss > noise:
            worse.append(f"{figure.name}: {figure.text}, was {old.text}")
    return worse
