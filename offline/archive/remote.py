"""Reading recordings, and writing results, wherever they lie. What is no path is read and listed through fsspec."""

import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from ...stream.sources.base import SourceError
from ...stream.sources.ffmpeg import FFMPEG_ENDINGS
from ..console import whole_file
from .places import State, is_remote, label, os_errors, refused, remote_state, state_of

if TYPE_CHECKING:
    from ...stream.sources.file import FileSource

_BLOCK = 4 << 20  # bytes of one request: most recordings are shorter, and come in one


@contextmanager
def opened(place: Path, state: State | None = None) -> "Iterator[FileSource]":
    """The recording at a place, open while the context lasts. Raises SourceError; LostError where it is out of reach.

    A URL is read block by block. Only what ffmpeg decodes is copied to a temporary file before. Lost connections are
    tried again by the library of the URL's protocol.

    state: the one that is expected; another is an error.
    """
    from ...stream.sources.file import FileSource  # with soxr, for which the help of a command need not wait

    if not is_remote(place):
        _check(place, state, state and state_of(place))
        yield FileSource(place)
        return
    name = label(place)
    with _open(place) as file:
        _check(place, state, state and _state(place, file))
        content = _Content(file)
        try:
            if Path(name).suffix.lower() in FFMPEG_ENDINGS:
                with tempfile.TemporaryDirectory(prefix="heartseg-", ignore_cleanup_errors=True) as folder:
                    copy = Path(folder, f"copy{Path(name).suffix}")
                    with copy.open("wb") as target:
                        shutil.copyfileobj(content, target, _BLOCK)
                    if not content.error:
                        yield FileSource(copy, name=name)
            else:
                yield FileSource(name, content=cast(BinaryIO, content))
        except SourceError:
            if not content.error:
                raise
        if content.error:
            raise refused(place, content.error)


def _check(place: Path, expected: State | None, present: State | None) -> None:
    if expected and present != expected:
        raise SourceError(f"{label(place)}: has changed since the plan was made; make the plan again")


@contextmanager
def _open(place: Any) -> Iterator[BinaryIO]:
    try:
        file = place.fs.open(place.path, "rb", block_size=_BLOCK)
    except Exception as error:  # each protocol has errors of its own
        raise refused(place, error) from None
    with file:
        yield file


def _state(place: Path, file: BinaryIO) -> State:
    """What the protocol told when it opened the file; where that is too little, it is asked again."""
    told = remote_state(getattr(file, "details", {}))
    return told if told.stamp else state_of(place)


class _Content:
    """The bytes of a file, which end where it fails, and why it failed: libsndfile does not hand errors on."""

    def __init__(self, file: BinaryIO) -> None:
        self.error: Exception | None = None
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if self.error is None:
            try:
                return self._file.read(size)
            except Exception as error:  # each protocol has errors of its own
                self.error = error
        return b""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        with suppress(ValueError):  # before the start: a damaged file
            self._file.seek(offset, whence)
        return self._file.tell()

    def tell(self) -> int:
        return self._file.tell()


def files_below(place: Any, failures: list[str]) -> Iterator[tuple[Path, Path, State | None]]:
    """The files of a folder, of a glob, or the one named: each with the folder that was named, and its state.

    The state is None where the protocol's list has no sizes. One folder's list is in memory at a time. Hidden files
    and folders are skipped. What cannot be listed is noted in `failures`.
    """
    from fsspec.utils import glob_translate

    text = place.path
    fixed = re.match(r"[^*?\[]*", text)
    assert fixed
    is_pattern = fixed.end() < len(text) and not text.startswith("http")
    root = place
    while is_pattern and len(root.path) > fixed.end():
        root = root.parent
    depth = None if "**" in text or not is_pattern else text[len(root.path) :].strip("/").count("/") + 1
    matches = re.compile(glob_translate(text) if is_pattern else "").match

    def failed(error: Exception) -> None:
        failures.append(str(refused(root, error, "listed")))

    try:
        if not is_pattern and not place.is_dir():
            yield place, place.parent, None
            return
        for folder, folders, files in root.fs.walk(root.path, maxdepth=depth, detail=True, on_error=failed):
            for name in [name for name in folders if name.startswith(".")]:
                del folders[name]
            below = root / folder[len(root.path) :].strip("/")
            for name, info in sorted(files.items()):
                if name and not name.startswith(".") and matches(info["name"]):
                    state = remote_state(info) if info.get("size") is not None else None
                    yield below / name, root, state
    except Exception as error:  # each protocol has errors of its own
        failed(error)


def names_in(folder: Path) -> set[str]:
    """Names of the files in a folder; none where it is missing. By one list: to ask for each costs a request.

    Raises OSError.
    """
    try:
        with os_errors(folder):
            remote = cast(Any, folder)
            files = remote.fs.ls(remote.path, detail=False) if is_remote(folder) else folder.iterdir()
            return {os.path.basename(file) for file in files}
    except FileNotFoundError:
        return set()


@contextmanager
def reading(place: Path, block: int = _BLOCK) -> Iterator[BinaryIO]:
    """A file of results. block: bytes of one request to a URL. Raises OSError."""
    with os_errors(place):
        if not is_remote(place):
            with place.open("rb") as file:
                yield file
            return
        remote = cast(Any, place)
        with io.BufferedReader(remote.fs.open(remote.path, "rb", block_size=block), block) as lines:
            yield lines


@contextmanager
def written(place: Path) -> Iterator[BinaryIO]:
    """A file to write, whole or not at all. Behind a URL it is sent at once when it is whole. Raises OSError."""
    if not is_remote(place):
        with whole_file(place) as file:
            yield file
        return
    content = io.BytesIO()
    yield content
    with os_errors(place):
        place.write_bytes(content.getvalue())
