"""Heart sounds: confirmed ones, and provisional onsets."""

from dataclasses import dataclass
from typing import Any

from ..rates import STREAM_RATE, seconds
from .span import Emitted, InSeconds


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


@dataclass(frozen=True)
class _Named(InSeconds, Emitted):
    """A heart sound that is named: its kind, and its first sample of the stream."""

    kind: str
    onset: int

    @property
    def start(self) -> int:
        """Its onset."""
        return self.onset

    @property
    def onset_s(self) -> float:
        """Its onset, in seconds."""
        return seconds(self.onset)

    @property
    def label(self) -> str:
        """Its word."""
        return HEART_SOUNDS[self.kind].word


@dataclass(frozen=True)
class Sound(_Named):
    """A confirmed heart sound. It stands.

    Attributes
    ----------
    kind
        "S1" or "S2".
    onset
        Its first sample of the stream, at 44,100 Hz.
    offset
        The first sample after it.
    confidence
        Probability that it is right, 0 to 1.
    emitted
        Stream position at which it could be decided.
    announced
        `emitted` of the `Onset` that named it first; None if there was none.
    withheld
        Whether it is named late, since it took until now to believe in a heart.

    Examples
    --------
    >>> sound = Sound("S1", onset=44_100, offset=48_510, confidence=0.97, emitted=61_740)
    >>> sound.onset_s, sound.duration_s, sound.label
    (1.0, 0.1, 'lub')
    """

    offset: int
    confidence: float
    emitted: int
    announced: int | None = None
    withheld: bool = False

    @property
    def end(self) -> int:
        """Its offset."""
        return self.offset

    @property
    def offset_s(self) -> float:
        """Its offset, in seconds."""
        return seconds(self.offset)

    @property
    def announced_s(self) -> float | None:
        """Where it was announced, in seconds, None if it was not."""
        return None if self.announced is None else seconds(self.announced)

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
class Onset(_Named):
    """A provisional heart sound, named while it still sounds or shortly after.

    A wrong onset is not retracted: no `Sound` will refer to it in `announced`.

    Attributes
    ----------
    kind
        "S1" or "S2".
    onset
        Its first sample of the stream, at 44,100 Hz.
    confidence
        Probability that it is right, 0 to 1.
    emitted
        Stream position at which it could be named.

    Examples
    --------
    >>> Onset("S2", onset=57_330, confidence=0.9, emitted=60_000).as_text()
    '     1.300 s  S2 dub  begins  confidence 0.90'
    """

    confidence: float
    emitted: int

    @property
    def end(self) -> int:
        """Where a sound of the usual length would end."""
        return self.onset + HEART_SOUNDS[self.kind].usual_length

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
