"""Heart rate and intervals from the sounds heard last."""

import itertools
from collections import deque
from dataclasses import dataclass
from statistics import median

from .events import Event, Gap, Sound
from .rates import STREAM_RATE

_REMEMBERED_S = 10.0

LONGEST_SYSTOLE_S, LONGEST_DIASTOLE_S = 0.8, 2.0
"""From the onset of S1 to that of S2, and of S2 to that of the next S1: beyond these a sound was missed between."""

LONGEST_CYCLE_S = LONGEST_SYSTOLE_S + LONGEST_DIASTOLE_S
"""From one S1 to the next, for the heart rate."""


@dataclass(frozen=True)
class Vitals:
    """Medians over the last ten seconds; None where too little was heard. Intervals in ms, onset to onset."""

    bpm: float | None = None
    s1_s2_ms: float | None = None
    s2_s1_ms: float | None = None
    confidence: float | None = None


class VitalSigns:
    """Keeps the sounds of the last ten seconds; `now` sums them up."""

    def __init__(self) -> None:
        self._sounds: deque[Sound] = deque()

    def event(self, event: Event) -> None:
        """Take a sound into account; a gap forgets those before it."""
        if isinstance(event, Gap):
            self._sounds.clear()
        elif isinstance(event, Sound):
            self._sounds.append(event)
            self._forget(event.emitted)

    def now(self, position: int) -> Vitals:
        """The figures at a stream position."""
        self._forget(position)
        sounds = list(self._sounds)
        systole, diastole, cycle = [], [], []
        last_s1: Sound | None = None
        for before, after in itertools.pairwise(sounds):
            interval = (after.onset - before.onset) / STREAM_RATE * 1000
            if before.kind == "S1":
                last_s1 = before
            if before.kind == "S1" and after.kind == "S2" and interval <= 1000 * LONGEST_SYSTOLE_S:
                systole.append(interval)
            elif before.kind == "S2" and after.kind == "S1" and interval <= 1000 * LONGEST_DIASTOLE_S:
                diastole.append(interval)
                if last_s1 is not None and after.onset - last_s1.onset <= LONGEST_CYCLE_S * STREAM_RATE:
                    cycle.append((after.onset - last_s1.onset) / STREAM_RATE)
        return Vitals(
            bpm=60.0 / median(cycle) if cycle else None,
            s1_s2_ms=median(systole) if systole else None,
            s2_s1_ms=median(diastole) if diastole else None,
            confidence=sum(s.confidence for s in sounds) / len(sounds) if sounds else None,
        )

    def _forget(self, position: int) -> None:
        while self._sounds and position - self._sounds[0].onset > _REMEMBERED_S * STREAM_RATE:
            self._sounds.popleft()
