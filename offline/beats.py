"""Beats from heart sounds: the intervals of each cardiac cycle, from onset to onset, and their medians."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby, zip_longest
from statistics import mean, median

from ..stream.events import Gap, Sound
from ..stream.rates import STREAM_RATE, seconds
from ..stream.vitals import (
    FEWEST_CYCLES,
    LEAST_COVERAGE,
    LONGEST_DIASTOLE_S,
    LONGEST_SYSTOLE_S,
    coverage,
    cycles,
)


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

    pairs: list[tuple[Sound | None, Sound | None]] = []
    for sound in sorted(sounds, key=lambda s: s.onset):
        s1, s2 = pairs[-1] if pairs else (None, None)
        if sound.kind == "S1":
            pairs.append((sound, None))
        elif s2 is None and interval(s1, sound, LONGEST_SYSTOLE_S) is not None:
            pairs[-1] = (s1, sound)
        else:
            pairs.append((None, sound))
    measured = []
    for (s1, s2), (following, _) in zip_longest(pairs, pairs[1:], fillvalue=(None, None)):
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


@dataclass(frozen=True)
class Summary:
    """The medians of a recording: heart rate in bpm, systole and diastole in ms. None where too little was named.

    beats: S1 with their S2. coverage: share of the time in whole named cycles, 0 to 1. confidence: mean of the sounds,
    None without sounds.
    """

    beats: int
    heart_rate: float | None
    systole_ms: float | None
    diastole_ms: float | None
    coverage: float
    confidence: float | None


def summary(sounds: Iterable[Sound], gaps: Iterable[Gap], length: int) -> Summary:
    """The medians of a recording of `length` stream samples. No cycle spans a gap."""
    named, gaps = sorted(sounds, key=lambda s: s.onset), list(gaps)
    starts = sorted(gap.start for gap in gaps)
    runs = [list(run) for _, run in groupby(named, key=lambda s: bisect_right(starts, s.onset))]
    lengths = [end - start for run in runs for start, end in cycles(run)]
    share = sum(coverage(run, 0, length) for run in runs)
    is_enough = len(lengths) >= FEWEST_CYCLES and share >= LEAST_COVERAGE
    measured = beats(named, gaps)
    return Summary(
        beats=sum(beat.s1_s2_s is not None for beat in measured),
        heart_rate=60 * STREAM_RATE / median(lengths) if is_enough else None,
        systole_ms=_median_ms([beat.s1_s2_s for beat in measured]) if is_enough else None,
        diastole_ms=_median_ms([beat.s2_s1_s for beat in measured]) if is_enough else None,
        coverage=share,
        confidence=mean(s.confidence for s in named) if named else None,
    )


def _median_ms(intervals_s: Iterable[float | None]) -> float | None:
    known = [interval for interval in intervals_s if interval is not None]
    return 1000 * median(known) if known else None
