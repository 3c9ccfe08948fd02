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

UNSURE = len(ROWS) + 1
"""Row for a sound of which it is not sure whether it is S1 or S2."""

LOUD = UNSURE + 1
"""Row for a systole with a murmur-like sound."""

_SPARKS, _ASCII_SPARKS = "▁▂▃▄▅▆▇█", "__..--''"
_BRAILLE = np.array([[1, 8], [2, 16], [4, 32], [64, 128]])  # of the dots of a cell in Unicode
_HALVES = np.array([[1], [2]])

# Column: 1 if the upper half of a cell is filled, plus 2 if the lower is. Without colour the shape tells the kinds.
_COLOURED = [" ▀▄█"] * 5
_SHAPED = [" ╵╷│", " ▀▄█", " ░░▒", " ╵╷│", " ╹╻┃"]
_ASCII = [" '.|", " '.#", " '.o", " '.|", " '.!"]

# They read well on black and on white. rich takes the nearest colour that the terminal has.
_RED, _BLUE, _AMBER, _CALM = "#e5383b", "#2f81f7", "#b8860b", "#2e9e4f"
_GREY = "#808080"
_TO_ASCII = str.maketrans({"–": "-", "−": "-", "×": "x", "…": "~", "·": "-", "←": "<", "→": ">"})


@dataclass(frozen=True)
class Theme:
    """How to draw on a terminal.

    colour: it has colours, and NO_COLOR is not set. blocks: it shows Unicode's half blocks. fine: then also braille and
    eighth blocks, which the console of Linux lacks.
    """

    colour: bool
    blocks: bool
    fine: bool = True

    @classmethod
    def of(cls, console: Console, env: Mapping[str, str] = os.environ) -> "Theme":
        """The theme for a console, by its encoding, the user's locale and the kind of terminal."""
        try:
            "▀▄█▒│╷╵░▲●⣿".encode(console.encoding)
            blocks = True
        except (UnicodeEncodeError, LookupError):
            blocks = False
        # Python writes UTF-8 under LC_ALL=C too, but such a terminal will hardly show it.
        locale = next((env[v] for v in ("LC_ALL", "LC_CTYPE", "LANG") if env.get(v)), "")
        blocks = blocks and locale not in ("C", "POSIX")
        return cls(bool(console.color_system) and not console.no_color, blocks, env.get("TERM") != "linux")

    @cached_property
    def dots(self) -> NDArray[np.int_]:
        """Shape (rows, columns) of the dots of a cell: what each adds to the column in `glyphs`."""
        return _BRAILLE if self.blocks and self.fine else _HALVES

    @cached_property
    def glyphs(self) -> NDArray[np.str_]:
        """By row (no sound, S1, S2, unsure, loud systole), then by the sum of the dots of a cell."""
        table = np.array([list(row) for row in self._halves])
        if self.dots is _HALVES:
            return table
        sums = np.arange(256)
        halves = ((sums & _BRAILLE[:2].sum()) > 0) + 2 * ((sums & _BRAILLE[2:].sum()) > 0)
        braille = np.array([" ", *(chr(0x2800 + dots) for dots in range(1, 256))])
        rows = [braille if self.colour or row in (PLAIN, UNSURE) else table[row, halves] for row in range(len(table))]
        return np.stack(rows)

    @cached_property
    def kinds(self) -> list[Style]:
        """By row: no sound, S1, S2, unsure, loud systole."""
        if not self.colour:
            return [Style(), Style(bold=True), Style(), Style(dim=True), Style()]
        sounds = [Style(color=colour, bold=True) for colour in (_RED, _BLUE)]
        return [Style(color=_CALM), *sounds, Style(dim=True), Style(color=_AMBER)]

    @cached_property
    def lit(self) -> list[Style]:
        """Of a lamp that lights, by row."""
        if not self.colour:
            return [Style(reverse=True, bold=True)] * 3 + [Style(reverse=True, dim=True)]
        return [Style(color="bright_white", bgcolor=c, bold=True) for c in ("green", _RED, _BLUE, _GREY)]

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

    @property
    def _halves(self) -> list[str]:
        return (_COLOURED if self.colour else _SHAPED) if self.blocks else _ASCII

    @property
    def sparks(self) -> str:
        """Eight glyphs for bars from low to high."""
        return _SPARKS if self.blocks and self.fine else _ASCII_SPARKS

    def sign(self, block: str, plain: str) -> str:
        """`block`, or `plain` if the terminal cannot show it."""
        return block if self.blocks else plain

    def text(self, text: str) -> str:
        """The text without control characters, in ASCII if the terminal has no more."""
        text = "".join(c if c.isprintable() else "?" for c in text)
        return text if self.blocks else text.translate(_TO_ASCII).encode("ascii", "replace").decode()
