"""Ways to segment a raw recording, scored alike: the article's two, and the shipped network."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...models import load
from ...stream.rates import STREAM_RATE
from ...stream.segmenter.lag import DEFAULT_LAG, FULL_CONTEXT, Lag
from ..datasets.recording import Recording
from ..evaluation.evaluate import PEAK_BEFORE_CENTRE_S, Scored, as_marked, evaluate
from ..formats import prediction_of
from ..scoring import HEADLINE_S, KINDS, Prediction, by_centre, reference_of
from ..segment import segment
from ..training.corpus import pcg_of
from .clips import ClipNetwork, cut, whole
from .envelope import kinds, peaks

Method = Callable[[Recording], Prediction]

_ONSET_BEFORE_PEAK_S = 0.035
_OFFSET_AFTER_PEAK_S = _ONSET_BEFORE_PEAK_S + 2 * PEAK_BEFORE_CENTRE_S


def segments(at: NDArray[np.float64], kind: NDArray[np.int64]) -> Prediction:
    """Sounds of the usual length around their peaks. at: shape (n,), seconds; kind: shape (n,), 0 S1, 1 S2."""
    return Prediction(
        {
            name: by_centre([(t - _ONSET_BEFORE_PEAK_S, t + _OFFSET_AFTER_PEAK_S) for t in at[kind == i]])
            for i, name in enumerate(KINDS)
        },
        confidence={name: np.full(int((kind == i).sum()), np.nan) for i, name in enumerate(KINDS)},
    )


def by_envelope(recording: Recording) -> Prediction:
    """The envelope's peaks, named by their intervals. Raises SourceError."""
    at = peaks(pcg_of(recording.audio))
    return segments(at, kinds(at))


def by_clips(recording: Recording, network: ClipNetwork) -> Prediction:
    """The envelope's peaks as marks: a clip from each to the next, named by the clip network. Raises SourceError."""
    at = peaks(pcg_of(recording.audio))
    clips = cut(whole(recording.audio), np.rint(at * STREAM_RATE).astype(np.int64))
    return segments(at, (network.s2(clips, recording.name) > 0.5).astype(np.int64))


def methods(clips: ClipNetwork | None) -> dict[str, Method]:
    """Every way to segment, by its name in the table."""

    def shipped(lag: Lag) -> Method:
        network = load(lag.network)
        return lambda recording: prediction_of(segment(recording.audio, network, lag)[0])

    named: dict[str, Method] = {"envelope and intervals, unsupervised": by_envelope}
    if clips:
        named["clip network at the envelope's peaks"] = lambda recording: by_clips(recording, clips)
    named[f"heartseg, live ({DEFAULT_LAG.bound_ms:.0f} ms)"] = shipped(DEFAULT_LAG)
    named["heartseg, whole recording"] = shipped(FULL_CONTEXT)
    return named


def compare(
    sets: Mapping[str, Sequence[Recording]], every: Mapping[str, Method], say: Callable[[str], None]
) -> dict[str, dict[str, tuple[float, float]]]:
    """Pooled F1 within 60 ms, and with S1 and S2 as one kind: method -> set -> both. Raises SourceError."""
    found: dict[str, dict[str, tuple[float, float]]] = {name: {} for name in every}
    for data, recordings in sets.items():
        scored: dict[str, list[Scored]] = {name: [] for name in every}
        for done, recording in enumerate(recordings, 1):
            reference = reference_of(recording)
            for name, method in every.items():
                prediction = as_marked(method(recording), recording)
                scored[name].append(Scored(recording.name, reference, prediction))
            if done % 50 == 0 or done == len(recordings):
                say(f"{data}: {done} of {len(recordings)} recordings")
        for name, pairs in scored.items():
            row = evaluate(pairs)["tolerance_ms"][round(HEADLINE_S * 1000)]
            found[name][data] = row["both"]["f1"], row["class_agnostic_f1"]
    return found


def table(found: Mapping[str, Mapping[str, tuple[float, float]]]) -> str:
    """A Markdown table, in percent."""
    sets = list(next(iter(found.values())))
    lines = ["| F1 within 60 ms, % (S1 and S2 as one kind) | " + " | ".join(sets) + " |", "|---" * len(sets) + "|---|"]
    for name, row in found.items():
        lines.append(f"| {name} | " + " | ".join(f"{f * 100:.1f} ({e * 100:.1f})" for f, e in row.values()) + " |")
    return "\n".join(lines) + "\n"
