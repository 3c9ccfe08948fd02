"""Accuracy against latency, the trade-off of a live segmenter."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...models import Network, load
from ...stream.rates import STREAM_RATE
from ...stream.segmenter.lag import DEFAULT_LAG, FAST_HOP, FULL_CONTEXT, LONGEST_LOOKAHEAD, Lag
from ...stream.segmenter.segmenter import Segmenter
from ..console import drawing
from ..datasets.recording import Recording
from ..formats import onsets_of, prediction_of
from ..scoring import Prediction
from ..segmentation import read_stream
from .evaluate import Evaluation, evaluate_each

ONSET, FAST_ONSET = "onset", "onset, fast"
"""Rows that score provisional onsets, with slow and with fast hops."""

_FAST_LAG = Lag(20, FAST_HOP)
_ONSETS = {FAST_ONSET: "named at the onset, every 10 ms", ONSET: "named at the onset"}


@dataclass(frozen=True)
class Point:
    """One set at one lag: the names of both, and its evaluation."""

    data: str
    lag: str
    evaluation: Evaluation

    @property
    def lag_ms(self) -> float:
        """95th percentile of the lag; nan where no sound was found."""
        return (self.evaluation.lag_s or {"q0.95": float("nan")})["q0.95"] * 1000


def lags() -> dict[str, Lag]:
    """All lags that are measured, shortest first, by name: the bound in ms, and full context."""
    fast = [*(Lag(n, FAST_HOP) for n in (0, 2, 5, 10, 15)), _FAST_LAG]
    slow = [Lag(n) for n in range(20, LONGEST_LOOKAHEAD + 1, 5)] + [Lag(LONGEST_LOOKAHEAD, commit_delay=43)]
    live = sorted(fast + slow, key=lambda lag: lag.bound_ms)
    return {**{f"{lag.bound_ms:.0f}": lag for lag in live}, "full": FULL_CONTEXT}


class _Remembered:
    """A network that caches its outputs: all lags of one hop ask for the same windows in the same order."""

    def __init__(self, network: Network) -> None:
        self.card = network.card
        self._network = network
        self._answers: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
        self._next = 0

    def rewind(self) -> None:
        """The next window is the first one again."""
        self._next = 0

    def run(self, window: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """As `Network.run`."""
        if self._next == len(self._answers):
            self._answers.append(self._network.run(window))
        self._next += 1
        return self._answers[self._next - 1]


def predictions(recording: Recording, networks: Mapping[str, Network]) -> dict[str, Prediction]:
    """The live path's sounds of a recording at every lag. networks: by name. Raises SourceError."""
    samples = read_stream(recording.audio)
    remembered = {(lag.network, lag.hop): _Remembered(networks[lag.network]) for lag in lags().values()}
    predicted = {}
    for name, lag in lags().items():
        answers = remembered[lag.network, lag.hop]
        answers.rewind()
        segmenter = Segmenter(answers, lag, rate=STREAM_RATE)
        events = segmenter.push(samples) + segmenter.flush()
        if lag == DEFAULT_LAG:
            predicted[ONSET] = onsets_of(events)
        if lag == _FAST_LAG:
            predicted[FAST_ONSET] = onsets_of(events)
        predicted[name] = prediction_of(events)
    return predicted


def curve(sets: dict[str, list[Recording]], say: Callable[[str], None]) -> list[Point]:
    """Every set at every lag, by the shipped networks. Raises SourceError."""
    networks = {name: load(name) for name in {lag.network for lag in lags().values()}}
    points = []
    for data, recordings in sets.items():
        evaluations = evaluate_each(
            recordings, (*_ONSETS, *lags()), lambda recording: predictions(recording, networks), say, data
        )
        points += [Point(data, name, evaluation) for name, evaluation in evaluations.items()]
    return points


def curve_table(points: Sequence[Point]) -> str:
    """A Markdown table: pooled F1 within 60 ms for each set and lag."""
    sets = list(dict.fromkeys(p.data for p in points))
    lines = ["| lag, ms (95 % of sounds) | " + " | ".join(sets) + " |", "|---" * (len(sets) + 1) + "|"]
    for name in dict.fromkeys(p.lag for p in points):
        row = {p.data: p for p in points if p.lag == name}
        lag = _range([row[s].lag_ms for s in sets])
        lag = {"full": "whole recording", **{n: f"{lag}, {text}" for n, text in _ONSETS.items()}}.get(name, lag)
        lines.append(f"| {lag} | " + " | ".join(f"{row[s].evaluation.f1 * 100:.2f}" for s in sets) + " |")
    return "\n".join(lines) + "\n"


def _range(values: Sequence[float]) -> str:
    known = [v for v in values if v == v]
    if not known:
        return "–"
    low, high = round(min(known)), round(max(known))
    if low == high:
        return f"{low}"
    return f"{low} to {high}" if low < 0 else f"{low}–{high}"


def draw_curve(points: Sequence[Point], path: Path) -> None:
    """F1 against lag, S1 and S2 apart, a line for each set; full context as a level at the right edge."""
    plt = drawing()
    figure, axes = plt.subplots(figsize=(8, 4.5))
    colours = {data: f"C{i}" for i, data in enumerate(dict.fromkeys(p.data for p in points))}
    for data, colour in colours.items():
        live = [p for p in points if p.data == data and p.lag != "full"]
        full = next(p for p in points if p.data == data and p.lag == "full")
        lag = [p.lag_ms for p in live]
        axes.plot(lag, [p.evaluation.f1 * 100 for p in live], "o-", color=colour, label=data)
        axes.plot(lag, [p.evaluation.s1.f1 * 100 for p in live], ":", color=colour, lw=0.8)
        axes.plot(lag, [p.evaluation.s2.f1 * 100 for p in live], "--", color=colour, lw=0.8)
        axes.plot(
            [1.02], [full.evaluation.f1 * 100], "<", color=colour, transform=axes.get_yaxis_transform(), clip_on=False
        )
    axes.plot([], [], "k:", lw=0.8, label="S1 alone")
    axes.plot([], [], "k--", lw=0.8, label="S2 alone")
    axes.plot([], [], "k<", label="whole recording")
    axes.set(xlabel="lag from a sound's centre to its event, ms (95th percentile)", ylabel="F1 within 60 ms, %")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="lower right")
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)
