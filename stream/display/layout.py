"""The picture: lamps for lub and dub, the heart rate in large digits, the rhythm strip, and the figures below.

Figures that say nothing of the heart that is heard now are absent.
"""

import math

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from .. import NOTICE
from ..events import HEART_SOUNDS
from ..events.systole import HEARD, QUESTION, REVIEW
from ..rates import STREAM_RATE, seconds
from ..segmenter.presence import Presence
from ..sources.base import LISTENING
from ..vitals import Vitals
from .digits import ASCII_SIZES, BLOCK_SIZES, SMALL, TEXT, Size, big, height, width
from .help import help_rows
from .hints import CLIPPED, PRESENCE, TOO_EARLY
from .state import BIN, DisplayState
from .strip import Row, strip_rows
from .theme import ROWS, UNSURE, Theme
from .trend import trend, trend_row

_LIT, _FADING = STREAM_RATE // 5, STREAM_RATE // 2
_DIM, _BOLD = Style(dim=True), Style(bold=True)
_METER_CELLS, _METER_DB, _METER_BINS = 12, 60.0, 3 * STREAM_RATE // 2 // BIN
_RATE_COLUMNS = 5  # beside the digits of the heart rate
_INTERVAL_COLUMNS = 42  # of the intervals beside the heart rate
_OTHER_LINES = 6  # lines that are neither lamps nor waveform
_RATE_SHARE = 0.45  # of the lines that the heart rate may take from the waveform
_LINES_WITH_TREND, _SHORTEST_STRIP = 20, 4
_MOST_HEADROOM = 999


def rows(state: DisplayState, columns: int, lines: int, theme: Theme) -> list[Row]:
    """The picture of a state: `lines` rows, each `columns` cells wide."""
    above, strip, systole = _head(state, columns, theme), [], _systole(state, columns, theme)
    below = [*systole, *_foot(state, columns, theme)]
    empty = [Segment(" " * columns)]
    room = max(0, lines - len(above) - len(below))
    if state.help:
        above += help_rows(state.help, room, theme)
    else:
        lamps = _lamps(state, _sizes(columns, lines - len(systole), theme), columns, theme)
        if lines >= _LINES_WITH_TREND:
            past = trend_row(trend(state.events, state.position), theme)
            lamps = [empty, *lamps, _line([], past if _width(past) < columns else [], columns)]
        above += lamps
        strip = strip_rows(state, columns, max(_SHORTEST_STRIP, room - len(lamps)), theme)
    picture = [*_cut(above, columns), *strip, *_cut(below, columns), *[empty] * lines]
    return picture[:lines]


def _head(state: DisplayState, columns: int, theme: Theme) -> list[Row]:
    clock = [Segment(_clock(seconds(state.shown)), _BOLD)]
    if state.length_s is not None:
        clock = [Segment(_clock(seconds(state.shown))[:-2], _BOLD), Segment(f" / {_clock(state.length_s)[:-2]}")]
    if state.recording_s is not None:
        recording = f"{theme.sign('●', '*')} REC {_clock(state.recording_s)[:-2]}"
        clock = [Segment(recording, theme.alarm), Segment("  "), *clock]
    title = [Segment(state.title, _BOLD), Segment(f"  {theme.sign('│', '|')}  ", _DIM), Segment(NOTICE)]
    if _width([*title, *clock]) >= columns:
        title = title[2:]  # rather the notice than the name
    if state.message:
        note = [Segment(theme.text(state.message), theme.warning)]
    else:
        heard = theme.sign("♪ heard to the right edge   ", "heard to the right edge   ") if state.is_heard else ""
        zoom = "" if state.zoom == 1 else f"height {theme.text('×')}{state.zoom:.2g}   "
        note = [Segment(f"{heard}{zoom}{state.span_s} s shown", _DIM)]
    if state.paused or state.held:
        note += [Segment(" "), Segment(" PAUSED " if state.paused else " HELD ", _BOLD + Style(reverse=True))]
    source = _end_of(theme.text(state.source), columns - _width(note) - 1, theme.text("…"))
    return [_line(title, clock, columns), _line([Segment(source, _DIM)], note, columns)]


