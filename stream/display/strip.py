"""The rhythm strip: a scrolling phonocardiogram, each sound in its colour or shape, and below it its name."""

import itertools

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style

from ..events import Gap, Marker, Sound
from ..rates import STREAM_RATE
from ..sinks.text import NAMES
from .state import BIN, Snapshot
from .theme import KINDS, PLAIN, Look

COLUMN = 5 * BIN
"""Stream samples to a column (50 ms)."""

_QUIETEST = 1e-4  # what fills the strip at the least, so that silence stays flat

Row = list[Segment]


class Waveform:
    """Draws snapshots; keeps its scale from one to the next, so that the strip stands still while it scrolls.

    zoom: how much taller than what fits.
    """

    def __init__(self, look: Look) -> None:
        self._look = look
        self._top = _QUIETEST
        self.zoom = 1.0

    def rows(self, state: Snapshot, columns: int, rows: int) -> list[Row]:
        """`rows` rows of bars around a centre line and one of names, each of `columns` columns."""
        end = -(-state.position // COLUMN)
        level = _columns(state, columns, end)
        start = (end - columns) * COLUMN
        half = np.clip(np.rint(level / self._scale(level) * rows), 0, rows).astype(int)  # in half rows, each side

        kinds = np.full(columns, PLAIN)
        gaps, marks = np.zeros(columns, bool), np.zeros(columns, bool)
        names: list[tuple[int, str, Style]] = []
        signs: list[tuple[int, str, Style]] = []
        for event in (*state.events, *_expected(state)):
            if isinstance(event, Marker):
                at = (event.at - start) // COLUMN
                if 0 <= at < columns:
                    marks[at] = True
                    signs.append((at, self._look.sign("▲", "^"), self._look.warning))
                continue
            first, last = (event.start, event.end) if isinstance(event, Gap) else (event.onset, event.offset)
            span = slice(max(0, (first - start) // COLUMN), max(0, (last - 1 - start) // COLUMN + 1))
            centre = ((first + last) // 2 - start) // COLUMN
            if isinstance(event, Gap):
                gaps[span] = True
                names.append((centre, "gap", self._look.warning))
            else:
                kinds[span] = KINDS[event.kind]
                names.append((centre, NAMES[event.kind], self._look.kinds[KINDS[event.kind]]))
        return [*self._bars(half, kinds, gaps, marks, start, rows), _named(names + signs, columns)]

    def _scale(self, level: NDArray[np.float32]) -> float:
        loud = max(float(np.quantile(level, 0.98)), _QUIETEST)
        if not 0.6 * self._top <= loud <= self._top:
            self._top = 1.1 * loud
        return self._top / self.zoom

    def _bars(
        self, half: NDArray[np.int_], kinds: NDArray[np.int_], gaps: NDArray[np.bool_], marks: NDArray[np.bool_],
        start: int, rows: int,
    ) -> list[Row]:  # fmt: skip
        # The style runs are the same in every row; a row's glyphs follow from how far it is from the centre line.
        look, columns = self._look, len(half)
        edges = [0, *(np.flatnonzero(np.diff(kinds)) + 1).tolist(), columns]
        runs = [(a, b, look.kinds[kinds[a]]) for a, b in itertools.pairwise(edges)]
        seconds = (start // COLUMN + np.arange(columns)) % (STREAM_RATE // COLUMN) == 0
        line = np.where(seconds, look.sign("┼", "+"), look.sign("─", "-"))
        line[gaps] = look.sign("╌", "~")
        mark = look.sign("┊", ":")
        middle = rows // 2
        drawn = []
        for row in range(rows):
            upper, lower = abs(2 * row - 2 * middle), abs(2 * row + 1 - 2 * middle)
            filled = (half > upper) + 2 * (half > lower)
            glyphs = look.glyphs[kinds, filled]
            bare = filled == 0
            if row == middle:
                glyphs[bare] = line[bare]
            glyphs[bare & marks] = mark
            text = "".join(glyphs.tolist())
            drawn.append([Segment(text)] if text.isspace() else [Segment(text[a:b], style) for a, b, style in runs])
        return drawn


def _columns(state: Snapshot, columns: int, end: int) -> NDArray[np.float32]:
    """The loudest in each of the columns before column `end`. Columns are those of the stream, whatever the moment."""
    per = COLUMN // BIN
    peaks = np.zeros(columns * per, np.float32)
    after = min(end * per - state.position // BIN, len(peaks))  # bins of the newest column that are still to come
    have = state.peaks[max(0, len(state.peaks) - (len(peaks) - after)) :]
    peaks[len(peaks) - after - len(have) : len(peaks) - after] = have
    level: NDArray[np.float32] = peaks.reshape(columns, per).max(axis=1)
    return level


def _expected(state: Snapshot) -> list[Sound]:
    """Sounds named at their onset and not decided yet, as long as they mostly are."""
    decided = max((e.offset for e in state.events if isinstance(e, Sound)), default=0)
    return [
        Sound(o.kind, o.onset, o.expected_offset, o.confidence, o.emitted)
        for o in state.onsets
        if o.onset >= decided and state.position - o.onset < STREAM_RATE
    ]


def _named(names: list[tuple[int, str, Style]], columns: int) -> Row:
    """Names around their columns; where there is no room, the later one stands."""
    letters: list[tuple[str, Style | None]] = [(" ", None)] * columns
    for centre, name, style in names:
        first = centre - len(name) // 2
        for i, letter in enumerate(name):
            if 0 <= first + i < columns:
                letters[first + i] = (letter, style)
    return [Segment("".join(c for c, _ in run), style) for style, run in itertools.groupby(letters, lambda x: x[1])]
