"""A sink of one's own, which writes the heart rate as CSV: python examples/own_sink.py heart.wav rate.csv."""

import sys
from pathlib import Path

from heartseg.stream import Accounts, Event, Sink, Sound, listen
from heartseg.stream.vitals import VitalSigns


class HeartRate(Sink):
    """A line for each S1: its onset in seconds, and the heart rate."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._lines = ["onset_s,bpm"]
        self._vitals = VitalSigns()

    def on_event(self, event: Event) -> None:
        """Add a line for an S1."""
        self._vitals.add(event)
        if isinstance(event, Sound) and event.kind == "S1":
            bpm = self._vitals.at(event.emitted).bpm
            self._lines.append(f"{event.onset_s:.3f},{'' if bpm is None else f'{bpm:.0f}'}")

    def close(self, accounts: Accounts) -> None:
        """Write the file. It is called once, at the end of the run."""
        self._path.write_text("\n".join(self._lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    with listen(sys.argv[1], speed=None, sinks=[HeartRate(sys.argv[2])]) as run:
        run.wait()
