"""The engine's events: sounds, onsets, gaps, markers and recordings.

Positions are integers, samples of the stream at 44,100 Hz. Each is there in seconds too, under its name with `_s`.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from .rates import STREAM_RATE, seconds


@dataclass(frozen=True)
class Kind:
    """A kind of heart sound.

    word: its name by ear. state: its column among the network's posteriors (S1, systole, S2, diastole).
    usual_length: stream samples, twice the usual time from onset to centre.
    """

    word: str
    state: int
    usual_length: int


HEART_SOUNDS = {
    "S1": Kind("lub", 0, 12 * STREAM_RATE // 100),
    "S2": Kind("dub", 2, 106 * STREAM_RATE // 1000),
}
"""The kinds of sounds, by name."""

KINDS = tuple(HEART_SOUNDS)
"""Their names, in the order of a heartbeat."""


class _Span(Protocol):
    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


class _InSeconds:
    """From sample `start` to before sample `end`, in seconds."""

    @property
    def start_s(self: _Span) -> float:
        """Where it starts, in seconds."""
        return seconds(self.start)

    @property
    def end_s(self: _Span) -> float:
        """Where it ends, in seconds."""
        return seconds(self.end)

    @property
    def duration_s(self: _Span) -> float:
        """How long it lasts, in seconds."""
        return seconds(self.end - self.start)


@dataclass(frozen=True)
class Sound(_InSeconds):
    """A confirmed heart sound. It stands.

    kind: "S1" or "S2". The sound lasts from sample `onset` to before `offset`. confidence: 0 to 1. emitted: the
    stream position at which the sound could be decided. announced: `emitted` of the `Onset` that named the sound
    first, None if there was none. withheld: the sound is named late, since it took until now to believe in a heart.
    """

    kind: str
    onset: int
    offset: int
    confidence: float
    emitted: int
    announced: int | None = None
    withheld: bool = False

    @property
    def start(self) -> int:
        """Its onset."""
        return self.onset

    @property
    def end(self) -> int:
        """Its offset."""
        return self.offset

    @property
    def onset_s(self) -> float:
        """Its onset, in seconds."""
        return seconds(self.onset)

    @property
    def offset_s(self) -> float:
        """Its offset, in seconds."""
        return seconds(self.offset)

    @property
    def emitted_s(self) -> float:
        """Where it could be decided, in seconds."""
        return seconds(self.emitted)

    @property
    def announced_s(self) -> float | None:
        """Where it was announced, in seconds, None if it was not."""
        return None if self.announced is None else seconds(self.announced)

    @property
    def label(self) -> str:
        """Its word."""
        return HEART_SOUNDS[self.kind].word

    def as_dict(self) -> dict[str, Any]:
        """The line of the JSONL form."""
        return {
            "type": "sound",
            "kind": self.kind,
            "onset_s": round(self.onset_s, 4),
            "offset_s": round(self.offset_s, 4),
            "onset_sample": self.onset,
            "offset_sample": self.offset,
            "confidence": round(self.confidence, 3),
            "emitted_s": round(self.emitted_s, 4),
            "announced_s": None if self.announced_s is None else round(self.announced_s, 4),
            "withheld": self.withheld,
        }

    def as_text(self) -> str:
        """A line for a person."""
        return (
            f"{self.onset_s:10.3f} s  {self.kind} {self.label}  {self.duration_s * 1000:3.0f} ms  "
            f"confidence {self.confidence:.2f}"
        )


@dataclass(frozen=True)
class Onset(_InSeconds):
    """A provisional heart sound, named while it still sounds or shortly after.

    A wrong onset is not retracted: no `Sound` will refer to it in `announced`.
    """

    kind: str
    onset: int
    confidence: float
    emitted: int

    @property
    def start(self) -> int:
        """The onset."""
        return self.onset

    @property
    def end(self) -> int:
        """Where a sound of the usual length would end."""
        return self.onset + HEART_SOUNDS[self.kind].usual_length

    @property
    def onset_s(self) -> float:
        """The onset, in seconds."""
        return seconds(self.onset)

    @property
    def emitted_s(self) -> float:
        """Where it could be named, in seconds."""
        return seconds(self.emitted)

    @property
    def label(self) -> str:
        """Its word."""
        return HEART_SOUNDS[self.kind].word

    def as_dict(self) -> dict[str, Any]:
        """The line of the JSONL form."""
        return {
            "type": "onset",
            "kind": self.kind,
            "onset_s": round(self.onset_s, 4),
            "onset_sample": self.onset,
            "confidence": round(self.confidence, 3),
            "emitted_s": round(self.emitted_s, 4),
        }

    def as_text(self) -> str:
        """A line for a person."""
        return f"{self.onset_s:10.3f} s  {self.kind} {self.label}  begins  confidence {self.confidence:.2f}"


@dataclass(frozen=True)
class Gap(_InSeconds):
    """Samples `start` to before `end` are missing. No sound spans them. reason: why, in a few words."""

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
class Marker(_InSeconds):
    """The listener marked sample `at`. It has no length."""

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
class Recording(_InSeconds):
    """A file holds the stream from sample `start` to before `end`.

    The event comes twice: when the recording begins, with `end` equal to `start`, and with `ended` once it has ended.
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


Shown = Sound | Gap | Marker
"""The events that stand, and are shown. An `Onset` is provisional, and a `Recording` is no part of the sound."""

Event = Shown | Onset | Recording
