"""The heart rate of the last minute as a row of bars, one for every three seconds."""

from collections.abc import Iterable
from statistics import median

from rich.segment import Segment
from rich.style import Style

from ..events import Shown, Sound
from ..rates import STREAM_RATE
from ..vitals import LEAST_COVERAGE, cycles
from .theme import Theme

_BAR = 3 * STREAM_RATE  # longer than the longest cycle, so that a slow heart leaves none out
_BARS = 20
_SMALLEST_RANGE = 10.0  # bpm, so that a steady heart looks steady
_DIM = Style(dim=True)


def trend(events: Iterable[Shown], position: int) -> list[float | None]:
    """The heart rate of each bar up to a stream position, in bpm, None where less than half of the time was named."""
    first = position // _BAR - _BARS
    lengths: list[list[int]] = [[] for _ in range(_BARS)]
    recent = (e for e in events if isinstance(e, Sound) and e.onset >= (first - 1) * _BAR)
    for begin, end in cycles(recent):
        if 0 <= end // _BAR - first < _BARS:
            lengths[end // _BAR - first].append(end - begin)
    return [60 * STREAM_RATE / median(bar) if sum(bar) >= LEAST_COVERAGE * _BAR else None for bar in lengths]


def trend_row(rates: list[float | None], theme: Theme) -> list[Segment]:
    """The bars, and the lowest and the highest rate. Nothing without a rate."""
    known = [rate for rate in rates if rate is not None]
    if not known:
        return []
    low, high = min(known), max(known)
    reach = max(high - low, _SMALLEST_RANGE)
    bottom = (low + high - reach) / 2
    steps = len(theme.sparks) - 1
    bars = "".join(" " if rate is None else theme.sparks[round((rate - bottom) / reach * steps)] for rate in rates)
    ends = f"{low:.0f}" if round(low) == round(high) else f"{low:.0f}–{high:.0f}"
    return [Segment("last minute ", _DIM), Segment(bars.lstrip()), Segment(theme.text(f" {ends} bpm"), _DIM)]
