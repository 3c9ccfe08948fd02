"""Where a run is written to: JSON Lines and the recording."""

import contextlib
import json
import os
import struct
import sys
from collections import Counter
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from .clock import STREAM_RATE
from .engine import Accounts, SinkError
from .events import Event, Sound

FloatArray = NDArray[np.float32]

NOTICE = "Not a medical device."


def stdout_failed(error: OSError | ValueError) -> SinkError:
    """The error to raise when standard output cannot be written; nothing more is tried on it, at exit neither."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    return SinkError(f"standard output: cannot be written ({getattr(error, 'strerror', None) or error})")


class JsonLines:
    """One object a line, each flushed as it comes: the session, the events, the end. Path "-" is standard output."""

    def __init__(self, path: str, session: dict[str, Any]) -> None:
        self._path = path
        try:
            self._file: IO[str] = sys.stdout if path == "-" else Path(path).open("w", encoding="utf-8")  # noqa: SIM115
        except OSError as error:
            raise SinkError(f"{path}: cannot be written ({error.strerror})") from None
        self._counts: Counter[str] = Counter()
        self._write(session)

    def heard(self, block: FloatArray) -> None:
        """Nothing to do."""

    def missed(self, length: int) -> None:
        """Nothing to do: the gap comes as an event."""

    def event(self, event: Event) -> None:
        """Write the event's line."""
        if isinstance(event, Sound):
            self._counts[event.kind] += 1
        self._write(event.as_dict())

    def close(self, accounts: Accounts) -> None:
        """Write the end, with all samples accounted for."""
        self._write(
            {
                "type": "end",
                "samples": {
                    "captured": accounts.captured,
                    "processed": accounts.processed,
                    "dropped": accounts.dropped,
                    **({"pending": accounts.pending} if accounts.pending else {}),
                },
                "sounds": {"S1": self._counts["S1"], "S2": self._counts["S2"]},
            }
        )
        if self._path != "-":
            self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        try:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()
        except (OSError, ValueError) as error:
            if self._path == "-":
                raise stdout_failed(error) from None
            with contextlib.suppress(OSError):  # what could not be written is tried once more, and given up
                self._file.close()
            raise SinkError(f"{self._path}: cannot be written ({getattr(error, 'strerror', None) or error})") from None


class WavRecording:
    """What the engine heard, as mono 32-bit float WAV at 44,100 Hz; silence stands for what it missed.

    The header is brought up to date every second, so that a killed run leaves a file that opens.
    """

    _LARGEST = (1 << 32) - 64  # a RIFF file can hold no more

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            self._file = Path(path).open("wb")  # noqa: SIM115 (open for as long as the engine runs)
        except OSError as error:
            raise SinkError(f"{path}: cannot be written ({error.strerror})") from None
        self._bytes = 0
        self._since_header = 0
        self._header()

    def heard(self, block: FloatArray) -> None:
        """Append the samples."""
        self._append(block.astype("<f4").tobytes())

    def missed(self, length: int) -> None:
        """Append silence, so that positions stay true."""
        for at in range(0, length, STREAM_RATE):
            self._append(bytes(4 * min(STREAM_RATE, length - at)))

    def event(self, event: Event) -> None:
        """Nothing to do."""

    def close(self, accounts: Accounts) -> None:
        """Complete the header and close the file."""
        self._header()
        self._file.close()

    def _append(self, data: bytes) -> None:
        if self._bytes + len(data) > self._LARGEST:
            raise SinkError(f"{self._path}: the recording has reached 4 GiB, all that a WAV file can hold")
        self._guarded(self._file.write, data)
        self._bytes += len(data)
        self._since_header += len(data)
        if self._since_header >= 4 * STREAM_RATE:
            self._header()

    def _header(self) -> None:
        fact = struct.pack("<4sII", b"fact", 4, self._bytes // 4)
        form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 3, 1, STREAM_RATE, STREAM_RATE * 4, 4, 32)
        data = struct.pack("<4sI", b"data", self._bytes)
        rest = b"WAVE" + form + fact + data

        def write() -> None:
            self._file.seek(0)
            self._file.write(b"RIFF" + struct.pack("<I", len(rest) + self._bytes) + rest)
            self._file.seek(0, 2)
            self._file.flush()

        self._guarded(write)
        self._since_header = 0

    def _guarded(self, call: Any, *arguments: Any) -> None:
        try:
            call(*arguments)
        except (OSError, ValueError) as error:
            with contextlib.suppress(OSError):
                self._file.close()
            raise SinkError(f"{self._path}: cannot be written ({getattr(error, 'strerror', None) or error})") from None
