"""What the engine says: sounds, onsets, gaps and markers, at integer positions of the stream (samples at 44,100 Hz)."""

from dataclasses import dataclass
from typing import Any

from .rates import STREAM_RATE, seconds

KINDS = ("S1", "S2")


@dataclass(frozen=True)
class Sound:
    """A heart sound, confirmed; it stands.

    kind: "S1" or "S2". The sound lasts from sample `onset` to before `offset`. confidence: 0 to 1. emitted: the
    stream position that had to be heard before the sound could be decided. announced: where an `Onset` had named
    it before, None where none had.
    """

    kind: str
    onset: int
    offset: int
    confidence: float
    emitted: int
    announced: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The line of the JSONL form."""
        return {
            "type": "sound",
            "kind": self.kind,
            "onset_s": round(seconds(self.onset), 4),
            "offset_s": round(seconds(self.offset), 4),
            "onset_sample": self.onset,
            "offset_sample": self.offset,
            "confidence": round(self.confidence, 3),
            "emitted_s": round(seconds(self.emitted), 4),
            "announced_s": None if self.announced is None else round(seconds(self.announced), 4),
        }


_USUAL_LENGTH = {"S1": 12 * STREAM_RATE // 100, "S2": 106 * STREAM_RATE // 1000}


@dataclass(frozen=True)
class Onset:
    """A heart sound named while it still sounds, or has only just ended, from what is known by then; not a sound yet.

    It is withdrawn in silence: no `Sound` then says that it was announced.
    """

    kind: str
    onset: int
    confidence: float
    emitted: int

    @property
    def expected_offset(self) -> int:
        """Where a sound of the usual length would end: twice the usual time from onset to centre."""
        return self.onset + _USUAL_LENGTH[self.kind]

    def as_dict(self) -> dict[str, Any]:
        """The line of the JSONL form."""
        return {
            "type": "onset",
            "kind": self.kind,
            "onset_s": round(seconds(self.onset), 4),
            "onset_sample": self.onset,
            "confidence": round(self.confidence, 3),
            "emitted_s": round(seconds(self.emitted), 4),
        }


@dataclass(frozen=True)
class Gap:
    """Samples `start` to before `end` were not heard; no sound spans them. reason: why, in a few words."""

    start: int
    end: int
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """The line of the JSONL form."""
        return {
            "type": "gap",
            "start_s": round(seconds(self.start), 4),
            "end_s": round(seconds(self.end), 4),
            "start_sample": self.start,
            "end_sample": self.end,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Marker:
    """The listener marked what was heard at sample `at`."""

    at: int

    def as_dict(self) -> dict[str, Any]:
        """The line of the JSONL form."""
        return {"type": "marker", "at_s": round(seconds(self.at), 4), "at_sample": self.at}


Event = Sound | Onset | Gap | Marker
