"""Training of the model of sound in systole: a logistic regression, calibrated and cross-validated by person.

Persons weigh alike, and murmurs as much as their absence, since one person in six has one. Then the probability is
calibrated on parts of the persons that were kept apart (Platt, Advances in Large Margin Classifiers, 1999).
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from ...models import Network
from ...models.systole import SystoleModel
from ...stream.segmenter.features import beats_features
from ...stream.segmenter.systole import CANNOT_TELL, FEWEST_BEATS, answer
from ...stream.sources.file import FileSource
from ..datasets.circor import Patient, read_patients
from ..datasets.recording import DataError, audio_files
from ..evaluation.systole import Judged, newest_beats

HEARD, NOT_HEARD, LEAST_CONFIDENCE = 0.3, 0.1, 0.88
"""The rule of the three answers: least probability of "heard", largest of "not heard" and least confidence of it."""

REGULARISATION = 0.1
"""Inverse strength of the ridge penalty."""

FOLDS, REPEATS = 10, 5
"""Of the cross-validation."""

_Split = tuple[NDArray[np.int64], NDArray[np.int64]]  # examples to train on, and those kept apart

_INNER_FOLDS = 5
_PROGRESS_EVERY = 50  # recordings
_LABELS = ("Absent", "Unknown", "Present")


@dataclass(frozen=True)
class Example:
    """A recording: its patient, its position on the chest, the features of its beats, their mean confidence."""

    patient: Patient
    position: str
    features: NDArray[np.float64]
    confidence: float

    @property
    def target(self) -> int:
        """1 where a murmur is audible at this position, 0 where the person has none, else -1: not trained on."""
        if self.patient.murmur == "Present" and self.position in self.patient.positions:
            return 1
        return 0 if self.patient.murmur == "Absent" else -1


def read_examples(
    data: Path, network: Network, cache: Path, say: Callable[[str], None] = lambda line: None
) -> list[Example]:
    """All recordings of CirCor with enough clean beats, as heard live by a network. Raises DataError, SourceError.

    data: the folder that holds `circor`. cache: a file of what was heard so far; the rest is added to it.
    """
    patients = read_patients(data / "circor/patients.csv")
    files = [file for part in ("train", "dev") for file in audio_files(data / "circor" / part, "CirCor")]
    heard = _read_cache(cache, network)
    examples = []
    for number, file in enumerate(files, 1):
        if file.stem not in heard:
            beats = newest_beats(FileSource(file).blocks(), network)
            enough = len(beats) >= FEWEST_BEATS
            features = beats_features(np.stack([beat.levels for beat in beats])).tolist() if enough else []
            confidence = float(np.mean([beat.confidence for beat in beats])) if enough else 0.0
            heard[file.stem] = {"features": features, "confidence": confidence}
            with cache.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps({"recording": file.stem, **heard[file.stem]}) + "\n")
        name, _, position = file.stem.partition("_")
        if name not in patients:
            raise DataError(f"{file}: its patient is not in {data / 'circor/patients.csv'}")
        if heard[file.stem]["features"]:
            features, confidence = np.array(heard[file.stem]["features"]), heard[file.stem]["confidence"]
            examples.append(Example(patients[name], position.partition("_")[0], features, confidence))
        if number % _PROGRESS_EVERY == 0 or number == len(files):
            say(f"heard {number} of {len(files)} recordings")
    return examples


def _read_cache(cache: Path, network: Network) -> dict[str, dict[str, Any]]:
    """What was heard so far, by recording. The first line names the network. Raises DataError."""
    first = {"network": network.card.sha256}
    if not cache.exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_text(json.dumps(first) + "\n", encoding="utf-8")
    try:
        text = cache.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:  # a killed run left a part of a line
            cache.write_text(whole, encoding="utf-8")
        head, *rows = [json.loads(line) for line in whole.splitlines()]
        if head != first:
            raise DataError(f"{cache}: was heard by another network; name another folder with --out")
        return {row["recording"]: {"features": row["features"], "confidence": row["confidence"]} for row in rows}
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{cache}: damaged; delete it, and the recordings are heard anew") from None


def fit(examples: Sequence[Example], name: str) -> SystoleModel:
    """Fit and calibrate a model. Examples without a target are left out of the weights, but count for their person."""
    model = _regression(examples, name)
    logit = np.zeros(len(examples))
    for train, apart in _folds(examples, _INNER_FOLDS, 0):
        part = _regression([examples[k] for k in train], name)
        logit[apart] = [part.logit(examples[k].features) for k in apart]
    target = np.array([example.target for example in examples])
    slope, intercept = _platt(logit[target >= 0], target[target >= 0])
    model = replace(model, weights=slope * model.weights, intercept=slope * model.intercept + intercept)
    by_person = [k for k in _by_patient(examples).items() if k[0].murmur != "Unknown"]
    highest = np.array([np.sort(slope * logit[rows] + intercept)[-2:].mean() for _, rows in by_person])
    present = np.array([patient.murmur == "Present" for patient, _ in by_person])
    return replace(model, person=_platt(highest, present))


def cross_validate(examples: Sequence[Example], seed: int, folds: int = FOLDS) -> tuple[Judged, NDArray[np.float64]]:
    """Judge each person by a model that was fitted without that person.

    Returns the persons, and the logit of each recording, shape (examples,).
    """
    return _judge(examples, _folds(examples, folds, seed))


def across_campaigns(examples: Sequence[Example]) -> Judged:
    """Judge the persons of each campaign by a model that was fitted on the other's, without those met by both."""
    campaign = np.array([example.patient.campaign for example in examples])
    person = np.array([example.patient.person for example in examples])
    apart = {name: campaign == name for name in sorted(set(campaign))}
    train = {name: ~rows & ~np.isin(person, person[rows]) for name, rows in apart.items()}
    return _judge(examples, [(np.flatnonzero(train[name]), np.flatnonzero(apart[name])) for name in apart])[0]