def _figures(state: DisplayState) -> Vitals:
    """The vitals, or none where there is no heart now, or nothing is heard."""
    is_heart = state.presence in (Presence.HEART, Presence.UNSURE) and state.source_state == LISTENING
    return state.vitals if is_heart else Vitals()


def _lamps(state: DisplayState, sizes: tuple[Size, Size], columns: int, theme: Theme) -> list[Row]:
    """The lamps, which light with the onsets, the heart rate, and with room the intervals. Sizes: lamps, heart rate."""
    vitals, (lamp_size, rate_size) = _figures(state), sizes
    lines = height(rate_size)
    rows: list[Row] = [[] for _ in range(lines)]
    pad, gap = _lamp_margins(lamp_size)
    for kind, heart_sound in HEART_SOUNDS.items():
        ages = (state.position - onset.emitted for onset in state.onsets if onset.kind == kind)
        age = min(ages, default=_FADING) if state.source_state == LISTENING else _FADING
        kind_row = UNSURE if state.presence == Presence.UNSURE else ROWS[kind]
        style = theme.lit[kind_row] if age < _LIT else theme.kinds[kind_row] if age < _FADING else _DIM
        letters = big(heart_sound.word.upper(), lamp_size, theme.sign("█", "#" if age < _FADING else "."))
        first = (lines - len(letters)) // 2
        blank = " " * len(letters[0])
        for y in range(lines):
            text = letters[y - first] if 0 <= y - first < len(letters) else blank
            rows[y] += [Segment(" " * pad + text + " " * pad, style), Segment(" " * gap)]
    rate = "--" if vitals.bpm is None else f"{vitals.bpm:.0f}"
    for row, text in zip(rows, big(f"{rate:>3}", rate_size, theme.sign("█", "#")), strict=True):
        row += [Segment(" "), Segment(text, _BOLD if vitals.bpm else _DIM)]
    rows[-1].append(Segment(" bpm"))
    if _lamp_columns(lamp_size) + width("000", rate_size) + _RATE_COLUMNS + _INTERVAL_COLUMNS <= columns and lines > 8:
        for first, name, value in ((0, "systole", vitals.s1_s2_ms), (5, "diastole", vitals.s2_s1_ms)):
            digits = big(f"{'--' if value is None else f'{value:.0f}':>4}", SMALL, "█")
            for row, text in zip(rows[first:], digits, strict=False):
                row += [Segment("    "), Segment(text, _BOLD if value else _DIM)]
            rows[first + 3].append(Segment(f" ms {name}"))
    if _width(rows[-1]) > columns:
        rows[-1] = rows[-1][:-3]  # no heart rate rather than a part of it
    return rows


def _foot(state: DisplayState, columns: int, theme: Theme) -> list[Row]:
    vitals = _figures(state)
    hint = state.hint if state.source_state == LISTENING else theme.text(state.source_state)
    style = theme.good if hint == PRESENCE[Presence.HEART] else _DIM if hint == TOO_EARLY else theme.warning
    headroom = f"{min(_MOST_HEADROOM, 1 / state.load):3.0f}" if state.load else "  –"
    intervals = [
        f"systole {_number(vitals.s1_s2_ms, '4.0f')} ms",
        f"diastole {_number(vitals.s2_s1_ms, '4.0f')} ms",
        f"confidence {_number(vitals.confidence, '4.2f')}",
        f"coverage {100 * vitals.coverage:3.0f} %",
    ]
    figures = [
        f"lag {state.lag_ms:.0f} ms", f"headroom {headroom}×", f"dropped {seconds(state.dropped):.2f} s",
    ]  # fmt: skip
    keys = "? help  q quit"
    return [
        _line([Segment(hint, style)], _meter(state, theme), columns),
        [Segment(theme.text(_fitting(intervals, columns)), Style() if vitals.bpm else _DIM)],
        _line([Segment(theme.text(_fitting(figures, columns - len(keys) - 1)), _DIM)], [Segment(keys, _DIM)], columns),
    ]


