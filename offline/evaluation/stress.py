"""`heartseg-offline stress`: what noise, a narrow microphone, clipping, gain steps and a forced swap cost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...models import Network
from ...stream.rates import FRAME_RATE, STREAM_RATE, Samples
from ...stream.segmenter.lag import DEFAULT_LAG
from ...stream.segmenter.segmenter import Segmenter
from ...stream.sources.file import FileSource
from ..datasets.recording import Recording
from ..formats import prediction_of
from ..scoring import HEADLINE_S, KINDS, Prediction, Reference, match, reference_of
from .evaluate import Scored, as_marked, evaluate

Disturbance = Callable[[np.random.Generator, Samples], Samples]

_GAIN_STEP_S = 5.0
_SWAPPED_S = 6.0
_WITNESSES = 3  # beats in a row that must be right for the swap to be over


def pink_noise(rng: np.random.Generator, samples: int) -> Samples:
    """Noise whose power falls as 1/f above 20 Hz, of RMS 1: shape (samples,)."""
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    f = np.fft.rfftfreq(samples, 1 / STREAM_RATE)
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(f, 20.0)), samples)
    pink: Samples = (noise / noise.std()).astype(np.float32)
    return pink


def _pink(snr_db: float) -> Disturbance:
    return lambda rng, x: x + pink_noise(rng, len(x)) * x.std() * np.float32(10 ** (-snr_db / 20))


def _clipped(_rng: np.random.Generator, x: Samples) -> Samples:
    ceiling = 1.5 * float(x.std())
    return np.clip(x, -ceiling, ceiling)


def _phone(_rng: np.random.Generator, x: Samples) -> Samples:
    """A telephone's microphone: 12 dB an octave below 120 Hz."""
    f = np.fft.rfftfreq(len(x), 1 / STREAM_RATE)
    gain = 1 / np.sqrt(1 + (120.0 / np.maximum(f, 1.0)) ** 4)
    heard: Samples = np.fft.irfft(np.fft.rfft(x) * gain, len(x)).astype(np.float32)
    return heard


def _gain_steps(rng: np.random.Generator, x: Samples) -> Samples:
    """Another gain, within 40 dB, every five seconds."""
    steps = 10 ** rng.uniform(-2, 0, int(len(x) / STREAM_RATE / _GAIN_STEP_S) + 1)
    stepped: Samples = x * np.repeat(steps, int(_GAIN_STEP_S * STREAM_RATE))[: len(x)].astype(np.float32)
    return stepped


DISTURBANCES: dict[str, Disturbance] = {
    "as recorded": lambda rng, x: x,
    "pink noise, 20 dB": _pink(20),
    "pink noise, 10 dB": _pink(10),
    "pink noise, 5 dB": _pink(5),
    "pink noise, 0 dB": _pink(0),
    "clipped at 1.5 RMS": _clipped,
    "telephone (high pass at 120 Hz)": _phone,
    "gain steps of up to 40 dB": _gain_steps,
}
"""What is done to the whole of a recording at 44,100 Hz; noise levels are against the recording's own RMS."""


class _Swapping:
    """A network that takes S1 for S2, and systole for diastole, until it has heard `until` windows."""

    def __init__(self, network: Network, until: int) -> None:
        self.card = network.card
        self._network, self._left = network, until

    def run(self, window: Samples) -> tuple[Samples, Samples]:
        """As `Network.run`."""
        posterior, presence = self._network.run(window)
        if self._left:
            self._left -= 1
            posterior = posterior[:, [2, 3, 0, 1]]
        return posterior, presence


@dataclass(frozen=True)
class Stressed:
    """A set under one disturbance: figures of `evaluate`."""

    name: str
    f1: float
    swap_rate: float
    class_agnostic_f1: float
    coverage: float


def _heard(x: Samples, network: Network, recording: Recording) -> Prediction:
    segmenter = Segmenter(network, DEFAULT_LAG)
    return as_marked(prediction_of(segmenter.push(x) + segmenter.flush()), recording)


