"""The live display: a scrolling phonocardiogram with each lub and dub named, and the figures below."""

import itertools

import numpy as np
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from .clock import STREAM_RATE, seconds
from .decoder import Tuning
from .engine import Engine
from .events import Gap, Sound
from .lines import NAMES
from .sinks import NOTICE
from .view import BIN, Snapshot, View

_STYLES = {"S1": Style(color="red", bold=True), "S2": Style(color="blue", bold=True)}
_PLAIN = Style(color="green")
_GLYPHS = np.array(list(" ▀▄█─╌"))  # by 1 where the upper half is filled, plus 2 where the lower is
_LINE, _GAP = 4, 5
_BINS_PER_COLUMN = 5  # 50 ms
_CHROME = 5  # lines that are not the waveform


class Display:
    """A rich renderable that draws the state of a run in whatever space it is given."""

    def __init__(self, engine: Engine, view: View, title: str, source: str, lag_ms: float) -> None:
        self._engine, self._view = engine, view
        self._title, self._source, self._lag_ms = title, source, lag_ms

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw."""
        width, height = options.max_width, options.height or console.size.height
        columns = max(3, width - 2)
        state = self._view.snapshot(columns * _BINS_PER_COLUMN * BIN / STREAM_RATE)
        tenths = state.position * 10 // STREAM_RATE
        clock = f"{tenths // 600:02d}:{tenths % 600 // 10:02d}.{tenths % 10}"
        yield _line(f"[b]{self._title}[/b]   {NOTICE}", clock, width)
        yield _line(f"[dim]{escape(self._source)}[/dim]", f"{columns * _BINS_PER_COLUMN / 100:.1f} s shown", width)
        yield from _waveform(state, columns, max(3, height - _CHROME))
        yield from self._figures(state, width)

    def _figures(self, state: Snapshot, width: int) -> RenderResult:
        v = state.vitals
        yield _line(
            f"[b]{_number(v.bpm, '.0f')} bpm[/b]   S1–S2 {_number(v.s1_s2_ms, '.0f')} ms   "
            f"S2–S1 {_number(v.s2_s1_ms, '.0f')} ms   confidence {_number(v.confidence, '.2f')}",
            self._hint(state), width,
        )  # fmt: skip
        load = self._engine.load
        headroom = f"{1 / load:.0f}×" if load else "–"
        dropped = seconds(self._engine.accounts.dropped)
        figures = f"lag {self._lag_ms:.0f} ms   headroom {headroom}   dropped {dropped:.2f} s"
        yield _line(figures, "Ctrl-C stops", width)

    def _hint(self, state: Snapshot) -> str:
        recent = state.peaks[-300:]
        if state.position < 2 * STREAM_RATE:
            return "[dim]listening ...[/dim]"
        if len(recent) and recent.max() < 1e-4:
            return "[yellow]silence[/yellow]"
        if len(recent) and (recent >= 0.999).mean() > 0.02:
            return "[yellow]clipping: lower the gain[/yellow]"
        if self._engine.presence < Tuning.presence:
            return "[yellow]no heartbeat found[/yellow]"
        return "[green]heartbeat[/green]"


def _expected(state: Snapshot) -> list[Sound]:
    """Sounds named at their onset and not decided yet, as long as they mostly are."""
    decided = max((e.offset for e in state.events if isinstance(e, Sound)), default=0)
    return [
        Sound(o.kind, o.onset, o.expected_offset, o.confidence, o.emitted)
        for o in state.onsets
        if o.onset >= decided and state.position - o.onset < STREAM_RATE
    ]


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _line(left: str, right: str, width: int) -> Text:
    """One line with a part on the left and one on the right, cut to the width."""
    start, end = Text.from_markup(left), Text.from_markup(right)
    start.truncate(max(0, width - end.cell_len - 1), overflow="ellipsis")
    start.append(" " * max(1, width - start.cell_len - end.cell_len))
    start.append_text(end)
    start.truncate(width)
    return start


def _waveform(state: Snapshot, columns: int, rows: int) -> RenderResult:
    """Bars around a centre line, those of a sound in its colour, and below them its name."""
    peaks = np.zeros(columns * _BINS_PER_COLUMN, np.float32)
    peaks[len(peaks) - len(state.peaks) :] = state.peaks
    level = peaks.reshape(columns, _BINS_PER_COLUMN).max(axis=1)
    top = max(float(np.quantile(level, 0.98)), 1e-4)
    half = np.clip(np.rint(level / top * rows), 0, rows).astype(int)  # in half rows, each side

    start = state.position // BIN * BIN - len(peaks) * BIN
    per_column = BIN * _BINS_PER_COLUMN
    kinds: list[str] = [""] * columns
    names, styles = [" "] * columns, [_PLAIN] * columns
    gaps = [False] * columns
    for event in (*state.events, *_expected(state)):
        if isinstance(event, Gap):
            last = (event.end - start) // per_column
            for c in range(max(0, (event.start - start) // per_column), min(columns, last + 1)):
                gaps[c] = True
            continue
        first, last = (event.onset - start) // per_column, (event.offset - 1 - start) // per_column
        for c in range(max(0, first), min(columns, last + 1)):
            kinds[c] = event.kind
        centre = ((event.onset + event.offset) // 2 - start) // per_column
        for i, letter in enumerate(NAMES[event.kind]):
            if 0 <= centre - 1 + i < columns:
                names[centre - 1 + i], styles[centre - 1 + i] = letter, _STYLES[event.kind]

    # The style runs are the same in every row; a row's glyphs follow from how far it is from the centre line.
    edges = [0, *(c for c in range(1, columns) if kinds[c] != kinds[c - 1]), columns]
    runs = [(a, b, _STYLES.get(kinds[a], _PLAIN)) for a, b in itertools.pairwise(edges)]
    line = np.where(gaps, _GAP, _LINE)
    middle = rows // 2
    for row in range(rows):
        upper, lower = abs(2 * row - 2 * middle), abs(2 * row + 1 - 2 * middle)
        glyphs = (half > upper) + 2 * (half > lower)
        if row == middle:
            glyphs = np.where(glyphs == 0, line, glyphs)
        text_row = "".join(_GLYPHS[glyphs])
        yield Segment(" ")
        for first, last, style in runs:
            yield Segment(text_row[first:last], style)
        yield Segment.line()
    text = Text(" ")
    for letter, style in zip(names, styles, strict=True):
        text.append(letter, style)
    yield text