def _systole(state: DisplayState, columns: int, theme: Theme) -> list[Row]:
    """The answer about systole, if it is wanted: never without the words that it is for review."""
    if not state.has_systole:
        return []
    is_heart = state.presence == Presence.HEART and state.source_state == LISTENING
    systole = state.systole if is_heart else None
    if systole is None:
        answer, style = f"{QUESTION}: {TOO_EARLY}", _DIM
        figures = []
    else:
        answer, style = f"{QUESTION}: {systole.answer}", theme.warning if systole.answer == HEARD else Style()
        figures = [f"probability {systole.probability:.2f}", f"{systole.beats} beats"]
    for parts in ([answer, REVIEW, *figures], [answer, REVIEW]):
        if len("   ".join(parts)) <= columns:
            return [[Segment(parts[0], style), Segment("   " + "   ".join(parts[1:]), _DIM)]]
    return [[Segment(answer, style)], [Segment(REVIEW, _DIM)]] if len(answer) <= columns else []


def _meter(state: DisplayState, theme: Theme) -> Row:
    """The loudest of the last second and a half, in dB of full scale."""
    peak = float(state.peaks[:, -_METER_BINS:].max(initial=0.0))
    db = max(-_METER_DB, 20 * math.log10(peak)) if peak > 0 else -_METER_DB
    filled = min(_METER_CELLS, round(_METER_CELLS * (1 + db / _METER_DB)))
    style = theme.alarm if peak >= CLIPPED else theme.warning if db > -3 else theme.good
    return [
        Segment("level ", _DIM),
        Segment(theme.sign("█", "#") * filled, style),
        Segment(theme.sign("░", ".") * (_METER_CELLS - filled), _DIM),
        Segment(f" {db:3.0f} dB"),
    ]


def _sizes(columns: int, lines: int, theme: Theme) -> tuple[Size, Size]:
    """The sizes of the lamps and of the heart rate: the largest rate that has room, then the largest lamps."""
    sizes = BLOCK_SIZES if theme.blocks else ASCII_SIZES
    low = [s for s in sizes if height(s) <= max(1, _RATE_SHARE * (lines - _OTHER_LINES))]
    pairs = [(lamp, rate) for rate in low for lamp in low if height(lamp) <= height(rate)]
    pairs.sort(key=lambda pair: pair[0] == TEXT)  # lamps that can be read from afar come before a larger rate
    room = columns - _RATE_COLUMNS
    return next((p for p in pairs if _lamp_columns(p[0]) + width("000", p[1]) <= room), (TEXT, TEXT))


def _lamp_margins(size: Size) -> tuple[int, int]:
    """Columns on each side of a lamp's letters, and after the lamp."""
    return max(1, size.columns), 1 if size == TEXT else 2


def _lamp_columns(size: Size) -> int:
    """Columns of both lamps."""
    pad, gap = _lamp_margins(size)
    return sum(width(heart_sound.word.upper(), size) + 2 * pad + gap for heart_sound in HEART_SOUNDS.values())


def _cut(rows: list[Row], columns: int) -> list[Row]:
    return [Segment.adjust_line_length(row, columns) for row in rows]


def _line(left: Row, right: Row, columns: int) -> Row:
    """A part on the left and one on the right. The left is cut where they would meet."""
    room = columns - _width(right) - 1
    return [*Segment.adjust_line_length(left, max(0, room)), Segment(" "), *right]


def _fitting(parts: list[str], columns: int) -> str:
    """As many parts as have room: a figure that is cut is wrong."""
    while parts and len("   ".join(parts)) > columns:
        parts = parts[:-1]
    return "   ".join(parts)


def _end_of(text: str, columns: int, cut: str) -> str:
    """The text, or its end after a sign that it was cut: the name of a file is the end of its path."""
    if cell_len(text) <= columns:
        return text
    while text and cell_len(cut + text) > columns:
        text = text[1:]
    return cut + text


def _width(row: Row) -> int:
    return sum(cell_len(segment.text) for segment in row)


def _number(value: float | None, form: str) -> str:
    return f"{'–':>4}" if value is None else format(value, form)


def _clock(seconds: float) -> str:
    tenths = int(seconds * 10)
    return f"{tenths // 600:02d}:{tenths % 600 // 10:02d}.{tenths % 10}"
