"""The help: the keys, and every word on the screen."""

from rich.segment import Segment
from rich.style import Style

from .theme import Theme

_KEYS = [
    ("q", "quit"),
    ("space", "pause a replay; hold the picture of a device"),
    ("< >", "less or more time"),
    ("← →", "back or on: 5 s in a replay, or a held picture"),
    ("+ -", "taller or flatter waveform"),
    ("m", "mark this moment"),
    ("r", "start or stop recording"),
    ("?", "what the words mean, then the heart again"),
]
_WORDS = [
    ("lub, dub", "the two sounds of a heartbeat, S1 and S2"),
    ("bpm", "heart rate; below it that of the last minute"),
    ("systole", "from lub to dub; diastole: from dub to lub"),
    ("confidence", "probability that a sound is named rightly"),
    ("murmur-like", "with --systole: a sound between lub and dub"),
    ("coverage", "share of the last 10 s in whole named beats"),
    ("–", "named less than half of the time: no figures"),
    ("level", "loudest of the last 1.5 s; at 0 dB it clips"),
    ("lag", "most sounds are named within this time"),
    ("headroom", "how many times faster this machine could be"),
    ("dropped", "sound that was lost"),
]
PAGES = (_KEYS, _WORDS)


def help_rows(page: int, rows: int, theme: Theme) -> list[list[Segment]]:
    """A page of the help, from 1, in `rows` rows."""
    width = max(len(word) for word, _ in PAGES[page - 1])
    lines = [
        [Segment(f"  {theme.text(word):<{width}}  ", Style(bold=True)), Segment(theme.text(meaning))]
        for word, meaning in PAGES[page - 1]
    ]
    above = max(0, (rows - len(lines)) // 2)
    return [*[[]] * above, *lines, *[[]] * rows][:rows]
