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

    s1_onset_s, s2_onset_s: onsets of its sounds. rr_s: from its S1 to the next beat's. s1_s2_s, s2_s1_s: the
    intervals (systole and diastole, onset to onset). s1_s, s2_s: lengths of its sounds. ratio: S1-S2 over
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
    """The beats of the sounds, in time order. Each sound is in exactly one.

    A beat begins with an S1, or with an S2 without one. No interval spans a gap or a missed sound: RR needs the S2
    between.
    """
    starts = sorted(gap.start for gap in gaps)

    def interval(first: Sound | None, second: Sound | None, longest: float) -> float | None:
        if first is None or second is None or bisect_right(starts, first.onset) != bisect_right(starts, second.onset):
            return None
        interval_s = seconds(second.onset - first.onset)
        return interval_s if interval_s <= longest else None

    cycles: list[tuple[Sound | None, Sound | None]] = []
    for sound in sorted(sounds, key=lambda s: s.onset):
        s1, s2 = cycles[-1] if cycles else (None, None)
        if sound.kind == "S1":
            cycles.append((sound, None))
        elif s2 is None and interval(s1, sound, LONGEST_SYSTOLE_S) is not None:
            cycles[-1] = (s1, sound)
        else:
            cycles.append((None, sound))
    measured = []
    for (s1, s2), (following, _) in zip_longest(cycles, cycles[1:], fillvalue=(None, None)):
        systole = interval(s1, s2, LONGEST_SYSTOLE_S)
        diastole = interval(s2, following, LONGEST_DIASTOLE_S)
        sounds_of_beat = [s for s in (s1, s2) if s is not None]
        measured.append(
            Beat(
                s1_onset_s=None if s1 is None else seconds(s1.onset),
                s2_onset_s=None if s2 is None else seconds(s2.onset),
                rr_s=systole + diastole if systole is not None and diastole is not None else None,
                s1_s2_s=systole,
                s2_s1_s=diastole,
                s1_s=None if s1 is None else seconds(s1.offset - s1.onset),
                s2_s=None if s2 is None else seconds(s2.offset - s2.onset),
                ratio=systole / diastole if systole is not None and diastole else None,
                confidence=sum(s.confidence for s in sounds_of_beat) / len(sounds_of_beat),
            )
        )
    return measured
