"""What happens to the stream: gaps, markers and recordings."""

from dataclasses import dataclass
from typing import Any

from ..rates import seconds
from .span import InSeconds


@dataclass(frozen=True)
class Gap(InSeconds):
    """Samples of the stream are missing. No sound spans them.

    Attributes
    ----------
    start
        The first missing sample, at 44,100 Hz.
    end
        The first sample after them.
    reason
        Why they are missing, in a few words.

    Examples
    --------
    >>> Gap(44_100, 66_150, "overflow").as_text()
    '     1.000 s  gap  0.500 s missing: overflow'
    """

    start: int
    end: int
    reason: str

    @property
    def label(self) -> str:
        """Its word."""
        return "gap"

    def as_dict(self) -> dict[str, Any]:
        """The line of the JSONL form."""
        return {
            "type": "gap",
            "start_s": round(self.start_s, 4),
            "end_s": round(self.end_s, 4),
            "start_sample": self.start,
            "end_sample": self.end,
            "reason": self.reason,
        }

    def as_text(self) -> str:
        """A line for a person."""
        return f"{self.start_s:10.3f} s  gap  {self.duration_s:.3f} s missing: {self.reason}"


@dataclass(frozen=True)
class Marker(InSeconds):
    """The listener marked a moment. It has no length.

    Attributes
    ----------
    at
        The sample that is marked, at 44,100 Hz.

    Examples
    --------
    >>> Marker(88_200).at_s
    2.0
    """

    at: int

    @property
    def start(self) -> int:
        """The sample that is marked."""
        return self.at

    @property
    def end(self) -> int:
        """The same."""
        return self.at

    @property
    def at_s(self) -> float:
        """The moment that is marked, in seconds."""
        return seconds(self.at)

    @property
    def label(self) -> str:
        """Its word."""
        return "mark"

    def as_dict(self) -> dict[str, Any]:
        """The line of the JSONL form."""
        return {"type": "marker", "at_s": round(self.at_s, 4), "at_sample": self.at}

    def as_text(self) -> str:
        """A line for a person."""
        return f"{self.at_s:10.3f} s  mark"


@dataclass(frozen=True)
class Recording(InSeconds):
    """A file holds a part of the stream.

    The event comes twice: when the recording begins, with `end` equal to `start`, and with `ended` once it has ended.

    Attributes
    ----------
    file
        Its path.
    start
        The first sample of the stream that it holds, at 44,100 Hz.
    end
        The first sample after those that it holds.
    ended
        Whether the recording has ended.

    Examples
    --------
    >>> Recording("heart.wav", start=0, end=44_100, ended=True).as_text()
    '     1.000 s  recording ends: heart.wav'
    """

    file: str
    start: int
    end: int
    ended: bool

    @property
    def label(self) -> str:
        """Its word."""
        return "recording"

    def as_dict(self) -> dict[str, Any]:
        """The line of the JSONL form. While it has not ended, its end is null."""
        return {
            "type": "recording",
            "file": self.file,
            "start_s": round(self.start_s, 4),
            "end_s": round(self.end_s, 4) if self.ended else None,
            "start_sample": self.start,
            "end_sample": self.end if self.ended else None,
        }

    def as_text(self) -> str:
        """A line for a person."""
        if self.ended:
            return f"{self.end_s:10.3f} s  recording ends: {self.file}"
        return f"{self.start_s:10.3f} s  recording begins: {self.file}"
