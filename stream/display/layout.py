"""The picture: lamps for lub and dub, the heart rate in large digits, the rhythm strip, and the figures below."""

import math

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from .. import NOTICE
from ..events import HEART_SOUNDS
from ..rates import STREAM_RATE, seconds
from ..segmenter.presence import Presence
from ..sources.base import LISTENING
from .digits import HALF, NARROW, SQUARE, Size, big, height, width
from .hints import CLIPPED, PRESENCE, TOO_EARLY
from .state import DisplayState
from .strip import COLUMN, Row, strip_rows
from .theme import ROWS, Theme

_LIT, _FADING = STREAM_RATE // 5, STREAM_RATE // 2
_DIM, _BOLD = Style(dim=True), Style(bold=True)
_METER_CELLS, _METER_DB, _METER_BINS = 12, 60.0, 150
_INTERVAL_COLUMNS = 34  # of the intervals beside the heart rate
_OTHER_LINES = 6  # lines that are neither lamps nor strip
_MOST_HEADROOM = 999
_HELP = [
    ("q", "quit"),
    ("space", "pause a replay; hold the picture of a device"),
    ("← →", "go back or on by 5 s in a replay"),
    ("m", "mark this moment"),
    ("r", "start or stop recording"),
    ("+ -", "taller, flatter waveform"),
    ("?", "close this help"),
]


