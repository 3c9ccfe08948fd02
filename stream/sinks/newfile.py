"""Files that a run writes: none is overwritten unasked."""

from pathlib import Path
from typing import IO, Any

from .base import SinkError


class FileThere(SinkError):
    """A file of this name is there already. The command was wrong."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path}: exists; choose another name, or overwrite it with --force")


def refuse_to_overwrite(path: str, force: bool) -> None:
    """Raises FileThere for a regular file, unless the user forces it. Devices and pipes hold nothing to protect."""
    if not force and Path(path).is_file():
        raise FileThere(path)


def create(path: str, mode: str, force: bool, **how: Any) -> IO[Any]:
    """Open a file to write: a new one, unless the user forces it. mode: "" or "b". Raises FileThere, or OSError.

    Nothing comes between the check and the opening.
    """
    if not force:
        try:
            return open(path, f"x{mode}", **how)
        except FileExistsError:
            refuse_to_overwrite(path, force)
    return open(path, f"w{mode}", **how)
