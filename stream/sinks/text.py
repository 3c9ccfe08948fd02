"""Plain lines on standard output, for pipes and plain terminals."""

from .. import NOTICE
from ..events import Event, Gap, Marker, Onset, Sound
from ..rates import seconds
from ..vitals import VitalSigns
from .base import Accounts, Sink
from .jsonl import silence_stdout, stdout_error

NAMES = {"S1": "lub", "S2": "dub"}


def plain_line(event: Sound | Gap | Marker, bpm: float | None) -> str:
    """One event as a line of text."""
    if isinstance(event, Marker):
        return f"{seconds(event.at):10.3f} s  mark"
    if isinstance(event, Gap):
        return f"{seconds(event.start):10.3f} s  gap  {seconds(event.end - event.start):.3f} s missing: {event.reason}"
    length = seconds(event.offset - event.onset) * 1000
    rate = "" if bpm is None else f"  {bpm:3.0f} bpm"
    return (
        f"{seconds(event.onset):10.3f} s  {event.kind} {NAMES[event.kind]}  {length:3.0f} ms  "
        f"confidence {event.confidence:.2f}{rate}"
    )


class PlainLines(Sink):
    """A sink that prints a line for each event as it comes, and a sum at the end."""

    def __init__(self) -> None:
        self._vitals = VitalSigns()
        self._sounds = 0
        self._print(f"heartseg. {NOTICE}")

    def on_event(self, event: Event) -> None:
        """Print a sound, a gap or a mark."""
        if isinstance(event, Onset):
            return
        self._vitals.event(event)
        bpm = None
        if isinstance(event, Sound):
            self._sounds += 1
            bpm = self._vitals.now(event.emitted).bpm
        self._print(plain_line(event, bpm))

    def close(self, accounts: Accounts) -> None:
        """Print what was heard."""
        self._print(
            f"{seconds(accounts.captured):.1f} s heard, {self._sounds} sounds, "
            f"{seconds(accounts.dropped):.2f} s dropped. {NOTICE}"
        )

    def _print(self, line: str) -> None:
        try:
            print(line, flush=True)
        except OSError as error:
            silence_stdout()
            raise stdout_error(error) from None
