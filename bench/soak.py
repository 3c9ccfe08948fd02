"""`python bench/soak.py`: a day of sound through the whole engine at full speed. Does it drift, grow, or lose a sample?

The day is cut into parts (an hour, or less in a shorter day), each a heart of its own; the last part, and what follows
it, sounds exactly as the first. So every sound of it has to come at the place that it had in the first, to the sample.
Linux only: what the process holds is read from /proc.
"""

import argparse
import itertools
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heartseg.models import load
from heartseg.offline.scoring import match
from heartseg.stream.engine import Engine
from heartseg.stream.events import Event, Gap, Sound
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.segmenter.segmenter import Segmenter
from heartseg.stream.sinks.base import Accounts, Sink
from heartseg.stream.sources.replay import Replay
from heartseg.stream.sources.simulated import BLOCK, SimulatedHeart

FloatArray = NDArray[np.float32]
_Found = tuple[str, int, int]

_BPM = (72, 55, 90, 64, 110, 80)
_SETTLED = 30 * STREAM_RATE  # of a part; before, what came before it is still remembered
_TAIL_S = 20  # after the last part: more than the ring holds, so that the feeder is still at work when it is over
_TOLERANCE = 60 * STREAM_RATE // 1000
_GROWN_MB = 20.0
_GROWN_BLOCKS = 5_000  # a thousand sounds kept, of 200,000 in a day
_F1_WORSE = 0.01


@dataclass
class Part:
    """One part: F1 (centres within 60 ms), onset error in samples, and what the process held at its end."""

    f1: float
    median_error: float
    speed: float
    resident_mb: float
    python_blocks: int
    files: int
    threads: int

    def line(self, number: int) -> str:
        """For people."""
        return (
            f"part {number:2d}: F1 {self.f1 * 100:.2f} %, onset error {self.median_error:+.1f} samples, "
            f"{self.resident_mb:.1f} MB, {self.python_blocks} blocks of Python's, {self.files} files, "
            f"{self.threads} threads, {self.speed:.0f}× real time"
        )


class Day(Sink):
    """The sound of the day, its truth, and a sink that weighs part after part and forgets it."""

    def __init__(self, parts: int, seconds: int) -> None:
        self.length = seconds * STREAM_RATE
        self.total = parts * self.length + _TAIL_S * STREAM_RATE
        seeds = [*range(parts - 1), 0, 1]
        self.hearts = [SimulatedHeart(bpm=_BPM[seed % len(_BPM)], seed=seed, murmur=0.02) for seed in seeds]
        self.parts: list[Part] = []
        self.compared = self.gaps = 0
        self.moved: list[_Found] = []  # sounds of the first or of the last part that the other has not
        self.accounts: Accounts | None = None
        self._first: list[_Found] = []
        self._found: list[_Found] = []
        self._heard = 0
        self._began = time.perf_counter()

    def blocks(self) -> Iterator[FloatArray]:
        """All the sound."""
        every = (itertools.islice(heart.blocks(), self.length // BLOCK) for heart in self.hearts)
        return itertools.islice(itertools.chain.from_iterable(every), self.total // BLOCK)

    def on_samples(self, block: FloatArray) -> None:
        """Weigh a part that is over, once all its sounds are there."""
        self._heard += len(block)
        number = len(self.parts)
        if number == len(self.hearts) - 1 or self._heard < (number + 1) * self.length + 2 * STREAM_RATE:
            return
        f1, error = self._weigh(number)
        now = time.perf_counter()
        speed = self.length / STREAM_RATE / (now - self._began)
        files = len(os.listdir("/proc/self/fd"))
        held = _resident_mb(), sys.getallocatedblocks(), files, threading.active_count()
        self.parts.append(Part(f1, error, speed, *held))
        print(self.parts[-1].line(len(self.parts)), flush=True)
        self._began = now

    def on_event(self, event: Event) -> None:
        """Keep a sound until its part is over."""
        if isinstance(event, Sound):
            self._found.append((event.kind, event.onset, event.offset))
        self.gaps += isinstance(event, Gap)

    def close(self, accounts: Accounts) -> None:
        """The day is over."""
        self.accounts = accounts

    def _weigh(self, number: int) -> tuple[float, float]:
        """F1 and median onset error of a part."""
        start = number * self.length
        mine = [(kind, a - start, b - start) for kind, a, b in self._found if a + b < 2 * (start + self.length)]
        self._found = self._found[len(mine) :]
        settled = [sound for sound in mine if sound[1] >= _SETTLED]
        if number == 0:
            self._first = settled
        if number == len(self.hearts) - 2:
            self.compared, self.moved = len(settled), sorted({*settled} ^ {*self._first}, key=lambda sound: sound[1])
        right = said = true = 0
        errors = []
        beats = list(itertools.takewhile(lambda beat: beat.s2[1] < self.length, self.hearts[number].beats()))
        for kind in ("S1", "S2"):
            spans = np.array([getattr(beat, kind.lower()) for beat in beats])
            found = np.array([(a, b) for k, a, b in mine if k == kind]).reshape(-1, 2)
            i, j = match(spans.mean(axis=1), found.mean(axis=1), _TOLERANCE)
            right, said, true = right + len(i), said + len(found), true + len(spans)
            errors.append(found[j, 0] - spans[i, 0])
        return 2 * right / (said + true), float(np.median(np.concatenate(errors)))


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def faults(day: Day) -> list[str]:
    """What did not stay as it was."""
    found = []
    if day.accounts != Accounts(day.total, day.total, 0, 0) or day.gaps:
        found.append(f"of {day.total} samples: {day.accounts}, {day.gaps} gaps")
    if day.moved or not day.compared:
        found.append(f"first and last part differ in {len(day.moved)} of {day.compared} sounds: {day.moved[:2]}")
    early, late = day.parts[1], day.parts[-1]
    if late.f1 < day.parts[0].f1 - _F1_WORSE:
        found.append(f"F1 fell from {day.parts[0].f1:.4f} to {late.f1:.4f}")
    if late.resident_mb > early.resident_mb + _GROWN_MB:
        found.append(f"memory grew from {early.resident_mb:.0f} to {late.resident_mb:.0f} MB")
    if (late.files, late.threads) != (early.files, early.threads):
        found.append(f"files, threads: {early.files}, {early.threads}, at the end {late.files}, {late.threads}")
    if late.python_blocks > early.python_blocks + _GROWN_BLOCKS:
        found.append(f"Python's blocks of memory grew from {early.python_blocks} to {late.python_blocks}")
    return found


def main() -> int:
    """Run it, print each part as it is over, and the verdict; exit status 1 where anything did not stay as it was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=24.0, help="of sound (default: 24, in about ten minutes)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")
    args = parser.parse_args()
    if not args.hours >= 1 / 6:
        parser.error("--hours: ten minutes (0.1667) at least")
    number = max(4, round(args.hours))
    day = Day(number, round(args.hours * 3600 / number))
    engine = Engine(Segmenter(load(), rate=STREAM_RATE), Replay(day.blocks(), None), [day])
    engine.start()
    engine.wait(None)
    found = [engine.failure] if engine.failure else faults(day)
    print(f"{day.compared} sounds of the last part compared with the first; {day.accounts}")
    print("\n".join(found) if found else "nothing lost, nothing moved, nothing grew")
    if args.json:
        figures = {"parts": [asdict(p) for p in day.parts], "compared": day.compared, "faults": found}
        args.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
