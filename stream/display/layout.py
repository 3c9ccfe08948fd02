"""The live display: lamps for lub and dub, the heart rate in large digits, the rhythm strip, and the figures below."""

import math

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style

from .. import NOTICE
from ..engine import Engine
from ..rates import STREAM_RATE, seconds
from ..sinks.text import NAMES
from ..sinks.wav import WavRecording
from ..sources.base import LISTENING as SOURCE_LISTENING
from .digits import HALF, NARROW, SQUARE, Size, big, height, width
from .hints import CLIPPED, HEARTBEAT, LISTENING, Hints
from .state import Snapshot, View
from .strip import COLUMN, Row, Waveform
from .theme import KINDS, Look

_LIT, _FADING = STREAM_RATE // 5, STREAM_RATE // 2
_DIM, _BOLD = Style(dim=True), Style(bold=True)
_METER_CELLS, _METER_DB, _METER_BINS = 12, 60.0, 150
_ASIDE = 34  # columns of the intervals beside the heart rate
_CHROME = 6  # lines that are neither lamps nor waveform
_HELP = [
    ("q", "quit"),
    ("space", "hold the picture, listen on"),
    ("m", "mark this moment"),
    ("r", "start or stop recording"),
    ("+ -", "taller, flatter waveform"),
    ("?", "close this help"),
]


