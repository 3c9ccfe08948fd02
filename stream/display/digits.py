"""Large letters and digits, seven pixels high, readable from two metres."""

from functools import lru_cache
from typing import NamedTuple

_FONT = {
    "L": "#... #... #... #... #... #... ####", "U": "#..# #..# #..# #..# #..# #..# .##.",
    "B": "###. #..# #..# ###. #..# #..# ###.", "D": "###. #..# #..# #..# #..# #..# ###.",
    "0": ".###. #...# #...# #...# #...# #...# .###.", "1": "..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###.",
    "2": ".###. #...# ....# ...#. ..#.. .#... #####", "3": ".###. #...# ....# ..##. ....# #...# .###.",
    "4": "...#. ..##. .#.#. #..#. ##### ...#. ...#.", "5": "##### #.... ####. ....# ....# #...# .###.",
    "6": "..##. .#... #.... ####. #...# #...# .###.", "7": "##### ....# ...#. ...#. ..#.. ..#.. ..#..",
    "8": ".###. #...# #...# .###. #...# #...# .###.", "9": ".###. #...# #...# .#### ....# ...#. .##..",
    "-": "..... ..... ..... .###. ..... ..... .....", " ": "..... ..... ..... ..... ..... ..... .....",
}  # fmt: skip
_PIXELS = 7


class Size(NamedTuple):
    """A pixel: so many columns, and so many halves of a row."""

    columns: int
    half_rows: int


TEXT = Size(0, 0)
"""Plain letters of the terminal."""

SMALL = Size(1, 1)
"""The smallest large digits. A pixel is half a cell, which is about square."""

BLOCK_SIZES = (*(Size(n, n) for n in (6, 5, 4, 3, 2)), SMALL, TEXT)
"""For terminals with half blocks, largest first."""

ASCII_SIZES = (Size(6, 6), Size(4, 4), Size(2, 2), Size(1, 2), TEXT)
"""For terminals without."""


def width(text: str, size: Size) -> int:
    """Columns of the text."""
    if size == TEXT:
        return len(text)
    return size.columns * (sum(_FONT[c].index(" ") + 1 for c in text) - 1)


def height(size: Size) -> int:
    """Rows of a line of letters."""
    return (_PIXELS * size.half_rows + 1) // 2 or 1


@lru_cache(maxsize=256)
def big(text: str, size: Size, ink: str) -> tuple[str, ...]:
    """The text in rows of equal width. ink: a full cell; "█" may be halved."""
    if size == TEXT:
        return (text,)
    pixels = [".".join(_FONT[c].split()[row] for c in text) for row in range(_PIXELS)]
    halves = [row for row in pixels for _ in range(size.half_rows)]
    halves.append("." * len(halves[0]))
    glyphs = {("#", "#"): ink, ("#", "."): "▀", (".", "#"): "▄", (".", "."): " "}
    pairs = zip(halves[::2], halves[1::2], strict=False)  # a last half without another is empty
    return tuple("".join(glyphs[pair] * size.columns for pair in zip(*rows, strict=True)) for rows in pairs)
