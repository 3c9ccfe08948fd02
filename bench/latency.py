"""Sound at its own pace through the real engine: work per hop, lag against what is declared, wall-clock time added."""

import numpy as np
from numpy.typing import NDArray

from bench import wall
from bench.measure import Figure, figure, heart, must
from bench.work import HOP, STAGES, Stopwatch, reference, warm_network
from heartseg.stream.engine import Engine
from heartseg.stream.events import Event, Sound
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.segmenter.decimator import NEEDED_AFTER
from heartseg.stream.segmenter.lag import DEFAULT_LAG
from heartseg.stream.segmenter.segmenter import Segmenter
from heartseg.stream.sinks.base import Sink
from heartseg.stream.sources.replay import Replay

_SHARES = (50, 90, 99, 99.9, 100)


class Notes(Sink):
    """A sink that remembers events."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def on_event(self, event: Event) -> None:
        """Remember it."""
        self.events.append(event)


def measure(seconds: float = 60, speed: float = 1.0) -> tuple[list[Figure], list[str]]:
    """Figures, and a histogram of the whole hop's work."""
    network, x, notes = warm_network(), heart(seconds), Notes()
    watch = Stopwatch()
    segmenter = Segmenter(network, observer=watch, rate=STREAM_RATE)
    engine = Engine(segmenter, Replay([x], speed), [notes])
    engine.start()
    must(engine.wait(4 * seconds / speed + 30), "the engine did not come to its end")
    must(engine.failure is None, f"the engine failed: {engine.failure}")
    must(notes.events == reference(x, network), "the threaded engine's events are not the segmenter's")
    ms = watch.hops * 1e3
    figures = [
        figure(f"{stage}, {'max' if share == 100 else f'p{share:g}'}", [np.percentile(ms[:, i], share)], "ms",
               more=False)
        for i, stage in enumerate(STAGES) for share in _SHARES
    ]  # fmt: skip
    figures += ledger(notes.events, len(x)) + wall.measure(heart(seconds / speed), network)
    return figures, histogram(ms[:, -1])


def ledger(events: list[Event], end: int) -> list[Figure]:
    """How far the measured lag is from the declared one, of sounds that were not withheld."""
    parts = DEFAULT_LAG.ledger()
    least, most = (sum(span[i] for span in parts.values()) for i in (0, 1))
    sounds = [e for e in events if isinstance(e, Sound) and e.emitted < end and not e.withheld]
    must(bool(sounds), "no sound was heard")
    after = np.array([e.emitted - e.offset for e in sounds])
    off = np.array([(e.emitted - NEEDED_AFTER) % HOP for e in sounds])
    must(bool((off == 0).all()) and int(after.min()) >= least, "sounds were emitted off the declared ledger")
    centre = [(e.emitted - (e.onset + e.offset) / 2) / STREAM_RATE * 1e3 for e in sounds]
    return [
        figure("ledger: measured minus declared, filters and hops", [float(np.abs(off).max())], "samples", more=False),
        figure("ledger: sounds within the declared most", [float(np.mean(after <= most) * 100)], "%"),
        figure("lag from a sound's centre, p95", [np.percentile(centre, 95)], "ms", more=False),
        figure("lag from a sound's centre, declared", [DEFAULT_LAG.bound_ms], "ms", more=False),
    ]


def histogram(ms: NDArray[np.float64], rows: int = 10, width: int = 50) -> list[str]:
    """Lines of a histogram over equal steps of the logarithm."""
    edges = np.geomspace(ms.min() * 0.999, ms.max() * 1.001, rows + 1)
    counts = np.histogram(ms, edges)[0]
    return [
        f"{low:8.3f} to {high:8.3f} ms {'█' * -(-width * int(n) // int(counts.max())):{width}s} {n}"
        for low, high, n in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
