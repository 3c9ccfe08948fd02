"""Plain lines on standard output, for pipes and plain terminals."""

from .. import NOTICE
from ..events import Event, Onset, Sound
from ..vitals import VitalSigns
from .base import Accounts, Sink
from .jsonl import silence_stdout, stdout_error
from .summary import Summary


class PlainLines(Sink):
    """A sink that prints each event as a line, and a summary at the end. systole: the summary tells of it, too."""

    def __init__(self, systole: bool = False) -> None:
        self._vitals = VitalSigns()
        self._summary = Summary(systole)
        self._print(f"heartseg. {NOTICE}")

    def on_event(self, event: Event) -> None:
        """Print the event. An onset is not printed: it is provisional."""
        if isinstance(event, Onset):
            return
        self._vitals.add(event)
        self._summary.on_event(event)
        line = event.as_text()
        if isinstance(event, Sound):
            bpm = self._vitals.at(event.emitted).bpm
            line += "" if bpm is None else f"  {bpm:3.0f} bpm"
        self._print(line)

    def close(self, accounts: Accounts) -> None:
        """Print the summary."""
        self._summary.close(accounts)
        self._print("\n".join(self._summary.lines()))

    def _print(self, line: str) -> None:
        try:
            print(line, flush=True)
        except OSError as error:
            silence_stdout()
            raise stdout_error(error) from None
