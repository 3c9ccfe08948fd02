"""Large letters and digits, in three by five pixels, for who stands two metres away."""

from functools import lru_cache

_FONT = {
    "L": "#.. #.. #.. #.. ###", "U": "#.# #.# #.# #.# ###", "B": "##. #.# ##. #.# ##.", "D": "##. #.# #.# #.# ##.",
    "0": "### #.# #.# #.# ###", "1": ".#. ##. .#. .#. ###", "2": "### ..# ### #.. ###", "3": "### ..# ### ..# ###",
    "4": "#.# #.# ### ..# ..#", "5": "### #.. ### ..# ###", "6": "### #.. ### #.# ###", "7": "### ..# ..# ..# ..#",
    "8": "### #.# ### #.# ###", "9": "### #.# ### ..# ###", "-": "... ... ### ... ...", " ": "... ... ... ... ...",
}  # fmt: skip
_PIXELS = 5
SMALL = 0
"""The scale at which two pixels share a cell: three rows. At scale n a pixel is 2n columns by n rows."""


def width(letters: int, scale: int) -> int:
    """Columns that so many letters take."""
    return (4 * letters - 1) * (2 * scale or 1)


def height(scale: int) -> int:
    """Rows that a line of letters takes."""
    return _PIXELS * scale or 3


@lru_cache(maxsize=256)
def big(text: str, scale: int, ink: str) -> tuple[str, ...]:
    """The text in rows of equal width, drawn with `ink` (SMALL: with half blocks)."""
    pixels = [" ".join(_FONT[c].split()[row] for c in text).replace(".", " ") for row in range(_PIXELS)]
    if scale == SMALL:
        pixels.append(" " * len(pixels[0]))
        pairs = zip(pixels[::2], pixels[1::2], strict=True)
        return tuple(
            "".join(" ▀▄█"[(a == "#") + 2 * (b == "#")] for a, b in zip(upper, lower, strict=True))
            for upper, lower in pairs
        )
    rows = ("".join((ink if p == "#" else " ") * (2 * scale) for p in row) for row in pixels)
    return tuple(row for row in rows for _ in range(scale))
