"""Recordings and results that lie elsewhere: any URL that fsspec knows (s3://, gs://, https://, file://, memory://).

A place that is a URL is a `UPath`: it has the methods of `pathlib.Path`. It holds no connection, and may be sent to
another process, which opens its own.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from ...models.errors import one_line
from ...stream.sources.base import NoSuchSource, SourceError
from ...stream.sources.ffmpeg import FFMPEG_ENDINGS
from ...stream.sources.file import FileSource
from ..console import UsageError, require

_BLOCK = 4 << 20  # bytes of one request: most recordings are shorter, and come in one
_STAMPS = "ETag", "etag", "Content-MD5", "md5Hash", "mtime", "LastModified", "Last-Modified", "updated", "created"
_PROTOCOL = re.compile(r"[A-Za-z][\w+.-]+:(//|:)")


class LostError(SourceError):
    """A recording that may be there cannot be reached now. Another try may read it."""


def place_of(text: str) -> Path:
    """The place that an argument names: a path, or a UPath where it is a URL. Raises UsageError and MissingExtra."""
    if not _PROTOCOL.match(text):
        return Path(text)
    require(text, "upath", "remote")
    from fsspec import get_filesystem_class
    from upath import UPath

    try:
        place = UPath(text, use_listings_cache=False)  # the lists of a large archive would fill the memory
        get_filesystem_class(place.protocol)
    except (ValueError, ImportError) as error:
        raise UsageError(f"{text}: cannot be opened ({one_line(error)})") from None
    return Path(place.path) if place.protocol in ("file", "local") else cast(Path, place)


def is_remote(place: Path) -> bool:
    """Whether a place is a URL."""
    return not isinstance(place, Path)


def label(place: Path) -> str:
    """The place in messages and results: of a web address, without the query, in which a signature may be."""
    text = str(place)
    return urlsplit(text)._replace(query="", fragment="").geturl() if text.startswith(("http:", "https:")) else text


@contextmanager
def opened(place: Path) -> Iterator[FileSource]:
    """The recording at a place, open while the context lasts. Raises SourceError; LostError where it is out of reach.

    A URL is read block by block. Only what ffmpeg decodes is copied to a temporary file before. Lost connections are
    tried again by the library of the URL's protocol.
    """
    if not is_remote(place):
        yield FileSource(place)
        return
    name = label(place)
    with _open(place) as file:
        content = _Content(file)
        try:
            if Path(name).suffix.lower() in FFMPEG_ENDINGS:
                with tempfile.NamedTemporaryFile(suffix=Path(name).suffix) as copy:
                    shutil.copyfileobj(content, copy, _BLOCK)
                    copy.flush()
                    if not content.error:
                        yield FileSource(copy.name, name=name)
            else:
                yield FileSource(name, content=cast(BinaryIO, content))
        except SourceError:
            if not content.error:
                raise
        if content.error:
            raise _refused(place, content.error)


@contextmanager
def _open(place: Any) -> Iterator[BinaryIO]:
    try:
        file = place.fs.open(place.path, "rb", block_size=_BLOCK)
    except Exception as error:  # each protocol has errors of its own
        raise _refused(place, error) from None
    with file:
        yield file


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


def state_of_url(place: Any) -> tuple[int, str]:
    """Size in bytes of a remote file, and its stamp: the ETag, or the time of change. Raises SourceError."""
    try:
        return _state(place.fs.info(place.path))
    except Exception as error:  # each protocol has errors of its own
        raise _refused(place, error) from None


def _state(info: dict[str, Any]) -> tuple[int, str]:
    stamp = next((info[key] for key in _STAMPS if info.get(key)), "")
    return int(info.get("size") or 0), str(stamp).strip('"')


def files_below(place: Any, on_failure: Callable[[str], None]) -> Iterator[tuple[Path, Path, tuple[int, str] | None]]:
    """The files of a folder, of a glob, or the one named: each with the folder that was named, and its state.

    The state is None where the protocol's list has no sizes. One folder's list is in memory at a time. Hidden files
    and folders are skipped. What cannot be listed goes to `on_failure`.
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
        on_failure(str(_refused(root, error, "listed")))

    try:
        if not is_pattern and not place.is_dir():
            yield place, place.parent, None
            return
        for folder, folders, files in root.fs.walk(root.path, maxdepth=depth, detail=True, on_error=failed):
            for name in [name for name in folders if name.startswith(".")]:
                del folders[name]
            for name, info in sorted(files.items()):
                if name and not name.startswith(".") and matches(info["name"]):
                    state = _state(info) if info.get("size") is not None else None
                    yield root / folder[len(root.path) :].strip("/") / name, root, state
    except Exception as error:  # each protocol has errors of its own
        failed(error)


def _refused(place: Path, error: Exception, what: str = "read") -> SourceError:
    """Why a place cannot be used, and what to do."""
    cause = error.__cause__ if isinstance(error, FileNotFoundError) and error.__cause__ else error
    status = getattr(cause, "status", None)
    name = label(place)
    if status == 404 or isinstance(cause, FileNotFoundError):
        return NoSuchSource(f"{name}: no such file ({one_line(cause)})")
    if status in (401, 403) or isinstance(cause, PermissionError):
        return SourceError(f"{name}: may not be {what} (permission denied)")
    if type(cause).__name__ == "NoCredentialsError":
        return SourceError(
            f"{name}: may not be {what} without credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
            "AWS_PROFILE, or FSSPEC_S3_ANON=true for a public bucket"
        )
    return LostError(f"{name}: cannot be {what} now ({one_line(cause) or type(cause).__name__}); try again later")
