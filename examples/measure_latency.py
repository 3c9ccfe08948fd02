"""Measure the latency of each sound, from its centre to its event: python examples/measure_latency.py heart.wav 250."""

import sys

import numpy as np

from heartseg.stream import Sound, listen


def latencies_ms(path: str, lag: float) -> list[float]:
    """In stream time, once a heart was found. What the machine adds is measured by `python bench/`."""
    with listen(path, speed=None, lag=lag) as events:
        return [
            1000 * (event.emitted_s - (event.onset_s + event.offset_s) / 2)
            for event in events
            if isinstance(event, Sound) and not event.withheld
        ]


if __name__ == "__main__":
    path, lag = sys.argv[1], float(sys.argv[2])
    latency = np.array(latencies_ms(path, lag))
    print(
        f"{len(latency)} sounds, latency in ms: median {np.median(latency):.0f}, 95 % {np.quantile(latency, 0.95):.0f}"
    )
