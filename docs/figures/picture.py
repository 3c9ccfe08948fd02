"""Draw the live display during a replay as an SVG: python docs/figures/picture.py FILE SECONDS OUT.svg.

docs/figures/display.svg is of 201102081321.wav of the PASCAL set, 6.25 s.
"""

import io
import itertools
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style
from rich.terminal_theme import MONOKAI

from heartseg.stream.display.hints import hint
from heartseg.stream.display.layout import rows
from heartseg.stream.display.state import DisplayState, History
from heartseg.stream.display.theme import Theme
from heartseg.stream.engine import warm_up
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.segmenter.segmenter import Segmenter
from heartseg.stream.sources.file import FileSource

COLUMNS, LINES = 96, 24
BLOCK = STREAM_RATE // 50
MONOKAI_TEXT = "#d9d9d9"


def state_after(path: str, seconds: float) -> DisplayState:
    """The state of a replay after `seconds`."""
    history, segmenter = History(), Segmenter(rate=STREAM_RATE)
    warm_up(segmenter)
    remaining, work_s = int(seconds * STREAM_RATE), 0.0
    for samples in FileSource(path).blocks():
        for first in range(0, min(remaining, len(samples)), BLOCK):
            block = samples[first : min(first + BLOCK, remaining)]
            history.on_samples(block)
            began = time.perf_counter()
            events = segmenter.push(block)
            work_s += time.perf_counter() - began
            for event in events:
                history.on_event(event)
        remaining -= min(remaining, len(samples))
        if not remaining:
            break
    state = replace(
        history.state(),
        source=Path(path).name,
        lag_ms=segmenter.lag.bound_ms,
        presence=segmenter.presence,
        load=work_s / seconds,
    )
    return replace(state, hint=hint(state))


def without_seams(row: list[Segment]) -> Iterator[Segment]:
    """The row with full blocks as backgrounds, since browsers leave seams between letters."""
    for text, style, _ in row:
        style = style or Style()
        block = Style(bgcolor=style.color or MONOKAI_TEXT)
        for is_block, letters in itertools.groupby(text, lambda letter: letter == "█"):
            part = "".join(letters)
            yield Segment(" " * len(part), block) if is_block else Segment(part, style)


def main(path: str, seconds: float, out: str) -> None:
    """Save the display as it stands after `seconds` of `path`."""
    console = Console(record=True, width=COLUMNS, height=LINES, file=io.StringIO(), force_terminal=True)
    for row in rows(state_after(path, seconds), COLUMNS, LINES, Theme(colour=True, blocks=True)):
        console.print(Segments([*without_seams(row), Segment.line()]), end="")
    console.save_svg(out, title="heartseg-live", theme=MONOKAI)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3])
