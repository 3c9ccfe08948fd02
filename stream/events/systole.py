"""Whether a murmur-like sound is heard in systole: a question for a listener to review, not a diagnosis."""

from dataclasses import dataclass
from typing import Any

from .. import NOTICE
from .span import Emitted, InSeconds

QUESTION = "murmur-like sound in systole"
"""What every answer is about."""

REVIEW = "for review, not a diagnosis"
"""What stands beside every answer."""

REVIEW_NOTICE = f"{REVIEW[0].upper()}{REVIEW[1:]}. {NOTICE}"
"""The same as sentences, in what is written for programs."""

HEARD, NOT_HEARD, CANNOT_TELL = "heard", "not heard", "cannot tell"
"""The three answers."""


@dataclass(frozen=True)
class Systole(InSeconds, Emitted):
    """Whether a murmur-like sound is heard in systole: for review by a listener, not a diagnosis. The newest counts.

    Attributes
    ----------
    start
        First sample of the stream, at 44,100 Hz, of the first beat that it rests on.
    end
        The first sample after the last of these beats.
    answer
        "heard", "not heard" or "cannot tell".
    probability
        That a listener would hear a murmur there, 0 to 1, calibrated.
    beats
        Clean beats that it rests on.
    confidence
        Mean over these beats of the least confidence of their sounds, 0 to 1.
    emitted
        Stream position at which it could be given.

    Examples
    --------
    >>> systole = Systole(44_100, 220_500, "heard", probability=0.93, beats=8, confidence=0.97, emitted=238_140)
    >>> systole.start_s, systole.end_s, systole.answer
    (1.0, 5.0, 'heard')
    """

    start: int
    end: int
    answer: str
    probability: float
    beats: int
    confidence: float
    emitted: int

    @property
    def label(self) -> str:
        """Its word."""
        return "systole"

    def as_dict(self) -> dict[str, Any]:
        """The line of the JSONL form."""
        return {
            "type": "systole",
            "question": QUESTION,
            "answer": self.answer,
            "probability": round(self.probability, 3),
            "beats": self.beats,
            "confidence": round(self.confidence, 3),
            "start_s": round(self.start_s, 4),
            "end_s": round(self.end_s, 4),
            "start_sample": self.start,
            "end_sample": self.end,
            "emitted_s": round(self.emitted_s, 4),
            "notice": REVIEW_NOTICE,
        }

    def as_text(self) -> str:
        """A line for a person."""
        return f"{self.end_s:10.3f} s  {said(self)}"


def said(systole: Systole | None) -> str:
    """An answer in words; None is that of a run with too few clean beats for one."""
    if systole is None:
        return f"{QUESTION}: {CANNOT_TELL}  too few clean beats  {REVIEW}"
    return f"{QUESTION}: {systole.answer}  probability {systole.probability:.2f}  {systole.beats} beats  {REVIEW}"
