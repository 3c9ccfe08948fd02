"""The rhythm strip: a scrolling phonocardiogram, each sound in its colour or shape, its name and the time below."""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style

from ..events import KINDS, Gap, Marker, Onset, Shown, Sound, Systole
from ..events.systole import HEARD
from ..rates import STREAM_RATE, Samples
from ..segmenter.presence import Presence
from .state import BIN, DisplayState
from .theme import LOUD, PLAIN, ROWS, UNSURE, Theme

SPANS_S = (2, 5, 10, 20)
"""Seconds to choose from for the width of the strip."""

_SCALED_S = 10  # the scale is that of so many seconds
_USUAL = 0.75  # of the loudest of each of these seconds: a few of them may hold knocks
_SMALLEST_SCALE = 1e-4  # so that silence stays flat
_SHORTEST_FILL, _HEADROOM = 0.6, 1.2
_PROVISIONAL = STREAM_RATE  # how long an onset is drawn without a confirmed sound
_WORDS_S, _DIGITS_S = 0.09, 0.16  # widest columns in which names of sounds have room
_ROWS_WITH_AXIS = 6
_TICKS_S = (1, 2, 5, 10, 20, 30, 60)
_TICK_COLUMNS = 8
_DIM = Style(dim=True)

Row = list[Segment]
Label = tuple[int, str, Style]
"""Centre column, text and style."""


