"""The lines of a recording in the results of a shard: a row for each event, and a summary or an error."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..summary import Row

if TYPE_CHECKING:
    from ...segmentation import Findings


_SUMMARY = b'{"type": "summary"'


def event_lines(place: Path, findings: "Findings") -> bytes:
    """The events, as `segment` writes them, each with the recording's path below its archive as `file`."""
    file = place.as_posix()
    events = (event.as_dict() for event in findings.events)
    return b"".join(line({"type": event["type"], "file": file, **event}) for event in events)


def summary_line(row: Row) -> bytes:
    """The row of a recording that was segmented. It comes after its events."""
    return line({"type": "summary", **row})


def error_line(place: Path, error: str) -> bytes:
    """The row of a recording that could not be segmented."""
    return line({"type": "summary", "file": place.as_posix(), "error": error})


def is_summary(text: bytes) -> bool:
    """Whether a line is the row of a recording, with which its lines end."""
    return text.startswith(_SUMMARY)


def line(content: dict[str, Any]) -> bytes:
    """A line of JSON. All that is not ASCII is escaped, so that any file name can be told."""
    return json.dumps(content).encode() + b"\n"