def stress(
    recordings: Sequence[Recording], network: Network, say: Callable[[str], None]
) -> tuple[list[Stressed], list[int]]:
    """The set under each disturbance, and the beats to recover from a forced swap. Raises SourceError.

    A swap is forced on the first six seconds of every recording that is right from there on without it.
    """
    scored: dict[str, list[Scored]] = {name: [] for name in DISTURBANCES}
    beats: list[int] = []
    for done, recording in enumerate(recordings, 1):
        x = np.concatenate(list(FileSource(recording.audio).blocks()))
        reference = reference_of(recording)
        for name, disturb in DISTURBANCES.items():
            rng = np.random.default_rng(done)
            found = _heard(np.asarray(disturb(rng, x), np.float32), network, recording)
            scored[name].append(Scored(recording.name, reference, found))
        windows = round(_SWAPPED_S * FRAME_RATE) // DEFAULT_LAG.hop
        since_s = _SWAPPED_S - DEFAULT_LAG.lookahead / FRAME_RATE  # of what is said later, nothing was swapped
        if beats_to_recover(reference, scored["as recorded"][-1].prediction, since_s) == 0:
            swapped = _heard(x, _Swapping(network, windows), recording)
            needed = beats_to_recover(reference, swapped, since_s)
            if needed is not None:
                beats.append(needed)
        if done % 50 == 0 or done == len(recordings):
            say(f"{done} of {len(recordings)} recordings")
    rows = []
    for name, pairs in scored.items():
        figures = evaluate(pairs)
        row = figures["tolerance_ms"][round(HEADLINE_S * 1000)]
        both = row["both"]
        rows.append(Stressed(name, both["f1"], both["swap_rate"], row["class_agnostic_f1"], figures["coverage"]))
    return rows, beats


def beats_to_recover(reference: Reference, found: Prediction, since_s: float) -> int | None:
    """Wrong beats from `since_s` on until three in a row are right; None with fewer than six beats to see it on.

    A beat is a reference S1 with the S2 that follows it; it is right when both are found as what they are. Where
    three in a row never come, all count.
    """
    right = {}
    for kind in KINDS:
        true, said = reference.sounds[kind].mean(axis=1), found.sounds[kind].mean(axis=1)
        right[kind] = np.isin(np.arange(len(true)), match(true, said, HEADLINE_S)[0])
    s1, s2 = (reference.sounds[kind].mean(axis=1) for kind in KINDS)
    following = np.searchsorted(s2, s1)
    pairs = [(i, j) for i, j in enumerate(following) if s1[i] >= since_s and j < len(s2) and s2[j] - s1[i] < 1.0]
    good = [bool(right["S1"][i] and right["S2"][j]) for i, j in pairs]
    if len(good) < 2 * _WITNESSES:
        return None
    for first in range(len(good) - _WITNESSES + 1):
        if all(good[first : first + _WITNESSES]):
            return first
    return len(good)


def table(name: str, rows: Sequence[Stressed], beats: Sequence[int]) -> str:
    """A Markdown table of a set, and the recovery from a forced swap in a sentence below it."""
    lines = [f"| {name} | F1 | swaps | F1, S1 and S2 as one kind | coverage |", "|---|---|---|---|---|"]
    for row in rows:
        figures = (row.f1, row.swap_rate, row.class_agnostic_f1, row.coverage)
        lines.append(f"| {row.name} | " + " | ".join(f"{value * 100:.2f}" for value in figures) + " |")
    if beats:
        lines.append(
            f"\nAfter S1 and S2 were swapped by force for {_SWAPPED_S:g} s ({len(beats)} recordings): "
            f"{np.median(beats):g} wrong beats at the median, {np.quantile(beats, 0.9):g} at the 90th percentile."
        )
    return "\n".join(lines) + "\n"
