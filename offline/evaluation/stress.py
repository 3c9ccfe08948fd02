"""Accuracy under noise, a narrow microphone, clipping, gain steps and after a forced swap."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...models import Network
from ...stream.rates import FRAME_RATE, STREAM_RATE, Samples
from ...stream.segmenter.lag import DEFAULT_LAG
from ...stream.segmenter.segmenter import Segmenter
from ..datasets.recording import Recording
from ..formats import prediction_of
from ..scoring import HEADLINE_S, KINDS, Prediction, Reference, match, reference_of
from ..segmentation import read_stream
from .evaluate import Evaluation, as_marked, evaluate_each

Disturbance = Callable[[np.random.Generator, Samples], Samples]

_GAIN_STEP_S = 5.0
_SMOOTHING_S = 0.02  # of the envelope that a noise suppressor follows
_SUPPRESSED = 0.6  # quantile of the envelope below which it takes sound for noise
_EXPONENT, _FLOOR = 2.0, 10 ** (-40 / 20)
_SWAPPED_S = 6.0
_WITNESSES = 3  # beats in a row that must be right for the swap to be over


def pink_noise(rng: np.random.Generator, samples: int) -> Samples:
    """Noise whose power falls as 1/f above 20 Hz, of RMS 1: shape (samples,)."""
    return _noise(rng, samples, lambda f: 1 / np.sqrt(np.maximum(f, 20.0)))


def _noise(rng: np.random.Generator, samples: int, gain: Callable[[NDArray[Any]], NDArray[Any]]) -> Samples:
    """Noise of RMS 1, shape (samples,), whose amplitude at a frequency in Hz is that of white noise times `gain`."""
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    noise = np.fft.irfft(spectrum * gain(np.fft.rfftfreq(samples, 1 / STREAM_RATE)), samples)
    shaped: Samples = (noise / noise.std()).astype(np.float32)
    return shaped


def _pink(snr_db: float) -> Disturbance:
    return lambda rng, x: x + pink_noise(rng, len(x)) * x.std() * np.float32(10 ** (-snr_db / 20))


def _clipped(_rng: np.random.Generator, x: Samples) -> Samples:
    ceiling = 1.5 * float(x.std())
    return np.clip(x, -ceiling, ceiling)


def _phone(_rng: np.random.Generator, x: Samples) -> Samples:
    """A telephone's microphone: 12 dB an octave below 120 Hz."""
    f = np.fft.rfftfreq(len(x), 1 / STREAM_RATE)
    gain = 1 / np.sqrt(1 + (120.0 / np.maximum(f, 1.0)) ** 4)
    filtered: Samples = np.fft.irfft(np.fft.rfft(x) * gain, len(x)).astype(np.float32)
    return filtered


def _gain_steps(rng: np.random.Generator, x: Samples) -> Samples:
    """Another gain, within 40 dB, every five seconds."""
    steps = 10 ** rng.uniform(-2, 0, int(len(x) / STREAM_RATE / _GAIN_STEP_S) + 1)
    stepped: Samples = x * np.repeat(steps, int(_GAIN_STEP_S * STREAM_RATE))[: len(x)].astype(np.float32)
    return stepped


