"""Is a newly trained network as good as the shipped one, on persons that neither was trained on?"""

import json
from collections.abc import Callable
from pathlib import Path

from ...models import DEFAULT, Network
from ...models import loader as shipped
from ...stream.segmenter.lag import DEFAULT_LAG
from ..datasets.sets import read_set
from ..evaluation.evaluate import evaluate
from ..evaluation.networks import by_network

SETS = ("circor/dev", "cinc2016/dev")

WITHIN = 0.3
"""Points of F1 by which two runs of one recipe may differ."""


def scores(data: Path, network: Network, say: Callable[[str], None]) -> dict[str, float]:
    """F1 within 60 ms, in percent, at the default lag, on those of `SETS` that `data` holds. Raises SourceError."""
    f1 = {}
    for name in SETS:
        if not (data / name).is_dir():
            say(f"{name} is missing, so the network's F1 on it is unknown")
            continue
        f1[name] = round(evaluate(read_set(data / name), by_network(network, DEFAULT_LAG)).f1 * 100, 2)
    return f1


def shortfall(f1: dict[str, float], say: Callable[[str], None]) -> bool:
    """Whether F1 on any set is below the shipped network's by more than `WITHIN`. `say` gets a line for each set."""
    card = json.loads((Path(shipped.__file__).parent / f"{DEFAULT}.json").read_text(encoding="utf-8"))
    is_short = False
    for name, value in f1.items():
        shipped_f1 = card["scores"][name]
        say(f"{name}: F1 {value:.2f} %, {DEFAULT}'s is {shipped_f1:.2f} %")
        is_short |= value < shipped_f1 - WITHIN
    return is_short
