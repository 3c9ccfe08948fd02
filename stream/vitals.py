"""Heart rate and intervals of the last ten seconds, and how much of the time they rest on."""

import itertools
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from .events import Event, Gap, Sound
from .rates import STREAM_RATE

_REMEMBERED = 10 * STREAM_RATE

LONGEST_SYSTOLE_S, LONGEST_DIASTOLE_S = 0.8, 2.0
"""Onset to onset, S1 to S2 and S2 to S1. In a longer interval a sound was missed."""

LONGEST_CYCLE_S = LONGEST_SYSTOLE_S + LONGEST_DIASTOLE_S
"""From one S1 to the next, for the heart rate."""


FEWEST_CYCLES, LEAST_COVERAGE = 2, 0.5
"""Below one of them there is no heart rate and no interval: too little was named."""


@dataclass(frozen=True)
class Vitals:
    """Medians over the last ten seconds, None where too little was named. Intervals are in ms, onset to onset.

    confidence: mean of the sounds. coverage: share of the time, 0 to 1, see `coverage`.
    """

    bpm: float | None = None
    s1_s2_ms: float | None = None
    s2_s1_ms: float | None = None
    confidence: float | None = None
    coverage: float = 0.0


def cycles(sounds: Iterable[Sound]) -> list[tuple[int, int]]:
    """Whole named cycles: from each S1 to the next, in stream samples. There is one S2 between. sounds: in order."""
    named = list(sounds)
    return [
        (a.onset, c.onset)
        for a, b, c in zip(named, named[1:], named[2:], strict=False)
        if (a.kind, b.kind, c.kind) == ("S1", "S2", "S1") and c.onset - a.onset <= LONGEST_CYCLE_S * STREAM_RATE
    ]


def coverage(sounds: Iterable[Sound], start: int, end: int) -> float:
    """Share of the samples from `start` to before `end` that lie in whole named cycles, 0 to 1. sounds: in order."""
    covered = sum(max(0, min(last, end) - max(first, start)) for first, last in cycles(sounds))
    return covered / (end - start) if end > start else 0.0


class VitalSigns:
    """Keeps the sounds of the last ten seconds. `at` gives their medians."""

    def __init__(self) -> None:
        self._sounds: deque[Sound] = deque()
        self._begin = 0  # the stream's, or the end of the last gap

    def add(self, event: Event) -> None:
        """Add a sound. A gap removes all sounds before it."""
        if isinstance(event, Gap):
            self._sounds.clear()
            self._begin = event.end
        elif isinstance(event, Sound):
            self._sounds.append(event)
            self._trim(event.emitted)

    def at(self, position: int) -> Vitals:
        """The vitals at a stream position."""
        self._trim(position)
        start = max(self._begin, position - _REMEMBERED)
        share = coverage(self._sounds, start, position)
        lengths = [last - first for first, last in cycles(self._sounds) if last > start]
        if len(lengths) < FEWEST_CYCLES or share < LEAST_COVERAGE:
            return Vitals(coverage=share)
        intervals: dict[str, list[int]] = {"S1": [], "S2": []}  # by the sound that begins them
        for first, second in itertools.pairwise(self._sounds):
            longest_s = LONGEST_SYSTOLE_S if first.kind == "S1" else LONGEST_DIASTOLE_S
            interval = second.onset - first.onset
            if second.onset > start and first.kind != second.kind and interval <= longest_s * STREAM_RATE:
                intervals[first.kind].append(interval)
        heard = [sound.confidence for sound in self._sounds if sound.onset > start]
        return Vitals(
            bpm=60 * STREAM_RATE / median(lengths),
            s1_s2_ms=_median_ms(intervals["S1"]),
            s2_s1_ms=_median_ms(intervals["S2"]),
            confidence=sum(heard) / len(heard),
            coverage=share,
        )

    def _trim(self, position: int) -> None:
        # A cycle may begin before the ten seconds and end within.
        while self._sounds and position - self._sounds[0].onset > _REMEMBERED + LONGEST_CYCLE_S * STREAM_RATE:
            self._sounds.popleft()


def _median_ms(intervals: list[int]) -> float | None:
    return median(intervals) / STREAM_RATE * 1000 if intervals else None