def _noise_suppressor(_rng: np.random.Generator, x: Samples) -> Samples:
    """A stethoscope that suppresses noise: a downward expander, with near silence between the sounds."""
    size = round(_SMOOTHING_S * STREAM_RATE)
    power = np.cumsum(np.pad(np.square(x, dtype=np.float64), (size - size // 2, size // 2)))
    envelope = np.sqrt(np.maximum(power[size:] - power[:-size], 0.0) / size)
    threshold = max(float(np.quantile(envelope, _SUPPRESSED)), 1e-9)
    gain = np.clip((envelope / threshold) ** _EXPONENT, _FLOOR, 1.0)
    suppressed: Samples = (x * gain).astype(np.float32)
    return suppressed


def _bell(_rng: np.random.Generator, x: Samples) -> Samples:
    """The bell filter of a digital stethoscope: 20 to 200 Hz, 24 dB an octave above."""
    f = np.fft.rfftfreq(len(x), 1 / STREAM_RATE)
    gain = 1 / np.sqrt(1 + (20.0 / np.maximum(f, 1.0)) ** 4) / np.sqrt(1 + (f / 200.0) ** 8)
    filtered: Samples = np.fft.irfft(np.fft.rfft(x) * gain, len(x)).astype(np.float32)
    return filtered


def _infrasound(rng: np.random.Generator, x: Samples) -> Samples:
    """A stethoscope that passes infrasound: noise of 4 to 14 Hz, with thirty times the power of the recording."""
    noise = _noise(rng, len(x), lambda f: (f > 4.0) & (f < 14.0))
    deep: Samples = x + noise * x.std() * np.float32(30.0**0.5)
    return deep


DISTURBANCES: dict[str, Disturbance] = {
    "as recorded": lambda rng, x: x,
    "pink noise, 20 dB": _pink(20),
    "pink noise, 10 dB": _pink(10),
    "pink noise, 5 dB": _pink(5),
    "pink noise, 0 dB": _pink(0),
    "clipped at 1.5 RMS": _clipped,
    "telephone (high pass at 120 Hz)": _phone,
    "gain steps of up to 40 dB": _gain_steps,
    "stethoscope that suppresses noise": _noise_suppressor,
    "bell filter, 20 to 200 Hz": _bell,
    "infrasound, 15 dB above the recording": _infrasound,
}
"""Applied to a whole recording at 44,100 Hz. Noise levels are relative to the recording's RMS."""


class _Swapping:
    """A network that swaps S1 with S2, and systole with diastole, in its first `until` windows."""

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


def _segment(x: Samples, network: Network) -> Prediction:
    segmenter = Segmenter(network, DEFAULT_LAG, rate=STREAM_RATE)
    return prediction_of(segmenter.push(x) + segmenter.flush())


def stress(
    recordings: Sequence[Recording], network: Network, say: Callable[[str], None]
) -> tuple[dict[str, Evaluation], list[int]]:
    """The set under each disturbance, and the beats to recover from a forced swap. Raises SourceError.

    A swap is forced on the first six seconds of every recording that is right from there on without it.
    """
    seeds = count(1)
    beats: list[int] = []

    def predict(recording: Recording) -> dict[str, Prediction]:
        x = read_stream(recording.audio)
        seed = next(seeds)
        predicted = {
            name: _segment(np.asarray(disturb(np.random.default_rng(seed), x), np.float32), network)
            for name, disturb in DISTURBANCES.items()
        }
        needed = _forced_swap(x, network, recording, predicted["as recorded"])
        beats.extend([] if needed is None else [needed])
        return predicted

    return evaluate_each(recordings, DISTURBANCES, predict, say), beats


def _forced_swap(x: Samples, network: Network, recording: Recording, undisturbed: Prediction) -> int | None:
    """Beats to recover; None for a recording on which that cannot be seen."""
    windows = round(_SWAPPED_S * FRAME_RATE) // DEFAULT_LAG.hop
    since_s = _SWAPPED_S - DEFAULT_LAG.lookahead / FRAME_RATE  # later frames are not swapped
    reference = reference_of(recording)
    if beats_to_recover(reference, as_marked(undisturbed, recording), since_s) != 0:
        return None
    swapped = _segment(x, _Swapping(network, windows))
    return beats_to_recover(reference, as_marked(swapped, recording), since_s)


def beats_to_recover(reference: Reference, prediction: Prediction, since_s: float) -> int | None:
    """Wrong beats from `since_s` on until three in a row are right; None with fewer than six beats to see it on.

    A beat is a reference S1 with the S2 that follows it. It is right when both are found as what they are. Where
    three in a row never come, all count.
    """
    right = {}
    for kind in KINDS:
        true, predicted = reference.sounds[kind].mean(axis=1), prediction.sounds[kind].mean(axis=1)
        right[kind] = np.isin(np.arange(len(true)), match(true, predicted, HEADLINE_S)[0])
    s1, s2 = (reference.sounds[kind].mean(axis=1) for kind in KINDS)
    following = np.searchsorted(s2, s1)
    pairs = [(i, j) for i, j in enumerate(following) if s1[i] >= since_s and j < len(s2) and s2[j] - s1[i] < 1.0]
    is_right = [bool(right["S1"][i] and right["S2"][j]) for i, j in pairs]
    if len(is_right) < 2 * _WITNESSES:
        return None
    for first in range(len(is_right) - _WITNESSES + 1):
        if all(is_right[first : first + _WITNESSES]):
            return first
    return len(is_right)


def stress_table(name: str, evaluations: Mapping[str, Evaluation], beats: Sequence[int]) -> str:
    """A Markdown table of a set, and the recovery from a forced swap in a sentence below it."""
    lines = [f"| {name} | F1 | swaps | F1, S1 and S2 as one kind | coverage |", "|---|---|---|---|---|"]
    for disturbance, e in evaluations.items():
        figures = (e.f1, e.swap_rate, e.class_agnostic_f1, e.coverage)
        lines.append(f"| {disturbance} | " + " | ".join(f"{value * 100:.2f}" for value in figures) + " |")
    if beats:
        lines.append(
            f"\nAfter S1 and S2 were swapped by force for {_SWAPPED_S:g} s ({len(beats)} recordings): "
            f"{np.median(beats):g} wrong beats at the median, {np.quantile(beats, 0.9):g} at the 90th percentile."
        )
    return "\n".join(lines) + "\n"
