"""MATLAB's level 5 files, as far as tables of cells go: numbers and texts.

`scipy.io.loadmat` reads far more, and crashes the process on some damaged files.
"""

import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

_LARGEST = 1 << 24  # bytes, unpacked: a thousand times what an annotation takes
_HEADER, _DEEPEST = 128, 8
_INT32, _UINT32, _MATRIX, _COMPRESSED = 5, 6, 14, 15
_CELL, _CHAR, _NUMBERS = 1, 4, range(6, 16)
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_ENCODINGS = {2: "latin-1", 4: "utf-16-le", 16: "utf-8", 17: "utf-16-le"}


def read_table(path: Path) -> list[list[Any]]:
    """The first table of cells in a file, in rows: each cell's first number (float), its text, or None if empty.

    Raises OSError, and ValueError where the file is none of that kind.
    """
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if content[126:_HEADER] != b"IM" or len(content) > _LARGEST:
        raise ValueError("not a MATLAB 5 file, or too large a one")
    offset = _HEADER
    while offset < len(content):
        kind, body, offset = _element(content, offset)
        if kind == _COMPRESSED:
            unpacked = zlib.decompressobj().decompress(body, _LARGEST)
            kind, body, _ = _element(unpacked, 0)
        if kind == _MATRIX:
            cells, sizes = _matrix(body)
            if isinstance(cells, list) and len(sizes) == 2:
                rows = range(sizes[0] if cells else 0)
                return [[_first(cell) for cell in cells[row :: sizes[0]]] for row in rows]
    raise ValueError("it holds no table of cells")


def _element(data: bytes, offset: int) -> tuple[int, bytes, int]:
    """A data element: its type, its content, and where the next one begins."""
    try:
        kind, size = struct.unpack_from("<II", data, offset)
    except struct.error:
        raise ValueError("it ends too early") from None
    if kind >> 16:  # four bytes at most, in the place of the size
        kind, size, start, end = kind & 0xFFFF, kind >> 16, offset + 4, offset + 8
    else:
        start = offset + 8
        end = start + size if kind == _COMPRESSED else start + -(-size // 8) * 8
    if start + size > min(end, len(data)):
        raise ValueError("it ends too early")
    return kind, data[start : start + size], end


def _matrix(data: bytes, depth: int = 0) -> tuple[Any, tuple[int, ...]]:
    """A matrix, in the order of its columns (cells as a list, numbers as an array, or a text), and its sizes."""
    if not data:
        return None, (0, 0)
    flags_kind, flags, offset = _element(data, 0)
    sizes_kind, packed, offset = _element(data, offset)
    if flags_kind != _UINT32 or sizes_kind != _INT32 or len(flags) != 8 or depth > _DEEPEST:
        raise ValueError("its matrix has no head")
    sizes = tuple(int(n) for n in np.frombuffer(packed, "<i4"))
    count, kind = math.prod(sizes), struct.unpack("<I", flags[:4])[0] & 0xFF
    _, _, offset = _element(data, offset)  # its name
    if min(sizes, default=-1) < 0 or count > len(data):
        raise ValueError("its matrix has sizes that cannot be")
    if kind == _CELL:
        cells = []
        for _ in range(count):
            cell_kind, body, offset = _element(data, offset)
            if cell_kind != _MATRIX:
                raise ValueError("its table holds what is no cell")
            cells.append(_matrix(body, depth + 1)[0])
        return cells, sizes
    if kind != _CHAR and kind not in _NUMBERS:
        return None, sizes
    stored, body, _ = _element(data, offset)
    if stored not in (_ENCODINGS if kind == _CHAR else _TYPES):
        raise ValueError(f"its values are of an unknown type ({stored})")
    if kind == _CHAR:
        return body.decode(_ENCODINGS[stored]), sizes
    return np.frombuffer(body, "<" + _TYPES[stored]), sizes


def _first(value: Any) -> Any:
    while isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, np.ndarray):
        return float(value[0]) if len(value) else None
    return value or None
