"""Does something sound in systole? An answer over several beats, for a listener to check. Not a medical device."""

from collections import deque
from collections.abc import Iterable
from statistics import fmean

import numpy as np

from ...models.systole import SystoleModel, load_systole, probability
from ..events import Event, Sound, Systole
from ..events.systole import CANNOT_TELL as CANNOT_TELL
from ..events.systole import HEARD as HEARD
from ..events.systole import NOT_HEARD as NOT_HEARD
from ..rates import Samples
from .beats import Beat, CleanBeats
from .features import beats_features

FEWEST_BEATS = 8
"""Clean beats before the first answer."""

BEATS_BETWEEN = 4
"""Clean beats from one answer to the next."""

MOST_BEATS = 40
"""Newest clean beats that an answer rests on."""


def answer(model: SystoleModel, p: float, confidence: float = 1.0) -> str:
    """One of the three answers. p: probability of a murmur. confidence: mean of the beats, 0 to 1.

    Where the confidence is low, a murmur may be missed, so that "not heard" is not said.
    """
    if p >= model.heard:
        return HEARD
    return NOT_HEARD if p <= model.not_heard and confidence >= model.confidence else CANNOT_TELL


class SystoleListener:
    """Listens to what sounds between the sounds that the segmenter names.

    The answers are the same, to the last bit, however the stream is cut into blocks, as long as each call of
    `push_pcg` is followed by one of `push_sounds` with the sounds that this PCG brought.

    >>> listener = SystoleListener()
    >>> listener.push_pcg(np.zeros(2_100, np.float32))
    >>> listener.push_sounds([])
    []
    """

    def __init__(self, model: SystoleModel | None = None) -> None:
        self._model = model or load_systole()
        self._clean_beats = CleanBeats()
        self.restart(0)

    def restart(self, position: int) -> None:
        """An uninterrupted run begins at stream sample `position`. All beats before it are forgotten."""
        self._clean_beats.restart(position)
        self._beats: deque[Beat] = deque(maxlen=MOST_BEATS)
        self._since = BEATS_BETWEEN - FEWEST_BEATS  # clean beats since the last answer

    def push_pcg(self, pcg: Samples) -> None:
        """Take the next PCG samples: shape (n,), float32, 2,100 Hz."""
        self._clean_beats.push_pcg(pcg)

    def push_sounds(self, events: Iterable[Event]) -> list[Systole]:
        """Take the next confirmed sounds, in order, and return the answers that they complete.

        events: those that are no confirmed sounds are passed over.
        """
        answers = []
        for sound in events:
            if not isinstance(sound, Sound) or (beat := self._clean_beats.push_sound(sound)) is None:
                continue
            self._beats.append(beat)
            self._since += 1
            if self._since == BEATS_BETWEEN:
                self._since = 0
                answers.append(self._answer(sound.emitted))
        return answers

    def flush(self, emitted: int) -> list[Systole]:
        """The run ends: the answer by all its beats, if some came after the last answer, and they are not too few."""
        return [self._answer(emitted)] if len(self._beats) >= FEWEST_BEATS and self._since else []

    def _answer(self, emitted: int) -> Systole:
        p = probability(self._model.logit(beats_features(np.stack([beat.levels for beat in self._beats]))))
        confidence = fmean(beat.confidence for beat in self._beats)
        words = answer(self._model, p, confidence)
        return Systole(self._beats[0].start, self._beats[-1].end, words, p, len(self._beats), confidence, emitted)
