"""The content of every format as rows in seconds, and the predictions and annotations made of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import nan

import numpy as np

from ...stream.events import Event, Gap, Onset, Sound
from ...stream.rates import seconds
from ...stream.vitals import LONGEST_DIASTOLE_S, LONGEST_SYSTOLE_S
from ..datasets.recording import LATEST_S
from ..scoring import KINDS, Prediction, by_centre

GAP = "gap"


@dataclass(frozen=True)
class Row:
    """A sound or a gap of a file: kind "S1", "S2" or `GAP`, start and end in seconds.

    emitted (seconds) and confidence are nan where unknown. Raises ValueError for impossible times.
    """

    kind: str
    start: float
    end: float
    emitted: float = nan
    confidence: float = nan

    def __post_init__(self) -> None:
        if not -LATEST_S <= self.start <= self.end <= LATEST_S:
            raise ValueError(f"from {self.start:g} to {self.end:g} s")


def rows_of(events: Iterable[Event]) -> list[Row]:
    """The sounds and gaps, in the order of their starts."""
    rows = []
    for e in events:
        if isinstance(e, Sound):
            rows.append(Row(e.kind, seconds(e.onset), seconds(e.offset), seconds(e.emitted), e.confidence))
        elif isinstance(e, Gap):
            rows.append(Row(GAP, seconds(e.start), seconds(e.end)))
    return sorted(rows, key=lambda row: row.start)


def states_of(rows: Iterable[Row]) -> list[tuple[float, float, int]]:
    """Start, end (seconds) and state as CirCor counts them: 1 S1, 2 systole, 3 S2, 4 diastole, 0 abstained.

    Systole and diastole lie between neighbouring sounds; between others, and at a gap, the state is unknown.
    """
    states: list[tuple[float, float, int]] = []
    previous: Row | None = None
    last_end = 0.0
    for row in sorted(rows, key=lambda row: row.start):
        if row.kind == GAP:
            previous = None
            continue
        if row.start > last_end:
            state = 0
            if previous is not None and (previous.kind, row.kind) == KINDS:
                state = 2 if row.start - previous.start <= LONGEST_SYSTOLE_S else 0
            elif previous is not None and (row.kind, previous.kind) == KINDS:
                state = 4 if row.start - previous.start <= LONGEST_DIASTOLE_S else 0
            states.append((last_end, row.start, state))
        states.append((row.start, row.end, 1 if row.kind == "S1" else 3))
        last_end, previous = row.end, row
    return states


def prediction_of(events: Iterable[Event]) -> Prediction:
    """The sounds as a prediction to be scored."""
    return prediction(rows_of(events))


def onsets_of(events: Iterable[Event]) -> Prediction:
    """The provisional onsets as a prediction: sounds of the usual length."""
    return prediction(
        Row(e.kind, seconds(e.onset), seconds(e.end), seconds(e.emitted), e.confidence)
        for e in events
        if isinstance(e, Onset)
    )


def prediction(rows: Iterable[Row]) -> Prediction:
    """The sounds among the rows, by kind in the order of their centres."""
    ordered = sorted(rows, key=lambda row: row.start + row.end)
    each = {kind: [row for row in ordered if row.kind == kind] for kind in KINDS}
    return Prediction(
        {k: by_centre([(row.start, row.end) for row in v]) for k, v in each.items()},
        {k: np.array([row.emitted for row in v], np.float64) for k, v in each.items()},
        {k: np.array([row.confidence for row in v], np.float64) for k, v in each.items()},
    )
