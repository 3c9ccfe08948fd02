"""Styles and glyphs for what a terminal can show: colours or none, Unicode's blocks or ASCII."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.style import Style

from ..events import KINDS

PLAIN = 0
"""Row of the styles and glyphs for no sound."""

ROWS = {kind: row for row, kind in enumerate(KINDS, 1)}
"""Rows of the styles and glyphs for the kinds of sounds."""

# Column: 1 if the upper half of a cell is filled, plus 2 if the lower is. Without colour the shape tells the kinds.
_COLOURED = [" ▀▄█", " ▀▄█", " ▀▄█"]
_SHAPED = [" ╵╷│", " ▀▄█", " ░░▒"]
_ASCII = [" '.|", " '.#", " '.o"]

# They read well on black and on white. rich takes the nearest colour that the terminal has.
_RED, _BLUE, _AMBER, _CALM = "#e5383b", "#2f81f7", "#b8860b", "#2e9e4f"
_TO_ASCII = str.maketrans({"–": "-", "−": "-", "×": "x", "…": "~", "·": "-", "←": "<", "→": ">"})


@dataclass(frozen=True)
class Theme:
    """How to draw on a terminal. colour: it has colours, and NO_COLOR is not set. blocks: it shows Unicode's blocks."""

    colour: bool
    blocks: bool

    @classmethod
    def of(cls, console: Console, env: Mapping[str, str] = os.environ) -> "Theme":
        """The theme for a console, by its encoding and the user's locale."""
        try:
            "▀▄█▒│╷╵░▲●".encode(console.encoding)
            blocks = True
        except (UnicodeEncodeError, LookupError):
            blocks = False
        # Python writes UTF-8 under LC_ALL=C too, but such a terminal will hardly show it.
        locale = next((env[v] for v in ("LC_ALL", "LC_CTYPE", "LANG") if env.get(v)), "")
        return cls(bool(console.color_system) and not console.no_color, blocks and locale not in ("C", "POSIX"))

    @cached_property
    def glyphs(self) -> NDArray[np.str_]:
        """Shape (3, 4): by row (no sound, S1, S2), then by filled halves of the cell."""
        table = (_COLOURED if self.colour else _SHAPED) if self.blocks else _ASCII
        return np.array([list(row) for row in table])

    @cached_property
    def kinds(self) -> list[Style]:
        """By row: no sound, S1, S2."""
        if not self.colour:
            return [Style(), Style(bold=True), Style()]
        return [Style(color=_CALM), Style(color=_RED, bold=True), Style(color=_BLUE, bold=True)]

    @cached_property
    def lit(self) -> list[Style]:
        """Of a lamp that lights, by row."""
        if not self.colour:
            return [Style(reverse=True, bold=True)] * 3
        return [Style(color="bright_white", bgcolor=c, bold=True) for c in ("green", _RED, _BLUE)]

    @cached_property
    def good(self) -> Style:
        """Of what is well."""
        return Style(color="green") if self.colour else Style()

    @cached_property
    def warning(self) -> Style:
        """Of what the listener should mend."""
        return Style(color=_AMBER, bold=True) if self.colour else Style(bold=True)

    @cached_property
    def alarm(self) -> Style:
        """Of a recording that runs, and of clipping."""
        return Style(color=_RED, bold=True) if self.colour else Style(reverse=True)

    def sign(self, block: str, plain: str) -> str:
        """`block`, or `plain` if the terminal cannot show it."""
        return block if self.blocks else plain

    def text(self, text: str) -> str:
        """The text without control characters, in ASCII if the terminal has no more."""
        text = "".join(c if c.isprintable() else "?" for c in text)
        return text if self.blocks else text.translate(_TO_ASCII).encode("ascii", "replace").decode()
