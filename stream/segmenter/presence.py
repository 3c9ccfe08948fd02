"""Is there a heart? Evidence from the decoded path, which holds on any device.

The decoder always finds some path. A heart explains all four segments of a cycle (S1, systole, S2, diastole). Noise
leaves at least one of them unexplained. So a cycle is as credible as its weakest segment: for each confirmed sound,
the weakest is the least of the mean posteriors of the last four segments, each of its own state. Evidence is the sum
of (weakest - level) over the sounds, kept between 0 and a ceiling (the cumulative sum test of Page, Biometrika 41,
1954). There is a heart once the evidence reaches one threshold, until it falls below a lower one. The learned presence
has a vote: it raises the level by 0.32 at most, and lowers it by 0.08. So sounds that are sure overrule it. A cycle
that lasts unlike both cycles before it counts a little less.

Sounds are withheld until then, and named late rather than never. Where the sound ends before, the lower threshold
decides: evidence that would keep a heart is enough to name what was withheld. Evidence is counted in sounds, not in
seconds: as many beats convince at 30 bpm as at 200. What irregularity costs is small and bounded, so that irregular
hearts are heard.
"""

import math
from collections import deque
from enum import Enum

from .decoder import MIN_POSTERIOR, SOUNDS, PathSegment


class Presence(Enum):
    """Whether there is a heart, by the evidence so far.

    The evidence is a cumulative sum (Page, Biometrika 41, 1954) over the decoded sounds.

    Examples
    --------
    >>> [presence.name for presence in Presence]
    ['LISTENING', 'HEART', 'UNSURE', 'NOTHING']
    """

    LISTENING = "undecided"
    HEART = "a heart"
    UNSURE = "a heart, unsure which sound is S1 and which S2"
    NOTHING = "nothing regular"


SENSITIVITIES = {"low": 0.50, "normal": 0.40, "high": 0.34}
"""How easily a heart is believed: by name, the level.

The level is the mean posterior at which the weakest of four segments speaks neither for nor against a heart, where the
learned presence does not, either. Chosen for heartseg-3 by what is named without a heart, and by what is missed on
clinics left out: the model card has both.
"""

_BEGIN, _END, _CEILING = 2.0, 1.0, 2.5  # evidence at which a heart begins and ends, and that it grows to
_VOTE, _CONVINCED = 0.4, 0.8  # weight of the learned presence, and where it speaks neither for nor against a heart
_IRREGULARITY, _MOST_CHANGE = 0.5, 0.15  # weight and bound of a cycle's change, a logarithm
_HELD = 0.05  # the level is this much lower while there is a heart
_UNKNOWN = 0.5  # posterior of a segment that is not known: it may be good or bad
_QUIET = 400  # frames without evidence after which there is nothing
_PATIENCE = 800  # frames for which a sound is withheld
_MOST_WITHHELD = 64
_MEMORY = 1 / 8  # weight of the newest sound in running means
_USUAL_SYSTOLE = 0.4  # share of the cycle
_CONFUSED, _DOUBTFUL = 0.2, 0.05  # share of the posterior that the other sound takes
_EVEN = 0.05  # a systole this close to half of the cycle says nothing about which sound is which


