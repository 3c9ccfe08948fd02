"""Whether a network trained anew is as good as the shipped one, on persons that neither was trained on."""

import json
from collections.abc import Callable
from pathlib import Path

from ...models import DEFAULT, Network
from ...models import loader as shipped
from ...stream.segmenter.lag import DEFAULT_LAG
from ..evaluation.evaluate import Scored, as_marked, evaluate, read_set
from ..formats import prediction_of
from ..scoring import HEADLINE_S, reference_of
from ..segment import segment

SETS = ("circor/dev", "cinc2016/dev")

WITHIN = 0.3
"""Points of F1 by which two runs of one recipe may differ."""


def scores(data: Path, network: Network, say: Callable[[str], None]) -> dict[str, float]:
    """F1 within 60 ms, in percent, at the default lag, on those of `SETS` that `data` holds. Raises SourceError."""
    found = {}
    for name in SETS:
        if not (data / name).is_dir():
            say(f"{name} is not there, so nothing is known of the network's F1 on it")
            continue
        pairs = []
        for recording in read_set(data / name):
            said = prediction_of(segment(recording.audio, network, DEFAULT_LAG)[0])
            pairs.append(Scored(recording.name, reference_of(recording), as_marked(said, recording)))
        found[name] = round(evaluate(pairs)["tolerance_ms"][round(HEADLINE_S * 1000)]["both"]["f1"] * 100, 2)
    return found


def shortfall(found: dict[str, float], say: Callable[[str], None]) -> bool:
    """Whether F1 on any set falls short of the shipped network's by more than `WITHIN`; says all that is compared."""
    card = json.loads((Path(shipped.__file__).parent / f"{DEFAULT}.json").read_text(encoding="utf-8"))
    short = False
    for name, f1 in found.items():
        theirs = card["scores"][name]
        say(f"{name}: F1 {f1:.2f} %, {DEFAULT}'s is {theirs:.2f} %")
        short |= f1 < theirs - WITHIN
    return short
