"""Ways to segment a raw recording, scored alike: the article's two, and the shipped network."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...models import load
from ...stream.rates import STREAM_RATE
from ...stream.segmenter.lag import DEFAULT_LAG, FULL_CONTEXT, Lag
from ..datasets.recording import Recording
from ..evaluation.envelope import kinds, peaks
from ..evaluation.evaluate import PEAK_BEFORE_CENTRE_S, Evaluation, Predict, evaluate_each
from ..evaluation.networks import by_network
from ..scoring import KINDS, Prediction, by_centre
from ..segmentation import read_pcg
from .clips import ClipNetwork, cut, sound_of

_ONSET_BEFORE_PEAK_S = 0.035
_OFFSET_AFTER_PEAK_S = _ONSET_BEFORE_PEAK_S + 2 * PEAK_BEFORE_CENTRE_S


def segments(peaks_s: NDArray[np.float64], kind: NDArray[np.int64]) -> Prediction:
    """Sounds of the usual length around their peaks. at: shape (n,), seconds; kind: shape (n,), 0 S1, 1 S2."""
    return Prediction(
        {
            name: by_centre([(t - _ONSET_BEFORE_PEAK_S, t + _OFFSET_AFTER_PEAK_S) for t in peaks_s[kind == i]])
            for i, name in enumerate(KINDS)
        },
        confidence={name: np.full(int((kind == i).sum()), np.nan) for i, name in enumerate(KINDS)},
    )


def by_envelope(recording: Recording) -> Prediction:
    """The envelope's peaks, classified by their intervals. Raises SourceError."""
    peaks_s = peaks(read_pcg(recording.audio))
    return segments(peaks_s, kinds(peaks_s))


def by_clips(recording: Recording, network: ClipNetwork) -> Prediction:
    """The envelope's peaks, with a clip from each to the next classified by the clip network.

    Raises SourceError and MissingExtra.
    """
    peaks_s = peaks(read_pcg(recording.audio))
    clips = cut(sound_of(recording.audio), np.rint(peaks_s * STREAM_RATE).astype(np.int64))
    return segments(peaks_s, (network.s2(clips, recording.name) > 0.5).astype(np.int64))


def methods(clips: ClipNetwork | None) -> dict[str, Predict]:
    """Every way to segment, by its name in the table."""

    def shipped(lag: Lag) -> Predict:
        return by_network(load(lag.network), lag)

    ways: dict[str, Predict] = {"envelope and intervals, unsupervised": by_envelope}
    if clips:
        ways["clip network at the envelope's peaks"] = lambda recording: by_clips(recording, clips)
    ways[f"heartseg, live ({DEFAULT_LAG.bound_ms:.0f} ms)"] = shipped(DEFAULT_LAG)
    ways["heartseg, whole recording"] = shipped(FULL_CONTEXT)
    return ways


def compare(
    sets: Mapping[str, Sequence[Recording]], ways: Mapping[str, Predict], say: Callable[[str], None]
) -> dict[str, dict[str, Evaluation]]:
    """Evaluations: way to segment -> set -> evaluation. Raises SourceError."""
    evaluations: dict[str, dict[str, Evaluation]] = {name: {} for name in ways}
    for data, recordings in sets.items():
        of_set = evaluate_each(
            recordings, ways, lambda recording: {way: predict(recording) for way, predict in ways.items()}, say, data
        )
        for name, evaluation in of_set.items():
            evaluations[name][data] = evaluation
    return evaluations


def comparison_table(evaluations: Mapping[str, Mapping[str, Evaluation]]) -> str:
    """A Markdown table, in percent: pooled F1 within 60 ms, and the same with S1 and S2 as one kind."""
    sets = list(next(iter(evaluations.values())))
    lines = ["| F1 within 60 ms, % (S1 and S2 as one kind) | " + " | ".join(sets) + " |", "|---" * len(sets) + "|---|"]
    for name, row in evaluations.items():
        cells = [f"{e.f1 * 100:.1f} ({e.class_agnostic_f1 * 100:.1f})" for e in row.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
