"""`python tests/golden/renew.py`: say that from now on the engine's events are what they are today.

To be run knowingly, after a change that should change them: another network, another decoder. What differs is shown
by `git diff tests/golden`.
"""

import hashlib
import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from heartseg.models import Network, load
from heartseg.stream.events import Event
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.segmenter.lag import DEFAULT_LAG, FULL_CONTEXT, Lag
from heartseg.stream.segmenter.segmenter import Segmenter
from heartseg.stream.sources.simulated import SimulatedHeart

FOLDER = Path(__file__).parent

LAGS = {
    f"{lag.bound_ms:.0f}ms" if lag is not FULL_CONTEXT else "full": lag
    for lag in (Lag(0, 1), Lag(7, 2), Lag(0), Lag(15), DEFAULT_LAG, FULL_CONTEXT)
}
"""The shortest, with hops of 10, 20 and 50 ms, the one that listens live, and the one for recordings."""

_SECONDS = 12


def recording() -> np.ndarray:
    """Two hearts after each other with a murmur, a lost moment and bad samples: 16-bit steps, shape (n,), float32.

    In steps of 16 bits, it is the same on every machine, whatever its last bit of a sine.
    """
    parts = []
    for heart in (SimulatedHeart(bpm=68, seed=11, murmur=0.05), SimulatedHeart(bpm=104, seed=12, noise=0.03)):
        parts += list(itertools.islice(heart.blocks(), _SECONDS * 5))
    x = np.round(np.concatenate(parts) * 32767).astype(np.float32) / np.float32(32768)
    x[200_000:200_300] = np.nan
    x[7 * STREAM_RATE : 8 * STREAM_RATE] = 0.0
    return x


def events_of(blocks: Iterable[np.ndarray], network: Network, lag: Lag) -> list[Event]:
    """What a segmenter says of blocks."""
    segmenter = Segmenter(network, lag, rate=STREAM_RATE)
    return [event for block in blocks for event in segmenter.push(block)] + segmenter.flush()


def head(x: np.ndarray, network: Network) -> dict[str, Any]:
    """The first line of a golden file: whose events these are."""
    return {"recording_sha256": hashlib.sha256(x.tobytes()).hexdigest(), "model_sha256": network.card.sha256}


def main() -> None:
    """Write all golden files."""
    x = recording()
    for old in FOLDER.glob("*.jsonl"):
        old.unlink()
    for name, lag in LAGS.items():
        network = load(lag.network)
        lines = [head(x, network), *(event.as_dict() for event in events_of([x], network, lag))]
        (FOLDER / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        print(f"{name}.jsonl: {len(lines) - 1} events")


if __name__ == "__main__":
    main()