def rows(state: DisplayState, columns: int, lines: int, theme: Theme) -> list[Row]:
    """The picture of a state: `lines` rows, each `columns` cells wide."""
    size = _size(columns, lines, theme)
    spare = 2 if lines >= 20 else 0  # empty rows around the lamps
    strip_lines = max(3, lines - _OTHER_LINES - height(size) - spare)
    empty = [Segment(" " * columns)]
    picture = [
        *_head(state, columns, theme),
        *[empty] * (spare // 2),
        *_lamps(state, columns, size, theme),
        *[empty] * (spare // 2),
        *(_help(strip_lines + 1, theme) if state.help else strip_rows(state, columns, strip_lines, theme)),
        *_foot(state, columns, theme),
    ]
    return [Segment.adjust_line_length(row, columns) for row in [*picture, *[empty] * lines][:lines]]


def _head(state: DisplayState, columns: int, theme: Theme) -> list[Row]:
    clock = [Segment(_clock(seconds(state.position)), _BOLD)]
    if state.length_s is not None:
        clock = [Segment(_clock(seconds(state.position))[:-2], _BOLD), Segment(f" / {_clock(state.length_s)[:-2]}")]
    if state.recording_s is not None:
        recording = f"{theme.sign('●', '*')} REC {_clock(state.recording_s)[:-2]}"
        clock = [Segment(recording, theme.alarm), Segment("  "), *clock]
    title = [Segment(state.title, _BOLD), Segment(f"  {NOTICE}")]
    if state.message:
        note = [Segment(theme.text(state.message), theme.warning)]
    else:
        heard = theme.sign("♪ heard to the right edge   ", "heard to the right edge   ") if state.is_heard else ""
        zoom = "" if state.zoom == 1 else f"height {theme.text('×')}{state.zoom:.2g}   "
        note = [Segment(f"{heard}{zoom}{columns * COLUMN / STREAM_RATE:.0f} s shown", _DIM)]
    if state.paused or state.held:
        note += [Segment(" "), Segment(" PAUSED " if state.paused else " HELD ", _BOLD + Style(reverse=True))]
    return [_line(title, clock, columns), _line([Segment(theme.text(state.source), _DIM)], note, columns)]


def _lamps(state: DisplayState, columns: int, size: Size, theme: Theme) -> list[Row]:
    """The lamps, which light with the onsets, the heart rate, and beside them the intervals."""
    vitals, pad = state.vitals, _pad(size)
    lamps: list[Row] = [[Segment(" ")] for _ in range(height(size))]
    for kind, heart_sound in HEART_SOUNDS.items():
        ages = (state.position - onset.emitted for onset in state.onsets if onset.kind == kind)
        age = min(ages, default=_FADING) if state.source_state == LISTENING else _FADING
        is_on = age < _FADING
        style = theme.lit[ROWS[kind]] if age < _LIT else theme.kinds[ROWS[kind]] if is_on else _DIM
        ink = theme.sign("█", "#") if is_on else theme.sign("░", ".")
        side = Segment(" " * pad, style)
        for row, text in zip(lamps, big(heart_sound.word.upper(), size, ink), strict=True):
            row += [side, Segment(text, style), side, Segment("  ")]
    rate = "--" if vitals.bpm is None else f"{vitals.bpm:.0f}"
    for row, text in zip(lamps, big(f"{rate:>3}", size, theme.sign("█", "#")), strict=True):
        row += [Segment(" " * pad), Segment(text, _BOLD if vitals.bpm else _DIM)]
    if size.rows >= 2 and theme.blocks and columns >= _lamp_columns(size) + _INTERVAL_COLUMNS:
        for first, name, value in ((1, "systole", vitals.s1_s2_ms), (6, "diastole", vitals.s2_s1_ms)):
            digits = big(f"{'--' if value is None else f'{value:.0f}':>4}", HALF, "")
            for row, text in zip(lamps[first:], digits, strict=False):
                row += [Segment("      "), Segment(text, _BOLD if value else _DIM)]
            lamps[first + 2].append(Segment(f" ms {name}"))
    lamps[1 if size == HALF else -1].append(Segment(" bpm"))
    return lamps


def _help(lines: int, theme: Theme) -> list[Row]:
    keys = [[Segment(theme.text(f"  {key:<8}"), _BOLD), Segment(words)] for key, words in _HELP]
    above = max(0, (lines - len(keys)) // 2)
    return [*[[]] * above, *keys, *[[]] * lines][:lines]


def _foot(state: DisplayState, columns: int, theme: Theme) -> list[Row]:
    vitals = state.vitals
    hint = state.hint if state.source_state == LISTENING else theme.text(state.source_state)
    style = theme.good if hint == PRESENCE[Presence.HEART] else _DIM if hint == TOO_EARLY else theme.warning
    intervals = (
        f"systole {_number(vitals.s1_s2_ms, '4.0f')} ms   diastole {_number(vitals.s2_s1_ms, '4.0f')} ms   "
        f"confidence {_number(vitals.confidence, '4.2f')}"
    )
    headroom = f"{min(_MOST_HEADROOM, 1 / state.load):3.0f}" if state.load else "  –"
    figures = f"lag {state.lag_ms:.0f} ms   headroom {headroom}×   dropped {seconds(state.dropped):.2f} s"
    return [
        _line([Segment(hint, style)], _meter(state, theme), columns),
        _line([Segment(theme.text(intervals))], [], columns),
        _line([Segment(theme.text(figures), _DIM)], [Segment("? help  q quit", _DIM)], columns),
    ]


def _meter(state: DisplayState, theme: Theme) -> Row:
    """The loudest of the last second and a half, in dB of full scale."""
    peak = float(state.peaks[-_METER_BINS:].max(initial=0.0))
    db = max(-_METER_DB, 20 * math.log10(peak)) if peak > 0 else -_METER_DB
    filled = min(_METER_CELLS, round(_METER_CELLS * (1 + db / _METER_DB)))
    style = theme.alarm if peak >= CLIPPED else theme.warning if db > -3 else theme.good
    return [
        Segment("level ", _DIM),
        Segment(theme.sign("█", "#") * filled, style),
        Segment(theme.sign("░", ".") * (_METER_CELLS - filled), _DIM),
        Segment(f" {db:3.0f} dB"),
    ]


def _size(columns: int, lines: int, theme: Theme) -> Size:
    """The largest lamps and digits that leave the strip most of the room."""
    fitting = [s for s in SQUARE if _lamp_columns(s) <= columns and height(s) <= lines // 4]
    return fitting[-1] if fitting else HALF if theme.blocks else NARROW


def _lamp_columns(size: Size) -> int:
    """Columns of the lamps and the heart rate."""
    return 3 * width(3, size) + 5 * _pad(size) + 9


def _pad(size: Size) -> int:
    return max(1, size.rows)


def _line(left: Row, right: Row, columns: int) -> Row:
    """A part on the left and one on the right. The left is cut where they would meet."""
    room = columns - sum(cell_len(s.text) for s in right) - 1
    return [*Segment.adjust_line_length(left, max(0, room)), Segment(" "), *right]


def _number(value: float | None, form: str) -> str:
    return f"{'–':>4}" if value is None else format(value, form)


def _clock(seconds: float) -> str:
    tenths = int(seconds * 10)
    return f"{tenths // 600:02d}:{tenths % 600 // 10:02d}.{tenths % 10}"