def _judge(examples: Sequence[Example], splits: Sequence[_Split]) -> tuple[Judged, NDArray[np.float64]]:
    logit = np.zeros(len(examples))
    patients, probabilities, answers = [], [], []
    for train, apart in splits:
        model = fit([examples[k] for k in train], "")
        logit[apart] = [model.logit(examples[k].features) for k in apart]
        for patient, rows in _by_patient([examples[k] for k in apart]).items():
            p = model.person_probability(logit[apart][rows].tolist())
            confidence = float(np.mean([examples[apart[k]].confidence for k in rows]))
            patients.append(patient)
            probabilities.append(p)
            answers.append(answer(model, p, confidence))
    order = np.argsort([patient.name for patient in patients])
    judged = Judged(tuple(patients), np.array(probabilities), np.array(answers, dtype=f"<U{len(CANNOT_TELL)}"))
    return judged.subset(order), logit


def by_position(examples: Sequence[Example], logits: Sequence[NDArray[np.float64]]) -> dict[str, float]:
    """AUROC of the recordings at each position, a murmur audible there against persons without one.

    logits: of each repeat, shape (examples,). The mean of the repeats is returned.
    """
    position = np.array([example.position for example in examples])
    target = np.array([example.target for example in examples])
    found = {}
    for name in sorted(set(position)):
        rows = (position == name) & (target >= 0)
        if len(set(target[rows])) == 2:
            found[name] = float(np.mean([roc_auc_score(target[rows], logit[rows]) for logit in logits]))
    return found


def _regression(examples: Sequence[Example], name: str) -> SystoleModel:
    usable = [example for example in examples if example.target >= 0]
    x = np.stack([example.features for example in usable])
    y = np.array([example.target for example in usable])
    recordings = Counter(example.patient.name for example in usable)
    weight = np.array([1 / recordings[example.patient.name] for example in usable])
    for target in (0, 1):
        weight[y == target] *= len(y) / 2 / weight[y == target].sum()
    centre, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    found = LogisticRegression(C=REGULARISATION, max_iter=1000).fit((x - centre) / scale, y, sample_weight=weight)
    rule = {"heard": HEARD, "not_heard": NOT_HEARD, "confidence": LEAST_CONFIDENCE}
    return SystoleModel(name, centre, scale, found.coef_[0], float(found.intercept_[0]), (1.0, 0.0), **rule)


def _platt(logit: NDArray[np.float64], right: NDArray[np.int64] | NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and intercept of the calibrated logit."""
    found = LogisticRegression(C=1e6).fit(logit[:, None], right)
    return float(found.coef_[0, 0]), float(found.intercept_[0])


def _folds(examples: Sequence[Example], folds: int, seed: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows to train on and rows kept apart. No person is in both; the labels are spread evenly."""
    label = [_LABELS.index(example.patient.murmur) for example in examples]
    split = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    return list(split.split(np.zeros((len(label), 1)), label, [example.patient.person for example in examples]))


def _by_patient(examples: Sequence[Example]) -> dict[Patient, list[int]]:
    rows: dict[Patient, list[int]] = {}
    for k, example in enumerate(examples):
        rows.setdefault(example.patient, []).append(k)
    return rows
