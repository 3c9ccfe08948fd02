"""Draw the live display during a replay as an SVG: python docs/picture.py FILE SECONDS docs/display.svg.

The one in docs is of 201102081321.wav of the PASCAL set, 6.25 s.
"""

import io
import sys

from rich.console import Console
from rich.terminal_theme import MONOKAI

from heartseg.stream.display.layout import Display
from heartseg.stream.display.state import View
from heartseg.stream.display.theme import Look
from heartseg.stream.engine import Engine
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.segmenter.segmenter import Segmenter
from heartseg.stream.sinks.wav import WavRecording
from heartseg.stream.sources.file import FileSource
from heartseg.stream.sources.replay import Replay


def main(path: str, seconds: float, out: str) -> None:
    """Replay the first `seconds` of `path` and save the display as it then stands."""
    source, view, segmenter = FileSource(path), View(), Segmenter()

    def first_part():  # type: ignore[no-untyped-def]
        left = int(seconds * STREAM_RATE)
        for block in source.blocks():
            yield block[:left]
            left -= len(block)
            if left <= 0:
                return

    engine = Engine(segmenter, Replay(first_part(), None), [view])
    engine.start()
    presence = 0.0
    while not engine.wait(0.001):
        presence = engine.presence or presence
    engine.presence = presence
    console = Console(record=True, width=96, height=24, file=io.StringIO(), force_terminal=True)
    look, name = Look(colour=True, blocks=True), path.rsplit("/", 1)[-1]
    display = Display(engine, view, WavRecording(), look, "heartseg", name, segmenter.lag.bound_ms)
    console.print(display, end="")
    console.save_svg(out, title="heartseg-live", theme=MONOKAI)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3])