class Display:
    """Draws the state of a run in whatever space it is given: `rows` for a screen, or printed by rich."""

    def __init__(
        self, engine: Engine, view: View, recording: WavRecording, look: Look, title: str, source: str, lag_ms: float
    ) -> None:
        self._engine, self._view, self._recording, self._look = engine, view, recording, look
        self._title, self._source, self._lag_ms = title, source, lag_ms
        self._waveform, self._hints = Waveform(look), Hints()
        self._held: Snapshot | None = None
        self._load, self._load_due = 0.0, 0
        self._help = False

    def pause(self) -> None:
        """Hold the picture, or go on with what is heard by now."""
        self._held = None if self._held else self._view.snapshot()

    def toggle_help(self) -> None:
        """Show what the keys do, or the strip again."""
        self._help = not self._help

    def zoom(self, factor: float) -> None:
        """Draw the waveform so many times taller."""
        self._waveform.zoom = min(8.0, max(1 / 8, self._waveform.zoom * factor))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw for rich."""
        for row in self.rows(options.max_width, options.height or console.size.height):
            yield from row
            yield Segment.line()

    def rows(self, columns: int, lines: int) -> list[Row]:
        """`lines` rows, each `columns` cells wide."""
        state = self._held or self._view.snapshot()
        size = _size(columns, lines, self._look)
        spare = 2 if lines >= 20 else 0  # empty rows around the lamps
        strip = max(3, lines - _CHROME - height(size) - spare)
        empty = [Segment(" " * columns)]
        picture = [
            *self._head(state, columns),
            *[empty] * (spare // 2),
            *self._lamps(state, columns, size),
            *[empty] * (spare // 2),
            *(self._helped(strip + 1) if self._help else self._waveform.rows(state, columns, strip)),
            *self._foot(state, columns),
        ]
        return [_fitted(row, columns) for row in [*picture, *[empty] * lines][:lines]]

    def _head(self, state: Snapshot, columns: int) -> list[Row]:
        recording, look = self._recording, self._look
        right = [Segment(_clock(seconds(state.position)), _BOLD)]
        if recording.recording:
            dot = f"{look.sign('●', '*')} REC {_clock(recording.seconds)[:-2]}"
            right = [Segment(dot, look.alarm), Segment("  "), *right]
        title = [Segment(self._title, _BOLD), Segment(f"  {NOTICE}")]
        if self._held:
            aside = [Segment(" PAUSED ", _BOLD + Style(reverse=True))]
        elif recording.message:
            aside = [Segment(look.text(recording.message), look.warning)]
        else:
            zoom = self._waveform.zoom
            scale = "" if zoom == 1 else f"height {look.text('×')}{zoom:.2g}   "
            aside = [Segment(f"{scale}{columns * COLUMN / STREAM_RATE:.0f} s shown", _DIM)]
        return [_line(title, right, columns), _line([Segment(look.text(self._source), _DIM)], aside, columns)]

    def _lamps(self, state: Snapshot, columns: int, size: Size) -> list[Row]:
        """The lamps, which light with the onsets, and the heart rate."""
        look, bpm = self._look, state.vitals.bpm
        pad = _pad(size)
        rows: list[Row] = [[Segment(" ")] for _ in range(height(size))]
        for kind, number in KINDS.items():
            age = min((state.position - o.emitted for o in state.onsets if o.kind == kind), default=_FADING)
            age = age if self._engine.state == SOURCE_LISTENING else _FADING
            on = age < _FADING
            style = look.lit[number] if age < _LIT else look.kinds[number] if on else _DIM
            ink = look.sign("█", "#") if on else look.sign("░", ".")
            side = Segment(" " * pad, style)
            for row, text in zip(rows, big(NAMES[kind].upper(), size, ink), strict=True):
                row += [side, Segment(text, style), side, Segment("  ")]
        rate = "--" if bpm is None else f"{bpm:.0f}"
        for row, text in zip(rows, big(f"{rate:>3}", size, look.sign("█", "#")), strict=True):
            row += [Segment(" " * pad), Segment(text, _BOLD if bpm else _DIM)]
        if size.rows >= 2 and look.blocks and columns >= _band(size) + _ASIDE:
            v = state.vitals
            for first, name, value in ((1, "systole", v.s1_s2_ms), (6, "diastole", v.s2_s1_ms)):
                digits = big(f"{'--' if value is None else f'{value:.0f}':>4}", HALF, "")
                for row, text in zip(rows[first:], digits, strict=False):
                    row += [Segment("      "), Segment(text, _BOLD if value else _DIM)]
                rows[first + 2].append(Segment(f" ms {name}"))
        rows[1 if size == HALF else -1].append(Segment(" bpm"))
        return rows

    def _helped(self, rows: int) -> list[Row]:
        lines = [[Segment(f"  {key:<8}", _BOLD), Segment(words)] for key, words in _HELP]
        above = max(0, (rows - len(lines)) // 2)
        return [*[[]] * above, *lines, *[[]] * rows][:rows]

    def _foot(self, state: Snapshot, columns: int) -> list[Row]:
        look, v = self._look, state.vitals
        doing = self._engine.state
        words = self._hints.words(state, self._engine.presence) if doing == SOURCE_LISTENING else look.text(doing)
        style = look.good if words == HEARTBEAT else _DIM if words == LISTENING else look.warning
        intervals = (
            f"systole {_number(v.s1_s2_ms, '4.0f')} ms   diastole {_number(v.s2_s1_ms, '4.0f')} ms   "
            f"confidence {_number(v.confidence, '4.2f')}"
        )
        if state.position >= self._load_due:
            self._load, self._load_due = self._engine.load, state.position + STREAM_RATE
        headroom = f"{min(999, 1 / self._load):3.0f}" if self._load else "  –"
        dropped = seconds(self._engine.accounts.dropped)
        figures = f"lag {self._lag_ms:.0f} ms   headroom {headroom}×   dropped {dropped:.2f} s"
        return [
            _line([Segment(words, style)], self._meter(state), columns),
            _line([Segment(look.text(intervals))], [], columns),
            _line([Segment(look.text(figures), _DIM)], [Segment("? help  q quit", _DIM)], columns),
        ]

    def _meter(self, state: Snapshot) -> Row:
        """The loudest of the last second and a half, in dB of full scale."""
        look = self._look
        peak = float(state.peaks[-_METER_BINS:].max(initial=0.0))
        db = max(-_METER_DB, 20 * math.log10(peak)) if peak > 0 else -_METER_DB
        full = min(_METER_CELLS, round(_METER_CELLS * (1 + db / _METER_DB)))
        style = look.alarm if peak >= CLIPPED else look.warning if db > -3 else look.good
        return [
            Segment("level ", _DIM),
            Segment(look.sign("█", "#") * full, style),
            Segment(look.sign("░", ".") * (_METER_CELLS - full), _DIM),
            Segment(f" {db:3.0f} dB"),
        ]


def _size(columns: int, lines: int, look: Look) -> Size:
    """The largest lamps and digits that leave the strip most of the room."""
    fitting = [s for s in SQUARE if _band(s) <= columns and height(s) <= lines // 4]
    return fitting[-1] if fitting else HALF if look.blocks else NARROW


def _band(size: Size) -> int:
    """Columns of the lamps and the heart rate."""
    return 3 * width(3, size) + 5 * _pad(size) + 9


def _pad(size: Size) -> int:
    return max(1, size.rows)


def _fitted(row: Row, columns: int) -> Row:
    """The row, cut or filled to so many cells."""
    return Segment.adjust_line_length(row, columns)


def _line(left: Row, right: Row, columns: int) -> Row:
    """A part on the left, cut where it would meet the one on the right."""
    room = columns - sum(cell_len(s.text) for s in right) - 1
    return [*Segment.adjust_line_length(left, max(0, room)), Segment(" "), *right]


def _number(value: float | None, form: str) -> str:
    return f"{'–':>4}" if value is None else format(value, form)


def _clock(seconds: float) -> str:
    tenths = int(seconds * 10)
    return f"{tenths // 600:02d}:{tenths % 600 // 10:02d}.{tenths % 10}"