class PresenceGate:
    """Withholds the sounds of the decoded path until the evidence says that there is a heart.

    `push` takes confirmed segments in order and returns the sounds that may be named now.
    """

    def __init__(self, level: float) -> None:
        self._level = level
        self.clear()

    def clear(self) -> None:
        """Start over at frame 0, without evidence."""
        self.is_heart = False
        self._evidence = 0.0
        self._frame = 0
        self._evidence_frame = 0  # when there last was evidence
        self._previous: PathSegment | None = None  # the last segment
        self._previous_weaker = _UNKNOWN  # the weaker of the last sound and its interval
        self._confusion = 0.0  # running mean of the other sound's share of the posterior
        self._systole = _USUAL_SYSTOLE  # running mean of systole's share of the cycle
        self._starts: list[int | None] = [None, None]  # of the last S1 and S2
        self._cycles: tuple[deque[int], deque[int]] = (deque(maxlen=2), deque(maxlen=2))  # from S1 to S1, S2 to S2
        self._withheld: deque[PathSegment] = deque(maxlen=_MOST_WITHHELD)

    @property
    def presence(self) -> Presence:
        """What to tell the user now."""
        if self.is_heart:
            return Presence.UNSURE if self._is_confused() else Presence.HEART
        waiting = self._evidence > 0 or self._frame - self._evidence_frame < _QUIET
        return Presence.LISTENING if waiting else Presence.NOTHING

    @property
    def evidence(self) -> float:
        """The evidence for a heart, from 0 to 1."""
        return self._evidence / _CEILING

    def push(self, segments: list[PathSegment], frame: int) -> list[PathSegment]:
        """Take segments that were confirmed at `frame`; return the sounds that may be named, in order."""
        self._frame = frame
        named: list[PathSegment] = []
        for segment in segments:
            if segment.state in SOUNDS:
                named += self._take(segment)
            self._previous = segment
        return named

    def flush(self, segments: list[PathSegment], frame: int) -> list[PathSegment]:
        """As `push`, for the last segments of a run: what would keep a heart is enough now, as no more will come."""
        named = self.push(segments, frame)
        return named + self._release() if self._evidence >= _END else named

    def _take(self, sound: PathSegment) -> list[PathSegment]:
        self._weigh(sound)
        self._withheld.append(sound)
        self._tell_apart(sound)
        return self._release() if self.is_heart else []

    def _release(self) -> list[PathSegment]:
        """The sounds that were withheld, but for the oldest and those that are too uncertain."""
        oldest = self._withheld[-1].end - _PATIENCE if self._withheld else 0
        named = [sound for sound in self._withheld if sound.posterior >= MIN_POSTERIOR and sound.start >= oldest]
        self._withheld.clear()
        return named

    def _weigh(self, sound: PathSegment) -> None:
        """Add the evidence of a sound and of the interval before it."""
        interval = self._interval(sound)
        step = _VOTE * (sound.presence - _CONVINCED) - _IRREGULARITY * self._follow_cycle(sound)
        level = self._level - _HELD * self.is_heart
        if interval:
            weaker = min(sound.posterior, interval.posterior)
            step += min(weaker, self._previous_weaker) - level
            self._previous_weaker = weaker
        else:  # alone, its posterior can only speak against a heart
            step += min(sound.posterior - level, 0.0)
        if self._evidence + step < 0:
            self._withheld.clear()
        self._evidence = min(max(self._evidence + step, 0.0), _CEILING)
        if self._evidence:
            self._evidence_frame = self._frame
        if self.is_heart and self._evidence < _END:
            self.is_heart = False
            self._withheld.clear()
        elif self._evidence >= _BEGIN:
            self.is_heart = True

    def _follow_cycle(self, sound: PathSegment) -> float:
        """Keep the cycle that ends with a sound; its logarithm, bounded, to the nearer of the two before it."""
        kind = sound.state // 2
        start, earlier = self._starts[kind], self._cycles[kind]
        if start is None:
            return 0.0
        cycle = sound.start - start
        change = min((abs(math.log(cycle / other)) for other in earlier), default=0.0)
        earlier.append(cycle)
        return min(change, _MOST_CHANGE)

    def _interval(self, sound: PathSegment) -> PathSegment | None:
        """The systole or diastole that ends where the sound begins, None without a sound before it."""
        previous = self._previous
        return previous if previous and previous.end == sound.start and previous.state not in SOUNDS else None

    def _tell_apart(self, sound: PathSegment) -> None:
        """Keep the running means that say whether S1 and S2 can be told apart."""
        share = sound.other / (sound.posterior + sound.other + 1e-9)
        self._confusion += _MEMORY * (share - self._confusion)
        kind = sound.state // 2
        s1, last = self._starts[0], self._starts[kind]
        if kind == 1 and s1 is not None and last is not None and self._interval(sound):
            self._systole += _MEMORY * ((sound.start - s1) / (sound.start - last) - self._systole)
        self._starts[kind] = sound.start

    def _is_confused(self) -> bool:
        even = abs(self._systole - 0.5) <= _EVEN
        return self._confusion >= _CONFUSED or (even and self._confusion >= _DOUBTFUL)
