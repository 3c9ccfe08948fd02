"""One answer about systole for a person, of the recordings at several positions on the chest."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from ...models import SystoleModel
from ...stream.events import Systole
from ...stream.events.systole import CANNOT_TELL
from ...stream.segmenter.systole import answer

_SURE = 1e-9  # a probability is at least so far from 0 and 1, so that its logit is finite


@dataclass(frozen=True)
class PersonAnswer:
    """An answer to "murmur-like sound in systole?" about a person, for review, not a diagnosis.

    answer: "heard", "not heard" or "cannot tell". probability: calibrated, 0 to 1, None where no position has one.
    positions: how many of them the answer rests on.
    """

    answer: str
    probability: float | None
    positions: int


def person_answer(answers: Iterable[Systole | None], model: SystoleModel) -> PersonAnswer:
    """The answer of a person. answers: the last of each position, None where too few clean beats were heard.

    The rule is that of the model (`person_probability`, `answer`): the positions where most is heard decide, and all of
    them count for the confidence.
    """
    given = [a for a in answers if a is not None]
    if not given:
        return PersonAnswer(CANNOT_TELL, None, 0)
    sure = [min(max(a.probability, _SURE), 1 - _SURE) for a in given]
    p = model.person_probability([math.log(p / (1 - p)) for p in sure])
    return PersonAnswer(answer(model, p, fmean(a.confidence for a in given)), p, len(given))
