"""Errors of models, and a way to quote the errors of others."""

_LONGEST = 300


class ModelError(Exception):
    """A model cannot be used; the message says which file and why."""


def one_line(error: object) -> str:
    r"""The text of an error in one line of printable characters, cut off where it is long.

    >>> one_line("no such\n\tfile\x1b[1m")
    'no such file [1m'
    """
    text = "".join(c if c.isprintable() else " " for c in str(error)[: 4 * _LONGEST])
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
