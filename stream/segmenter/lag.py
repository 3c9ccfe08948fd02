"""The lag that the engine may take, what it is made of, and the ledger in words."""

from dataclasses import dataclass

from ...models import DEFAULT, WHOLE
from ..rates import STREAM_PER_FRAME, STREAM_RATE
from .decimator import NEEDED_AFTER

SLOW_HOP, FAST_HOP = 5, 1
"""Frames (10 ms) from one window to the next: what suffices, and what the shortest lags take."""

LONG_SOUND = 13 * STREAM_RATE // 100
"""A long S1; it is decided at its end, so half of it counts in the lag from its centre."""

DOUBT = 2
"""Frames beyond the guard by which the decoder has mostly made up its mind."""

LONGEST_LOOKAHEAD = 40
_HURRIED_MS = 300


@dataclass(frozen=True)
class Lag:
    """How long the engine may listen on before it decides, in frames of 10 ms.

    lookahead: what the network hears after a frame's own. hop: from one window to the next. guard: for which the
    decoder must have left a sound. early: whether a sound is also named at its onset. network: the name of the
    shipped one whose windows speak of as many frames as lookahead and hop together.
    """

    lookahead: int
    hop: int = SLOW_HOP
    guard: int = 1
    early: bool = True
    network: str = DEFAULT

    def ledger(self) -> dict[str, tuple[int, int]]:
        """Stream samples that each stage adds between a sound's end and its emission, least and most.

        All are exact but the decoder's most: where the best path is in doubt it waits on.
        """
        frames = {
            "hop": (0, self.hop - 1),
            "lookahead": (self.lookahead, self.lookahead),
            "decoder": (self.guard, self.guard + DOUBT),
        }
        stages = {name: (least * STREAM_PER_FRAME, most * STREAM_PER_FRAME) for name, (least, most) in frames.items()}
        return {"decimator": (NEEDED_AFTER, NEEDED_AFTER), **stages}

    @property
    def bound_ms(self) -> float:
        """From a sound's centre to its emission, in ms, for a long sound and the longest wait for a hop."""
        return (LONG_SOUND // 2 + sum(most for _, most in self.ledger().values())) / STREAM_RATE * 1000

    @classmethod
    def within(cls, ms: float) -> "Lag":
        """The longest lag whose bound, in whole ms, is at most `ms`. Raises ValueError if even the shortest is longer.

        Up to `_HURRIED_MS` a window every 10 ms is worth its work: it leaves more of the time to hear on.
        """
        hop = FAST_HOP if ms <= _HURRIED_MS else SLOW_HOP
        fitting = [lag for lag in (cls(n, hop) for n in range(LONGEST_LOOKAHEAD + 1)) if round(lag.bound_ms) <= ms]
        if not fitting:
            raise ValueError(f"the shortest lag is {cls(0, FAST_HOP).bound_ms:.0f} ms")
        return fitting[-1]


DEFAULT_LAG = Lag(lookahead=25)
"""What the live engine uses unless told otherwise."""

FULL_CONTEXT = Lag(lookahead=LONGEST_LOOKAHEAD, hop=240, guard=500, early=False, network=WHOLE)
"""For recordings: five seconds of hindsight, by which time the surviving paths have long agreed, and windows every
2.4 s, each of which speaks of all that is new in it."""


def latency_ms(lag: Lag, before: dict[str, int]) -> dict[str, float]:
    """What each stage adds at most after a sound's end, in ms, and the bound from its centre in the stream.

    before: what the stages before the stream add, in samples; the bound from the centre leaves it out.
    """
    stages = {**before, **{name: most for name, (_, most) in lag.ledger().items()}}
    parts = {name: round(most / STREAM_RATE * 1000, 1) for name, most in stages.items()}
    return {**parts, "from_centre": round(lag.bound_ms, 1)}


def explain_latency(lag: Lag, before: dict[str, int]) -> list[str]:
    """The ledger in words, for `--explain-latency`. before: stream samples that the stages before the stream add."""
    said = {
        "capture": "a microphone's block; a replay has none",
        "conversion": "what the conversion to 44,100 Hz holds back",
        "decimator": "filters' group delay, to the end of a PCG sample",
        "hop": f"wait for the next window (one every {lag.hop * 10} ms)",
        "lookahead": "what the network hears after a frame before it decides",
        "decoder": "frames until the best path has left the sound; more where it is in doubt",
    }
    rows = [(name, 0, most, said[name]) for name, most in before.items()]
    rows += [(name, least, most, said[name]) for name, (least, most) in lag.ledger().items()]
    lines = ["From the end of a sound to the stream position at which it is confirmed (samples at 44,100 Hz):"]
    for name, least, most, why in rows:
        span = f"{least}" if least == most else f"{least} to {most}"
        lines.append(f"  {name:10s} {span:>14s}  {most / STREAM_RATE * 1000:6.1f} ms at most  {why}")
    least = sum(row[1] for row in rows)
    most = sum(row[2] for row in rows)
    lines.append(f"  {'sum':10s} {f'{least} to {most}':>14s}  {most / STREAM_RATE * 1000:6.1f} ms at most")
    lines.append(
        f"With half of a long S1 (65 ms), from the centre: mostly within {lag.bound_ms:.0f} ms"
        f"{', without ' if before else ''}{' and '.join(before)}."
    )
    lines.append("What the machine adds in time of its own is bench's to measure.")
    return lines
