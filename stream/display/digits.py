"""Large letters and digits, in three by five pixels, readable from two metres."""

from functools import lru_cache
from typing import NamedTuple

_FONT = {
    "L": "#.. #.. #.. #.. ###", "U": "#.# #.# #.# #.# ###", "B": "##. #.# ##. #.# ##.", "D": "##. #.# #.# #.# ##.",
    "0": "### #.# #.# #.# ###", "1": ".#. ##. .#. .#. ###", "2": "### ..# ### #.. ###", "3": "### ..# ### ..# ###",
    "4": "#.# #.# ### ..# ..#", "5": "### #.. ### ..# ###", "6": "### #.. ### #.# ###", "7": "### ..# ..# ..# ..#",
    "8": "### #.# ### #.# ###", "9": "### #.# ### ..# ###", "-": "... ... ### ... ...", " ": "... ... ... ... ...",
}  # fmt: skip
_PIXELS = 5


class Size(NamedTuple):
    """Cells to a pixel. rows 0: two pixels share a cell."""

    columns: int
    rows: int


HALF, NARROW = Size(1, 0), Size(1, 1)
"""The smallest sizes: with half blocks, and with any other ink."""

SQUARE = tuple(Size(2 * n, n) for n in (1, 2, 3))
"""Sizes with square pixels, since a cell is about twice as high as wide."""


def width(letters: int, size: Size) -> int:
    """Columns of so many letters."""
    return (4 * letters - 1) * size.columns


def height(size: Size) -> int:
    """Rows of a line of letters."""
    return _PIXELS * size.rows or (_PIXELS + 1) // 2


@lru_cache(maxsize=256)
def big(text: str, size: Size, ink: str) -> tuple[str, ...]:
    """The text in rows of equal width, drawn with `ink` (HALF: with half blocks)."""
    pixels = [" ".join(_FONT[c].split()[row] for c in text).replace(".", " ") for row in range(_PIXELS)]
    if size == HALF:
        pixels.append(" " * len(pixels[0]))
        pairs = zip(pixels[::2], pixels[1::2], strict=True)
        return tuple(
            "".join(" ▀▄█"[(a == "#") + 2 * (b == "#")] for a, b in zip(upper, lower, strict=True))
            for upper, lower in pairs
        )
    rows = ("".join((ink if p == "#" else " ") * size.columns for p in row) for row in pixels)
    return tuple(row for row in rows for _ in range(size.rows))
