"""Beats from heart sounds: the intervals of each cardiac cycle, from onset to onset."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

from ..stream.events import Gap, Sound
from ..stream.rates import seconds
from ..stream.vitals import LONGEST_DIASTOLE_S, LONGEST_SYSTOLE_S


@dataclass(frozen=True)
class Beat:
    """One cardiac cycle, in seconds; None where a sound, or the one that should follow it, is missing.

    s1_onset_s, s2_onset_s: where its sounds begin. rr_s: from its S1 to the next beat's. s1_s2_s, s2_s1_s: the
    intervals (systole and diastole as they are heard). s1_s, s2_s: how long its sounds last. ratio: S1-S2 over
    S2-S1. confidence: mean of its sounds, 0 to 1.
    """

    s1_onset_s: float | None
    s2_onset_s: float | None
    rr_s: float | None
    s1_s2_s: float | None
    s2_s1_s: float | None
    s1_s: float | None
    s2_s: float | None
    ratio: float | None
    confidence: float


def beats(sounds: Iterable[Sound], gaps: Iterable[Gap] = ()) -> list[Beat]:
    """The beats that the sounds make, in time order; each sound is in exactly one.

    A beat begins with an S1, or with an S2 that has none before it. No interval spans a gap, or a sound that was
    missed: RR needs the S2 between.
    """
    starts = sorted(gap.start for gap in gaps)

    def interval(before: Sound | None, after: Sound | None, longest: float) -> float | None:
        if before is None or after is None or bisect_right(starts, before.onset) != bisect_right(starts, after.onset):
            return None
        apart = seconds(after.onset - before.onset)
        return apart if apart <= longest else None

    cycles: list[tuple[Sound | None, Sound | None]] = []
    for sound in sorted(sounds, key=lambda s: s.onset):
        s1, s2 = cycles[-1] if cycles else (None, None)
        if sound.kind == "S1":
            cycles.append((sound, None))
        elif s2 is None and interval(s1, sound, LONGEST_SYSTOLE_S) is not None:
            cycles[-1] = (s1, sound)
        else:
            cycles.append((None, sound))
    found = []
    for (s1, s2), (following, _) in zip_longest(cycles, cycles[1:], fillvalue=(None, None)):
        systole = interval(s1, s2, LONGEST_SYSTOLE_S)
        diastole = interval(s2, following, LONGEST_DIASTOLE_S)
        heard = [s for s in (s1, s2) if s is not None]
        found.append(
            Beat(
                s1_onset_s=None if s1 is None else seconds(s1.onset),
                s2_onset_s=None if s2 is None else seconds(s2.onset),
                rr_s=systole + diastole if systole is not None and diastole is not None else None,
                s1_s2_s=systole,
                s2_s1_s=diastole,
                s1_s=None if s1 is None else seconds(s1.offset - s1.onset),
                s2_s=None if s2 is None else seconds(s2.offset - s2.onset),
                ratio=systole / diastole if systole is not None and diastole else None,
                confidence=sum(s.confidence for s in heard) / len(heard),
            )
        )
    return found
