"""Heart rate and intervals of the last ten seconds."""

import itertools
from collections import deque
from dataclasses import dataclass
from statistics import median

from .events import Event, Gap, Sound
from .rates import STREAM_RATE

_REMEMBERED_S = 10.0

LONGEST_SYSTOLE_S, LONGEST_DIASTOLE_S = 0.8, 2.0
"""Onset to onset, S1 to S2 and S2 to S1. In a longer interval a sound was missed."""

LONGEST_CYCLE_S = LONGEST_SYSTOLE_S + LONGEST_DIASTOLE_S
"""From one S1 to the next, for the heart rate."""


@dataclass(frozen=True)
class Vitals:
    """Medians over the last ten seconds, None where there are too few sounds. Intervals are in ms, onset to onset."""

    bpm: float | None = None
    s1_s2_ms: float | None = None
    s2_s1_ms: float | None = None
    confidence: float | None = None


class VitalSigns:
    """Keeps the sounds of the last ten seconds. `at` gives their medians."""

    def __init__(self) -> None:
        self._sounds: deque[Sound] = deque()

    def add(self, event: Event) -> None:
        """Add a sound. A gap removes all sounds before it."""
        if isinstance(event, Gap):
            self._sounds.clear()
        elif isinstance(event, Sound):
            self._sounds.append(event)
            self._trim(event.emitted)

    def at(self, position: int) -> Vitals:
        """The vitals at a stream position."""
        self._trim(position)
        sounds = list(self._sounds)
        systoles, diastoles, cycles = [], [], []
        s1: Sound | None = None
        for first, second in itertools.pairwise(sounds):
            interval_ms = (second.onset - first.onset) / STREAM_RATE * 1000
            if first.kind == "S1":
                s1 = first
            if first.kind == "S1" and second.kind == "S2" and interval_ms <= 1000 * LONGEST_SYSTOLE_S:
                systoles.append(interval_ms)
            elif first.kind == "S2" and second.kind == "S1" and interval_ms <= 1000 * LONGEST_DIASTOLE_S:
                diastoles.append(interval_ms)
                if s1 is not None and second.onset - s1.onset <= LONGEST_CYCLE_S * STREAM_RATE:
                    cycles.append((second.onset - s1.onset) / STREAM_RATE)
        return Vitals(
            bpm=60.0 / median(cycles) if cycles else None,
            s1_s2_ms=median(systoles) if systoles else None,
            s2_s1_ms=median(diastoles) if diastoles else None,
            confidence=sum(s.confidence for s in sounds) / len(sounds) if sounds else None,
        )

    def _trim(self, position: int) -> None:
        while self._sounds and position - self._sounds[0].onset > _REMEMBERED_S * STREAM_RATE:
            self._sounds.popleft()
