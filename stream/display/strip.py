"""The rhythm strip: a scrolling phonocardiogram, each sound in its colour or shape, and its name below."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style

from ..events import Gap, Marker, Onset, Shown, Sound
from ..rates import STREAM_RATE, Samples
from .state import BIN, DisplayState
from .theme import PLAIN, ROWS, Theme

COLUMN = 5 * BIN
"""Stream samples to a column (50 ms)."""

_SMALLEST_SCALE = 1e-4  # so that silence stays flat
_SHORTEST_FILL, _HEADROOM = 0.6, 1.1
_PROVISIONAL = STREAM_RATE  # how long an onset is drawn without a confirmed sound

Row = list[Segment]
Label = tuple[int, str, Style]
"""Centre column, text and style."""


@dataclass(frozen=True)
class _Columns:
    """What is drawn in each column. kind: row of the theme. gap, mark: whether there is one."""

    kind: NDArray[np.int_]
    gap: NDArray[np.bool_]
    mark: NDArray[np.bool_]


def full_scale(state: DisplayState, columns: int, previous: float | None = None) -> float:
    """The magnitude that fills the strip. It stays at the previous one while that fits, so that the strip is steady."""
    loud = max(float(np.quantile(_levels(state, columns), 0.98)), _SMALLEST_SCALE)
    scale = _SMALLEST_SCALE if previous is None else previous
    return scale if _SHORTEST_FILL * scale <= loud <= scale else _HEADROOM * loud


def strip_rows(state: DisplayState, columns: int, rows: int, theme: Theme) -> list[Row]:
    """`rows` rows of bars around a centre line and one row of labels, each of `columns` columns."""
    scale = full_scale(state, columns) if state.full_scale is None else state.full_scale
    half_rows = np.clip(np.rint(_levels(state, columns) / (scale / state.zoom) * rows), 0, rows).astype(int)
    start = (_end_column(state) - columns) * COLUMN
    drawn = _Columns(np.full(columns, PLAIN), np.zeros(columns, bool), np.zeros(columns, bool))
    labels: list[Label] = []
    signs: list[Label] = []  # over the labels
    for event in (*state.events, *_provisional(state)):
        first = (event.start - start) // COLUMN
        last = (max(event.end - 1, event.start) - start) // COLUMN
        span = slice(max(0, first), max(0, last + 1))
        centre = ((event.start + event.end) // 2 - start) // COLUMN
        match event:
            case Marker():
                drawn.mark[span] = True
                signs.append((centre, theme.sign("▲", "^"), theme.warning))
            case Gap():
                drawn.gap[span] = True
                labels.append((centre, event.label, theme.warning))
            case Sound() | Onset():
                drawn.kind[span] = ROWS[event.kind]
                labels.append((centre, event.label, theme.kinds[ROWS[event.kind]]))
    return [*_bars(half_rows, drawn, start, rows, theme), _label_row(labels + signs, columns)]


def _bars(half_rows: NDArray[np.int_], drawn: _Columns, start: int, rows: int, theme: Theme) -> list[Row]:
    # The style runs are the same in every row. A row's glyphs follow from its distance to the centre line.
    columns = len(half_rows)
    edges = [0, *(np.flatnonzero(np.diff(drawn.kind)) + 1).tolist(), columns]
    runs = [(a, b, theme.kinds[drawn.kind[a]]) for a, b in itertools.pairwise(edges)]
    whole_seconds = (start // COLUMN + np.arange(columns)) % (STREAM_RATE // COLUMN) == 0
    line = np.where(whole_seconds, theme.sign("┼", "+"), theme.sign("─", "-"))
    line[drawn.gap] = theme.sign("╌", "~")
    middle = rows // 2
    bars = []
    for row in range(rows):
        upper, lower = abs(2 * row - 2 * middle), abs(2 * row + 1 - 2 * middle)
        filled = (half_rows > upper) + 2 * (half_rows > lower)
        glyphs = theme.glyphs[drawn.kind, filled]
        is_bare = filled == 0
        if row == middle:
            glyphs[is_bare] = line[is_bare]
        glyphs[is_bare & drawn.mark] = theme.sign("┊", ":")
        text = "".join(glyphs.tolist())
        bars.append([Segment(text)] if text.isspace() else [Segment(text[a:b], style) for a, b, style in runs])
    return bars


def _end_column(state: DisplayState) -> int:
    """The column after the newest. Columns are fixed in the stream, so that bars do not change as they scroll."""
    return -(-state.position // COLUMN)


def _levels(state: DisplayState, columns: int) -> Samples:
    """The largest magnitude in each of the newest columns."""
    bins = COLUMN // BIN
    peaks = np.zeros(columns * bins, np.float32)
    missing = min(_end_column(state) * bins - state.position // BIN, len(peaks))  # bins of the newest column to come
    newest = state.peaks[max(0, len(state.peaks) - (len(peaks) - missing)) :]
    peaks[len(peaks) - missing - len(newest) : len(peaks) - missing] = newest
    levels: Samples = peaks.reshape(columns, bins).max(axis=1)
    return levels


def _provisional(state: DisplayState) -> list[Shown | Onset]:
    """Provisional onsets without a confirmed sound, drawn with the usual length of their kind."""
    confirmed = max((e.offset for e in state.events if isinstance(e, Sound)), default=0)
    return [o for o in state.onsets if o.onset >= confirmed and state.position - o.onset < _PROVISIONAL]


def _label_row(labels: list[Label], columns: int) -> Row:
    """Texts around their columns. Where two overlap, the later one is on top."""
    letters: list[tuple[str, Style | None]] = [(" ", None)] * columns
    for centre, text, style in labels:
        first = centre - len(text) // 2
        for i, letter in enumerate(text):
            if 0 <= first + i < columns:
                letters[first + i] = (letter, style)
    runs = itertools.groupby(letters, lambda letter: letter[1])
    return [Segment("".join(c for c, _ in run), style) for style, run in runs]
