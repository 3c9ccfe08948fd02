"""What a set of recordings holds, counted: for `heartseg-offline data`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...stream.sources.base import SourceError
from ...stream.sources.file import FileSource
from ..scoring import median_bpm, reference_of
from .recording import Skipped
from .sets import public_set

_NAMES_SHOWN = 5


@dataclass(frozen=True)
class Description:
    """A set in figures.

    persons: None where the set does not say who is who. rates: sampling rates in Hz -> recordings.
    annotated_s: seconds in which an annotator named the heart's state (PASCAL: from the first mark to the last).
    beats: annotated S1. bpm: shape (n,), median heart rate of each recording that has one.
    """

    kind: str
    recordings: int
    persons: int | None
    rates: dict[int, int]
    seconds: float
    annotated_s: float
    beats: int
    bpm: NDArray[np.float64]
    skipped: Skipped


def describe(folder: Path) -> Description:
    """Count what is in a folder of a supported set. Raises DataError."""
    kind, skipped = public_set(folder), Skipped()
    rates: dict[int, int] = {}
    persons, bpm = set(), []
    seconds, annotated, beats, recordings = 0.0, 0.0, 0, 0
    for recording in kind.read(folder, skipped):
        try:
            source = FileSource(recording.audio)
        except SourceError:
            skipped.add("sound cannot be read", recording.name)
            continue
        source.close()
        recordings += 1
        persons.add(recording.person)
        rates[source.rate] = rates.get(source.rate, 0) + 1
        seconds += source.seconds
        spans = np.clip(reference_of(recording).spans, 0.0, source.seconds)
        annotated += float((spans[:, 1] - spans[:, 0]).sum())
        beats += int((recording.state == 1).sum())
        bpm.append(median_bpm(recording.start_s[recording.state == 1]))
    known = np.array([v for v in bpm if np.isfinite(v)], np.float64)
    named = len(persons) if kind.names_persons else None
    return Description(kind.name, recordings, named, rates, seconds, annotated, beats, known, skipped)


def text(name: str, d: Description) -> str:
    """The description in lines for a person."""
    persons = "persons not told apart" if d.persons is None else f"{d.persons} persons"
    if len(d.rates) == 1:
        rates = f"at {next(iter(d.rates)):,} Hz"
    else:
        rates = "at " + ", ".join(f"{rate:,} Hz ({count})" for rate, count in sorted(d.rates.items()))
    lines = [
        f"{name}: {d.kind}",
        f"  recordings  {d.recordings:,}, {persons}, {d.seconds / 3600:.2f} hours {rates}",
        f"  annotated   {d.annotated_s / d.seconds * 100 if d.seconds else 0:.1f} % of the time, {d.beats:,} beats",
    ]
    if len(d.bpm):
        lines.append(
            f"  heart rate  {d.bpm.min():.0f} to {d.bpm.max():.0f} bpm, half of them from "
            f"{np.quantile(d.bpm, 0.25):.0f} to {np.quantile(d.bpm, 0.75):.0f} (median of each recording)"
        )
    for reason, names in d.skipped.reasons.items():
        more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
        lines.append(f"  skipped     {len(names):,}: {reason}: {', '.join(names[:_NAMES_SHOWN])}{more}")
    return "\n".join(lines if d.skipped.reasons else [*lines, "  skipped     nothing"])
