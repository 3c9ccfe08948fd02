"""What is said at the end: the marks, and how much was heard."""

from collections import deque

from .. import NOTICE
from ..events import Event, Gap, Marker, Sound, Systole
from ..events.systole import said
from ..rates import STREAM_RATE, seconds
from ..vitals import FEWEST_CYCLES, LEAST_COVERAGE, cycles
from .base import Accounts, Sink


class Summary(Sink):
    """A sink that counts. `lines` gives the summary, once it is closed.

    A replay that jumps is several runs, one after the other, each announced by `begin_at`. All of them are counted.
    systole: the newest answer about systole has a line of its own.
    """

    def __init__(self, systole: bool = False) -> None:
        self._listens_to_systole = systole
        self._systole: Systole | None = None
        self._origin = self._ahead = 0
        self._heard = self._dropped = 0  # samples of the runs that have ended
        self._newest: deque[Sound] = deque(maxlen=3)
        self._marks: list[Marker] = []
        self._cycles = 0
        self._covered = 0  # samples within the cycles
        self._beats = 0

    def begin_at(self, origin: int, ahead: int) -> None:
        """A run begins at stream sample `origin` of a recording. Its first `ahead` samples do not count."""
        self._origin, self._ahead = origin, ahead
        self._newest.clear()

    def on_event(self, event: Event) -> None:
        """Count the event. A gap breaks a cycle."""
        if isinstance(event, Marker):
            self._marks.append(Marker(event.at + self._origin))
        elif isinstance(event, Systole):
            self._systole = event
        elif event.start < self._ahead:
            return
        elif isinstance(event, Gap):
            self._newest.clear()
        elif isinstance(event, Sound):
            self._beats += event.kind == "S2" and bool(self._newest) and self._newest[-1].kind == "S1"
            self._newest.append(event)
            for first, last in cycles(self._newest):
                self._cycles += 1
                self._covered += last - first

    def close(self, accounts: Accounts) -> None:
        """Count the samples."""
        self._heard += max(0, accounts.captured - self._ahead)
        self._dropped += accounts.dropped

    def lines(self) -> list[str]:
        """All marks, a line each, the answer about systole, and one line on the whole.

        The rate is absent where too little was named.
        """
        coverage = self._covered / self._heard if self._heard else 0.0
        rate = ""
        if self._cycles >= FEWEST_CYCLES and coverage >= LEAST_COVERAGE:
            rate = f", {60 * STREAM_RATE * self._cycles / self._covered:.0f} bpm on average"
        return [
            *(f"mark at {mark.at_s:.2f} s" for mark in self._marks),
            *([said(self._systole)] if self._listens_to_systole else []),
            f"{seconds(self._heard):.1f} s heard: {self._beats} beats{rate}, named in {100 * coverage:.0f} % of "
            f"the time, {seconds(self._dropped):.2f} s dropped. {NOTICE}",
        ]
