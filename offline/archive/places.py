"""The place where a recording lies: a path or a URL that fsspec knows. And the state in which it is found there.

A place that is a URL (s3://, gs://, https://, memory://) is a `UPath`, which has the methods of `pathlib.Path`. It
holds no connection, and may be sent to another process, which opens its own.
"""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from ...models.errors import one_line
from ...stream.sources.base import NoSuchSource, SourceError
from ..console import UsageError, require

_URL = re.compile(r"[A-Za-z][\w+.:-]*://")
_STAMPS = "ETag", "etag", "Content-MD5", "md5Hash", "mtime", "LastModified", "Last-Modified", "updated", "created"
_LOST = {"ConnectionError", "ConnectTimeoutError", "HTTPClientError", "ClientConnectionError", "ClientPayloadError"}
_LOST_NUMBERS = {errno.EBUSY, errno.EIO, errno.ETIMEDOUT}  # as s3fs translates "slow down" and "internal error"


class LostError(SourceError):
    """A recording that may be there cannot be reached now. Another try may read it."""


@dataclass(frozen=True)
class State:
    """What changes when a recording does: its size in bytes, and a stamp.

    The stamp is the time of change in ns. Behind a URL it is the ETag, or a time.
    """

    size: int
    stamp: str


def place_of(text: str) -> Path:
    """The place that an argument names: a path, or a UPath where it is a URL. Raises UsageError and MissingExtra."""
    if not _URL.match(text):
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


def absolute(place: Path) -> str:
    """The place as text that means the same in every folder."""
    return str(place) if is_remote(place) else os.path.abspath(place)


def state_of(place: Path) -> State:
    """The present state of a recording. Raises SourceError where there is none."""
    if is_remote(place):
        try:
            return remote_state(cast(Any, place).fs.info(cast(Any, place).path))
        except Exception as error:  # each protocol has errors of its own
            raise refused(place, error) from None
    try:
        status = place.stat()
    except FileNotFoundError:
        raise SourceError(f"{place}: no such file") from None
    except OSError as error:
        raise SourceError(f"{place}: cannot be read ({error.strerror})") from None
    return State(status.st_size, str(status.st_mtime_ns))


def remote_state(info: dict[str, Any]) -> State:
    """The state in what the protocol of a URL tells of a file."""
    stamp = next((info[key] for key in _STAMPS if info.get(key)), "")
    if isinstance(stamp, datetime):  # a list may tell the same time as a number
        stamp = stamp.timestamp()
    return State(int(info.get("size") or 0), f"{stamp:.3f}" if isinstance(stamp, float) else str(stamp).strip('"'))


def refused(place: Path, error: Exception, what: str = "read") -> SourceError:
    """Why a URL cannot be read or listed, and what to do. A LostError where another try may help."""
    cause = _translated(error.__cause__ if isinstance(error, FileNotFoundError) and error.__cause__ else error)
    status = getattr(cause, "status", 0) or 0
    kinds = {kind.__name__ for kind in type(cause).__mro__}
    name, reason = label(place), one_line(cause) or type(cause).__name__
    if status == 404 or isinstance(cause, FileNotFoundError):
        return NoSuchSource(f"{name}: no such file ({reason})")
    if status in (401, 403) or isinstance(cause, PermissionError):
        return SourceError(f"{name}: may not be {what} (permission denied)")
    if "NoCredentialsError" in kinds:
        return SourceError(
            f"{name}: may not be {what} without credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
            "AWS_PROFILE, or FSSPEC_S3_ANON=true for a public bucket"
        )
    lost = isinstance(cause, TimeoutError) or kinds & _LOST or getattr(cause, "errno", 0) in _LOST_NUMBERS
    if lost or status >= 500:
        return LostError(f"{name}: cannot be {what} now ({reason}); try again later")
    return SourceError(f"{name}: cannot be {what} ({reason})")


def _translated(error: BaseException) -> BaseException:
    """The OSError that an answer of S3 means, where s3fs has not told already; else the error."""
    if not type(error).__module__.startswith("botocore"):
        return error
    from s3fs.errors import translate_boto_error

    return cast(BaseException, translate_boto_error(error))


@contextmanager
def os_errors(place: Path) -> Iterator[None]:
    """What goes wrong with a URL inside, raised as OSError with its name and a reason, as with paths."""
    try:
        yield
    except FileNotFoundError as error:
        if not is_remote(place):
            raise
        raise FileNotFoundError(errno.ENOENT, f"no such file or bucket ({one_line(error)})", label(place)) from None
    except Exception as error:  # each protocol has errors of its own
        if not is_remote(place) or (isinstance(error, OSError) and error.filename):
            raise
        raise OSError(errno.EIO, one_line(error) or type(error).__name__, label(place)) from None
