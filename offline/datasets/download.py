"""Download of one file over HTTP: resumed, checked, and stored whole or not at all."""

import hashlib
import http.client
import os
import socket
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from io import FileIO
from pathlib import Path
from threading import Event

TRIES = 4
PAUSE_S = 1.0
"""The wait before the second try; it doubles with each further one."""

_TIMEOUT_S = 20.0
_CHUNK = 1 << 16


class FetchError(Exception):
    """A download failed. The message says which, why, and what to do."""


@dataclass(frozen=True)
class Remote:
    """A file on a server, where it goes, and its SHA-256 where that is published."""

    url: str
    target: Path
    sha256: str | None = None


def intact(remote: Remote) -> bool:
    """Whether the file exists and has its published checksum, if it has one."""
    return remote.target.exists() and (remote.sha256 is None or _sha256(remote.target) == remote.sha256)


def download(remote: Remote, on_bytes: Callable[[int, float], None], stop: Event) -> None:
    """Download a file, resuming from its `.part` if there is one. Raises FetchError.

    on_bytes: called with the bytes received and the share of the file stored so far. stop: set it to end early.
    """
    part = remote.target.with_name(remote.target.name + ".part")
    resumed = part.exists()
    tries = 0
    while True:
        size = _size(part)
        try:
            _transfer(remote.url, part, on_bytes, stop)
            break
        except urllib.error.HTTPError as error:
            if error.code == 416 and resumed:  # there is no more of it than we have, or another file of that name
                resumed = False
                part.unlink()
                continue
            if error.code < 500:
                raise FetchError(f"{remote.url}: {error.code} {error.reason}") from None
            why = f"{error.code} {error.reason}"
        except (OSError, http.client.HTTPException) as error:
            why = _in_words(error, remote.url)
        tries = 0 if _size(part) > size else tries + 1
        if tries == TRIES:
            raise FetchError(f"{remote.url}: {why}; run the command again to go on from there")
        if stop.wait(PAUSE_S * 2 ** (tries - 1) if tries else 0):
            raise FetchError(f"{remote.url}: stopped")
    if remote.sha256 and _sha256(part) != remote.sha256:
        part.unlink()
        if resumed:
            return download(remote, on_bytes, stop)
        raise FetchError(
            f"{remote.url}: is not what its published SHA-256 says, and was removed; run the command again"
        )
    os.replace(part, remote.target)


def _in_words(error: Exception, url: str) -> str:
    """Why a transfer failed, and what to look at."""
    reason = getattr(error, "reason", None) or error
    host = urllib.parse.urlsplit(url).hostname
    if isinstance(reason, socket.gaierror):
        return f"the host {host} is not found (is there a network?)"
    if isinstance(reason, TimeoutError):
        return f"the host {host} does not answer"
    if isinstance(reason, ConnectionRefusedError):
        return f"the host {host} refuses the connection"
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"the certificate of {host} is not trusted ({reason.verify_message})"
    if isinstance(reason, OSError) and reason.strerror:
        return f"the host {host} cannot be reached ({reason.strerror.lower()})"
    return str(reason) or type(error).__name__


def _transfer(url: str, part: Path, on_bytes: Callable[[int, float], None], stop: Event) -> None:
    """Append the missing bytes to `part`. Raises OSError, HTTPException and FetchError."""
    have = _size(part)
    headers = {"User-Agent": f"heartseg/{version('heartseg')}", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_TIMEOUT_S) as answer:
        if answer.status != 206:
            have = 0
        elif not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            raise FetchError(f"{url}: the server gave another part than was asked for")
        length = answer.headers.get("Content-Length")
        whole = have + int(length) if length else 0
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
            file = part.open("ab" if have else "wb", buffering=0)
        except OSError as error:
            raise FetchError(f"{part}: cannot be written ({error.strerror})") from None
        with file:
            while chunk := answer.read(_CHUNK):
                if stop.is_set():
                    raise FetchError(f"{url}: stopped")
                try:
                    _write(file, chunk)
                except OSError as error:
                    raise FetchError(f"{part}: cannot be written ({error.strerror}); run the command again") from None
                have += len(chunk)
                on_bytes(len(chunk), have / whole if whole else 0.0)
        if whole and have < whole:
            raise ConnectionError(f"the connection ended {whole - have} bytes early")


def _write(file: FileIO, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[file.write(view) :]


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
