"""`heartseg-offline data`: the contents of the public sets, counted."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...stream import NOTICE
from ...stream.sources.base import SourceError
from ..console import say
from ..datasets.recording import DataError, Skipped, data_root
from ..datasets.sets import find_sets, public_set, set_names
from ..scoring import median_bpm, reference_of

EXAMPLE = "circor/dev pascal"

_NAMES_SHOWN = 5


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    p.add_argument(
        "sets", nargs="*", type=Path, metavar="SET",
        help="folders of CirCor, CinC 2016 or PASCAL set A (default: all in $HEARTSEG_DATA)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Describe every set; returns the exit status."""
    sets = [s for folder in args.sets for s in _sets(folder)] or find_sets(data_root())
    status = 0
    for name, folder in zip(set_names(sets), sets, strict=True):
        try:
            print(_text(name, describe(folder)), end="\n\n", flush=True)
        except DataError as error:
            say(str(error))
            status = 1
    print(NOTICE)
    return status


def _sets(folder: Path) -> list[Path]:
    """The sets in and below a folder; the folder itself where there are none, for it to be refused by name."""
    try:
        return find_sets(folder)
    except DataError:
        return [folder]


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
    """Count the recordings of a supported set. Raises DataError."""
    from ...stream.sources.file import FileSource

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
    known_bpm = np.array([v for v in bpm if np.isfinite(v)], np.float64)
    n_persons = len(persons) if kind.names_persons else None
    return Description(kind.name, recordings, n_persons, rates, seconds, annotated, beats, known_bpm, skipped)


def _text(name: str, d: Description) -> str:
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
