"""Errors of models, a way to quote the errors of others, and the nearest word to a wrong one."""

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 300


class ModelError(Exception):
    """A model cannot be used. The message says which file and why."""


def one_line(error: object) -> str:
    r"""The text of an error in one line of printable characters, cut off where it is long.

    >>> one_line("no such\n\tfile\x1b[1m")
    'no such file [1m'
    """
    text = "".join(c if c.isprintable() else " " for c in str(error)[: 4 * _LONGEST])
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


def did_you_mean(word: object, known: Iterable[object]) -> str:
    """The end of a message about an unknown word: the nearest known one, or nothing where none is near.

    >>> did_you_mean("segmnt", ["segment", "score"])
    '; did you mean segment?'
    """
    near = get_close_matches(str(word), [str(name) for name in known], n=1)
    return f"; did you mean {near[0]}?" if near else ""