@dataclass(frozen=True)
class _Grid:
    """Which part of the stream is shown. The columns are fixed in the stream, so that nothing changes as it scrolls.

    start: stream sample at which the first column begins. column: its samples. bins: of one dot.
    """

    start: int
    column: int
    bins: int

    @classmethod
    def of(cls, state: DisplayState, columns: int, theme: Theme) -> "_Grid":
        dots = theme.dots.shape[1]
        bins = math.ceil(state.span_s * STREAM_RATE / (BIN * dots * columns))
        column = bins * dots * BIN
        return cls((-(-state.shown // column) - columns) * column, column, bins)

    def cell(self, position: int) -> int:
        """The column of a stream position."""
        return (position - self.start) // self.column

    def cells(self, first: int, last: int) -> slice:
        """The columns of a sound: those whose centre it covers, one at least."""
        begin, end = self.cell(first + self.column // 2), self.cell(last + self.column // 2)
        return slice(max(0, begin), max(0, end, begin + 1))


@dataclass(frozen=True)
class _Columns:
    """What is drawn in each column. kind: row of the theme. gap, mark: whether there is one."""

    kind: NDArray[np.int_]
    gap: NDArray[np.bool_]
    mark: NDArray[np.bool_]


def full_scale(state: DisplayState, previous: float | None = None) -> float:
    """The magnitude that fills the strip: what the usual second reaches, so that a knock flattens nothing.

    It stays at the previous one while that fits, so that the strip is steady.
    """
    sound = _newest(state, min(_SCALED_S * STREAM_RATE, state.shown) // BIN)
    second = min(STREAM_RATE // BIN, sound.shape[1])
    if not second:
        return previous or _SMALLEST_SCALE
    seconds = sound[:, sound.shape[1] % second :].max(axis=0).reshape(-1, second).max(axis=1)
    loud = max(float(np.quantile(seconds, _USUAL, method="lower")), _SMALLEST_SCALE)
    return previous if previous and _SHORTEST_FILL * previous <= loud <= previous else _HEADROOM * loud


def strip_rows(state: DisplayState, columns: int, rows: int, theme: Theme) -> list[Row]:
    """`rows` rows, each of `columns` columns: the waveform, the names of the sounds and, with room, the time."""
    grid = _Grid.of(state, columns, theme)
    drawn = _Columns(np.full(columns, PLAIN), np.zeros(columns, bool), np.zeros(columns, bool))
    labels: list[Label] = []
    signs: list[Label] = []  # over the labels
    for start, end in _loud_systoles(state, grid):
        drawn.kind[grid.cells(start, end)] = LOUD
    for event in (*(e for e in state.events if grid.start <= e.end and e.start <= state.shown), *_provisional(state)):
        centre = grid.cell((event.start + event.end) // 2)
        match event:
            case Marker():
                drawn.mark[grid.cells(event.at, event.at)] = True
                signs.append((centre, theme.sign("▲", "^"), theme.warning))
            case Gap():
                drawn.gap[max(0, grid.cell(event.start)) : max(0, grid.cell(event.end - 1) + 1)] = True
                labels.append((centre, event.label, theme.warning))
            case Sound() | Onset():
                is_unsure = isinstance(event, Onset) and state.presence == Presence.UNSURE
                kind = UNSURE if is_unsure else ROWS[event.kind]
                drawn.kind[grid.cells(event.start, event.end)] = kind
                labels.append((centre, _name(event, grid), theme.kinds[kind]))
    has_axis = rows >= _ROWS_WITH_AXIS
    waveform = _waveform(state, drawn, grid, rows - 1 - has_axis, theme)
    axis = [_label_row(_ticks(grid, columns, theme), columns)] if has_axis else []
    return [*waveform, _label_row(labels + signs, columns), *axis]


def _loud_systoles(state: DisplayState, grid: _Grid) -> list[tuple[int, int]]:
    """Systoles in view in which a murmur-like sound is heard, from S1's end to S2's onset: the last answer counts."""
    answers = [event for event in reversed(state.events) if isinstance(event, Systole)]
    if not answers:
        return []
    first = grid.start - STREAM_RATE  # the S1 of a systole at the left edge may be out of view
    sounds = [e for e in state.events if isinstance(e, Sound) and first <= e.end and e.start <= state.shown]
    systoles = [(a, b) for a, b in itertools.pairwise(sounds) if (a.kind, b.kind) == KINDS]
    said = ((a, b, next((e.answer for e in answers if e.start <= a.start and b.end <= e.end), "")) for a, b in systoles)
    return [(a.end, b.start) for a, b, answer in said if answer == HEARD]


def _waveform(state: DisplayState, drawn: _Columns, grid: _Grid, rows: int, theme: Theme) -> list[Row]:
    columns = len(drawn.kind)
    dots_down, dots_across = theme.dots.shape
    ink = _ink(state, columns * dots_across, rows * dots_down, grid)
    ink &= ~np.repeat(drawn.gap, dots_across)
    cells = ink.reshape(rows, dots_down, columns, dots_across)
    sums = np.einsum("rdca,da->rc", cells, theme.dots)
    glyphs = theme.glyphs[drawn.kind, sums]
    is_bare = sums == 0
    glyphs[rows // 2, drawn.gap] = theme.sign("╌", "~")
    glyphs[is_bare & drawn.mark] = theme.sign("┊", ":")
    edges = [0, *(np.flatnonzero(np.diff(drawn.kind)) + 1).tolist(), columns]
    runs = [(a, b, theme.kinds[drawn.kind[a]]) for a, b in itertools.pairwise(edges)]
    texts = ("".join(row) for row in glyphs.tolist())
    return [
        [Segment(text)] if text.isspace() else [Segment(text[a:b], style) for a, b, style in runs] for text in texts
    ]


def _ink(state: DisplayState, across: int, down: int, grid: _Grid) -> NDArray[np.bool_]:
    """Which dots are drawn, shape (down, across): from the lowest to the highest value, without jumps between dots."""
    heard = state.shown // BIN - grid.start // BIN  # bins; the newest column may be incomplete
    sound = np.zeros((2, across * grid.bins), np.float32)
    newest = _newest(state, heard)
    sound[:, heard - newest.shape[1] : heard] = newest
    high, negative_low = sound.reshape(2, across, grid.bins).max(axis=2)
    scale = (full_scale(state) if state.full_scale is None else state.full_scale) / state.zoom
    top, bottom = (np.clip((1 - value / scale) / 2 * down, 0, down - 1).astype(int) for value in (high, -negative_low))
    above, below = top.copy(), bottom.copy()
    np.minimum(top[1:], bottom[:-1], out=above[1:])
    np.maximum(bottom[1:], top[:-1], out=below[1:])
    first = np.arange(across) * grid.bins  # bin of each dot
    is_heard = (first < heard) & (first >= -grid.start // BIN)
    y = np.arange(down)[:, None]
    ink: NDArray[np.bool_] = (y >= above) & (y <= below) & is_heard
    return ink


def _newest(state: DisplayState, bins: int) -> Samples:
    """The newest peaks that are shown, shape (2, n), n at most `bins`, around their centre: some devices have one."""
    last = state.peaks.shape[1] - (state.position // BIN - state.shown // BIN)
    newest = state.peaks[:, max(0, last - bins) : last]
    centre = float(np.median(newest[0] - newest[1])) / 2 if newest.size else 0.0
    centred: Samples = newest - np.array([[centre], [-centre]], np.float32)
    return centred


def _provisional(state: DisplayState) -> list[Shown | Onset]:
    """Provisional onsets without a confirmed sound, drawn with the usual length of their kind."""
    confirmed = max((e.offset for e in state.events if isinstance(e, Sound)), default=0)
    return [o for o in state.onsets if o.onset >= confirmed and state.position - o.onset < _PROVISIONAL]


def _name(sound: Sound | Onset, grid: _Grid) -> str:
    """What stands below a sound: its word, 1 or 2 where words have no room, or nothing."""
    column_s = grid.column / STREAM_RATE
    return sound.label if column_s <= _WORDS_S else sound.kind[1:] if column_s <= _DIGITS_S else ""


def _ticks(grid: _Grid, columns: int, theme: Theme) -> list[Label]:
    """Minutes and seconds of the stream."""
    step = next((t for t in _TICKS_S if t * STREAM_RATE >= _TICK_COLUMNS * grid.column), _TICKS_S[-1])
    end = grid.start + columns * grid.column
    ticks = []
    for second in range(max(0, -(-grid.start // (step * STREAM_RATE))) * step, end // STREAM_RATE + 1, step):
        text = f"{theme.sign('╵', '|')}{second // 60}:{second % 60:02d}"
        ticks.append((grid.cell(second * STREAM_RATE) + len(text) // 2, text, _DIM))
    return ticks


def _label_row(labels: list[Label], columns: int) -> Row:
    """Texts around their columns. Where two overlap, the later one is on top."""
    letters = [" "] * columns
    styles: list[Style | None] = [None] * columns
    for centre, text, style in labels:
        first = centre - len(text) // 2
        for column in range(max(0, first), min(columns, first + len(text))):
            letters[column], styles[column] = text[column - first], style
    edges = [0, *(i for i in range(1, columns) if styles[i] is not styles[i - 1]), columns]
    return [Segment("".join(letters[a:b]), styles[a]) for a, b in itertools.pairwise(edges)]
