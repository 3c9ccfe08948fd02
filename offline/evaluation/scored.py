"""A recording beside what was predicted of it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..datasets.recording import Recording
from ..scoring import HEADLINE_S, KINDS, Counts, Prediction, Reference, by_centre, median_bpm, score

PEAK_BEFORE_CENTRE_S = 0.0255
"""A PASCAL mark is a sound's peak, which lies this long before its centre."""


def as_marked(prediction: Prediction, recording: Recording) -> Prediction:
    """The prediction in the convention of the recording's annotation.

    Where the annotation is marks, which are peaks, every sound moves from its centre to its peak. It is emitted as
    long after it as before.
    """
    shift_s = PEAK_BEFORE_CENTRE_S if recording.points else 0.0
    return Prediction(
        {kind: sounds - shift_s for kind, sounds in prediction.sounds.items()},
        {kind: emitted - shift_s for kind, emitted in prediction.emitted.items()},
        prediction.confidence,
    )


@dataclass(frozen=True)
class ScoredRecording:
    """A recording with its reference and a prediction, as it was predicted."""

    recording: Recording
    reference: Reference
    prediction: Prediction

    @property
    def name(self) -> str:
        """The recording's name."""
        return self.recording.name

    @cached_property
    def aligned(self) -> Prediction:
        """The prediction in the reference's convention. All figures are of this."""
        return as_marked(self.prediction, self.recording)

    @cached_property
    def counts(self) -> Counts:
        """Counts of S1 and S2 together within 60 ms."""
        return sum(self.score(HEADLINE_S).values(), Counts())

    @property
    def bpm(self) -> float:
        """Median heart rate of the reference; nan where it has no two S1 in succession."""
        return median_bpm(self.reference.sounds["S1"].mean(axis=1))

    def score(self, tolerance_s: float) -> dict[str, Counts]:
        """Counts per kind."""
        return score(self.reference, self.aligned, tolerance_s)

    def score_as_one_kind(self, tolerance_s: float) -> Counts:
        """Counts with S1 and S2 taken as one kind of sound."""
        references = by_centre(np.concatenate([self.reference.sounds[kind] for kind in KINDS]).tolist())
        predictions = by_centre(np.concatenate([self.aligned.sounds[kind] for kind in KINDS]).tolist())
        none = by_centre([])
        reference = Reference({"S1": references, "S2": none}, self.reference.spans, self.reference.cut)
        return score(reference, Prediction({"S1": predictions, "S2": none}), tolerance_s)["S1"]
