"""The run that is heard and shown. A seek or a loop ends it and begins another, elsewhere in the recording."""

from collections.abc import Callable
from dataclasses import dataclass

from ..engine import Engine
from ..rates import STREAM_RATE
from ..sources.base import Source, SourceError
from ..sources.replay import Replay
from .state import History

SEEK_S = 5


@dataclass(frozen=True)
class Run:
    """An engine that is not started yet, its history, and whether its sound is played."""

    engine: Engine
    history: History
    is_heard: bool = False


class Player:
    """One run after another, of the same source. A device has one run only.

    begin: makes the run of a source. writes: events or samples are written, and one stream has one record, so no other
    place is sought. loops: a recording begins again at its end. Not for several threads, `ask_to_stop` aside.
    """

    def __init__(
        self, source: Source, begin: Callable[[Source], Run], writes: bool = False, loops: bool = False
    ) -> None:
        self.source = source
        self._begin, self._writes, self._loops = begin, writes, loops
        self._on_news: Callable[[], object] = lambda: None
        self._stopping = False
        self.run = begin(source)

    @property
    def _replay(self) -> Replay | None:
        return self.source if isinstance(self.source, Replay) else None

    @property
    def length(self) -> int | None:
        """Length of the recording in stream samples, None where it is unknown or there is none."""
        return self._replay.length if self._replay else None

    @property
    def can_pause(self) -> bool:
        """Whether the source is a replay."""
        return self._replay is not None

    @property
    def paused(self) -> bool:
        """Whether the replay waits."""
        return self._replay is not None and self._replay.paused and not self.run.engine.ended

    @property
    def end_note(self) -> str:
        """What to do at the end, empty before."""
        if not self.run.engine.ended:
            return ""
        return "end – q quits" if self._refusal() else "end – q quits, ← goes back"

    def watch(self, on_news: Callable[[], object]) -> None:
        """Have `on_news` called as `Engine.watch` does, in this run and the later ones."""
        self._on_news = on_news
        self.run.engine.watch(on_news)

    def start(self) -> None:
        """Start the first run. Raises SourceError."""
        self.run.engine.start()

    def ask_to_stop(self) -> None:
        """End the run in good order; no other follows. From any thread, and in a signal handler."""
        self._stopping = True
        self.run.engine.ask_to_stop()

    def pause(self) -> None:
        """Let the replay wait, or go on."""
        if self._replay and not self.run.engine.ended:
            self._replay.pause()

    def seek(self, seconds: float) -> str | None:
        """Go so many seconds on, or back. Returns the reason, in a few words, where that cannot be done."""
        refusal = self._refusal()
        if refusal or self._stopping:
            return refusal
        return self._go_to(self.run.history.position + round(seconds * STREAM_RATE))

    def goes_on(self, stays: bool) -> bool:
        """Whether there is still something to show. At the end of a loop, begin again.

        stays: the end is shown until the user stops it.
        """
        engine = self.run.engine
        if not engine.ended:
            return True
        if self._stopping or engine.failure:
            return False
        if self._loops:
            is_possible = self.length is not None and engine.accounts.captured > 0
            self._loops = is_possible and self._go_to(0) is None
        return self._loops or stays

    def _refusal(self) -> str | None:
        if self.length is None:
            return "only a recording can be sought"
        return "seeking is off while events or samples are written" if self._writes else None

    def _go_to(self, place: int) -> str | None:
        """Begin another run there. Returns the reason where the recording can no longer be read."""
        assert self._replay is not None
        try:
            source = self._replay.at(place)
        except SourceError as error:
            return str(error)
        if self.paused:
            source.pause()
        self.run.engine.ask_to_stop()
        self.run.engine.wait(None)
        self.source, self.run = source, self._begin(source)
        self.run.engine.watch(self._on_news)
        if self._stopping:
            self.run.engine.ask_to_stop()
        self.run.engine.start()
        source.in_time.wait()
        return None
