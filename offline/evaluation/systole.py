"""How well sound in systole is told: what was heard of each recording, and the figures of one answer for each person.

The labels are CirCor's (Oliveira et al., IEEE JBHI 26(6), 2022): present, absent or unknown in a person. Weighted
accuracy is that of the PhysioNet Challenge 2022 (Reyna et al., PLOS Digital Health 2(9), 2023).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from ...models import Network
from ...stream.rates import STREAM_RATE, Samples
from ...stream.segmenter.beats import Beat, CleanBeats
from ...stream.segmenter.lag import DEFAULT_LAG
from ...stream.segmenter.segmenter import Segmenter
from ...stream.segmenter.systole import CANNOT_TELL, HEARD, MOST_BEATS, NOT_HEARD
from ..datasets.circor import Patient
from ..segmentation import PcgRecorder, segment_blocks
from .confidence import calibration_error

WEIGHTS = {"Present": 5, "Unknown": 3, "Absent": 1}
"""What a person with each label counts in weighted accuracy."""

RIGHT = {"Present": HEARD, "Unknown": CANNOT_TELL, "Absent": NOT_HEARD}
"""The answer that is right for each label."""

SHARES_KEPT = (1.0, 0.9, 0.8, 0.7)
"""Points of the risk-coverage curve: parts of the persons who get an answer, the surest first."""

EVEN = 1 / 6
"""Probability at which both answers cost the same, as the Challenge weighs present and absent."""

Figure = Callable[["Judged"], float]


def newest_beats(blocks: Iterable[Samples], network: Network) -> list[Beat]:
    """The newest clean beats of a recording, as heard live: as many as an answer rests on. blocks: 44,100 Hz."""
    recorder = PcgRecorder()
    findings = segment_blocks(blocks, Segmenter(network, DEFAULT_LAG, recorder, rate=STREAM_RATE), "", [])
    clean_beats = CleanBeats()
    clean_beats.push_pcg(recorder.pcg(findings.accounts.captured))
    beats = [beat for sound in findings.sounds if (beat := clean_beats.push_sound(sound))]
    return [beat for beat in beats if np.isfinite(beat.levels).all()][-MOST_BEATS:]  # none spans a gap


@dataclass(frozen=True)
class Judged:
    """Persons and what was said of each: probability of a murmur and answer, shape (persons,) each."""

    patients: tuple[Patient, ...]
    probability: NDArray[np.float64]
    answer: NDArray[np.str_]

    @property
    def murmur(self) -> NDArray[np.str_]:
        """The label of each person, shape (persons,)."""
        return np.array([patient.murmur for patient in self.patients])

    def subset(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Judged":
        """Some of the persons, in the order of `rows`, which may repeat one."""
        chosen = np.arange(len(self.patients))[rows]
        return Judged(tuple(self.patients[k] for k in chosen), self.probability[chosen], self.answer[chosen])

    def known(self) -> "Judged":
        """The persons whose murmur is present or absent."""
        return self.subset(self.murmur != "Unknown")


def auroc(judged: Judged) -> float:
    """Area under the curve of sensitivity against 1 - specificity, present against absent; nan without both."""
    known = judged.known()
    present = known.murmur == "Present"
    return float(roc_auc_score(present, known.probability)) if len(set(present.tolist())) == 2 else float("nan")


def average_precision(judged: Judged) -> float:
    """Mean precision over the thresholds, present against absent."""
    known = judged.known()
    return float(average_precision_score(known.murmur == "Present", known.probability))


def weighted_accuracy(judged: Judged) -> float:
    """Share of right answers, of three, with the `WEIGHTS` of the labels."""
    weight = np.array([WEIGHTS[label] for label in judged.murmur])
    right = np.array([RIGHT[label] for label in judged.murmur]) == judged.answer
    return float((weight * right).sum() / weight.sum())


def ece(judged: Judged) -> float:
    """Expected calibration error of the probability, present against absent, in ten bins."""
    known = judged.known()
    return calibration_error(known.probability, (known.murmur == "Present").astype(np.float64), bins=10)


def auroc_of_grade(grade: str) -> Figure:
    """`auroc` of the murmurs of one grade against those without a murmur."""

    def figure(judged: Judged) -> float:
        rows = [p.murmur == "Absent" or (p.murmur == "Present" and p.grade == grade) for p in judged.patients]
        return auroc(judged.subset(np.array(rows)))

    return figure


def coverage(judged: Judged) -> float:
    """Share of the persons, present or absent, who get an answer."""
    return float((judged.known().answer != CANNOT_TELL).mean())


def sensitivity(judged: Judged) -> float:
    """Share of "heard" among the answers for persons with a murmur."""
    return _share_of_answers(judged, "Present")


def specificity(judged: Judged) -> float:
    """Share of "not heard" among the answers for persons without one."""
    return _share_of_answers(judged, "Absent")


def _share_of_answers(judged: Judged, label: str) -> float:
    answers = judged.answer[(judged.murmur == label) & (judged.answer != CANNOT_TELL)]
    return float((answers == RIGHT[label]).mean()) if len(answers) else float("nan")


def surest(judged: Judged, share: float, even: float) -> Judged:
    """The persons of a share, present or absent, whose probability is farthest from `even`, all with an answer."""
    known = judged.known()
    p = np.clip(known.probability, 1e-6, 1 - 1e-6)
    distance = np.abs(np.log(p / (1 - p)) - np.log(even / (1 - even)))
    kept = known.subset(np.argsort(-distance, kind="stable")[: round(share * len(p))])
    return Judged(kept.patients, kept.probability, np.where(kept.probability >= even, HEARD, NOT_HEARD))


FIGURES: dict[str, Figure] = {
    "AUROC": auroc,
    "average precision": average_precision,
    "AUROC of grade I": auroc_of_grade("I/VI"),
    "AUROC of grade II": auroc_of_grade("II/VI"),
    "AUROC of grade III": auroc_of_grade("III/VI"),
    "weighted accuracy": weighted_accuracy,
    "calibration error": ece,
    "coverage": coverage,
    "sensitivity": sensitivity,
    "specificity": specificity,
}
"""All figures of judged persons, by name."""


def with_interval(
    figure: Figure, repeats: Sequence[Judged], resamples: int = 200, seed: int = 0
) -> tuple[float, float, float]:
    """The mean of a figure over repeated cross-validations, and its 95 % interval by a bootstrap over persons.

    repeats: the same patients in each. A person in two rows is drawn with both.
    """
    rng = np.random.default_rng(seed)
    persons = sorted({patient.person for patient in repeats[0].patients})
    rows = {person: [k for k, p in enumerate(repeats[0].patients) if p.person == person] for person in persons}
    values = []
    for number in range(resamples):
        drawn = np.concatenate([rows[persons[k]] for k in rng.integers(len(persons), size=len(persons))])
        values.append(figure(repeats[number % len(repeats)].subset(drawn)))
    known = [value for value in values if np.isfinite(value)] or [np.nan]
    low, high = np.quantile(known, (0.025, 0.975))
    return float(np.mean([figure(judged) for judged in repeats])), float(low), float(high)


def systole_table(repeats: Sequence[Judged], positions: Mapping[str, float], other_campaign: Judged) -> str:
    """All figures as Markdown: with their intervals, the risk-coverage curve, and the AUROC at each position.

    repeats: of a cross-validation. other_campaign: the same persons, judged by a model of the other campaign.
    """
    murmur = repeats[0].murmur.tolist()
    counts = ", ".join(f"{murmur.count(label)} {label.lower()}" for label in WEIGHTS)
    lines = [f"{len(murmur)} persons: {counts}", "", "| figure | % | 95 % interval | model of the other campaign |"]
    lines.append("|---|---|---|---|")
    for name, figure in FIGURES.items():
        mean, low, high = (100 * value for value in with_interval(figure, repeats))
        lines.append(f"| {name} | {mean:.1f} | {low:.1f} to {high:.1f} | {100 * figure(other_campaign):.1f} |")
    lines += ["", "| persons with an answer, % | sensitivity | specificity |", "|---|---|---|"]
    for share in SHARES_KEPT:
        kept = [surest(judged, share, EVEN) for judged in repeats]
        pair = [100 * float(np.mean([figure(judged) for judged in kept])) for figure in (sensitivity, specificity)]
        lines.append(f"| {100 * share:.0f} | {pair[0]:.1f} | {pair[1]:.1f} |")
    lines += ["", "| position | AUROC of its recordings, % |", "|---|---|"]
    lines += [f"| {name} | {100 * value:.1f} |" for name, value in positions.items()]
    return "\n".join(lines) + "\n"
