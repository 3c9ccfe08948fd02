"""The lag that the engine may take, its parts, and the ledger in words."""

from dataclasses import dataclass

from ...models import DEFAULT, WHOLE, Card, ModelError, read_card
from ..rates import FRAME_RATE, STREAM_PER_FRAME, STREAM_RATE
from .decimator import NEEDED_AFTER

SLOW_HOP, FAST_HOP = 5, 1
"""Frames (10 ms) from one window to the next: usually, and at the shortest lags."""

LONG_SOUND = 13 * STREAM_RATE // 100
"""Stream samples of a long S1. It is confirmed at its end, so half of it counts in the lag from its centre."""

TYPICAL_EXTRA_DELAY = 2
"""Frames after `commit_delay` within which the decoder usually commits."""

_LIVE_CARD = read_card(DEFAULT)

LONGEST_LOOKAHEAD = _LIVE_CARD.longest_lookahead
"""Frames of lookahead that the live model allows at most."""

_FAST_MS = 300  # lags up to this take FAST_HOP
_LONGEST_MS = 2000  # far beyond what changes anything: a longer one is a slip


@dataclass(frozen=True)
class Lag:
    """How long the engine may listen on before it decides, in frames of 10 ms.

    Attributes
    ----------
    lookahead
        Frames that the network takes after a frame's own.
    hop
        Frames from one window to the next.
    commit_delay
        Frames since the best path left a sound before it is confirmed.
    provisional
        Whether a sound is also announced at its onset.
    network
        Name of the shipped model. Its output must cover lookahead + hop frames.

    Examples
    --------
    >>> round(Lag(lookahead=25).bound_ms)
    390
    """

    lookahead: int
    hop: int = SLOW_HOP
    commit_delay: int = 1
    provisional: bool = True
    network: str = DEFAULT

    def check(self, card: Card) -> None:
        """Refuse a network whose output is too short for this lag.

        Parameters
        ----------
        card
            Of the network.

        Raises
        ------
        ModelError
            Where it is too short. The message says which lag is the longest.
        """
        if self.lookahead + self.hop <= card.output_frames:
            return
        fitting = [Lag(card.output_frames - hop, hop) for hop in (SLOW_HOP, FAST_HOP) if hop <= card.output_frames]
        longest = max((lag.bound_ms for lag in fitting), default=0.0)
        raise ModelError(
            f"the model {card.name} gives posteriors of {card.output_frames} frames a window: too few for a lookahead "
            f"of {self.lookahead} frames with a hop of {self.hop}; its longest lag is {longest:.0f} ms"
        )

    def ledger(self) -> dict[str, tuple[int, int]]:
        """Stream samples that each stage adds between a sound's end and its emission: least and most.

        All are exact but the decoder's most: where the best path is in doubt, it waits longer.
        """
        frames = {
            "hop": (0, self.hop - 1),
            "lookahead": (self.lookahead, self.lookahead),
            "decoder": (self.commit_delay, self.commit_delay + TYPICAL_EXTRA_DELAY),
        }
        stages = {name: (least * STREAM_PER_FRAME, most * STREAM_PER_FRAME) for name, (least, most) in frames.items()}
        return {"decimator": (NEEDED_AFTER, NEEDED_AFTER), **stages}

    @property
    def bound_ms(self) -> float:
        """From a sound's centre to its emission, in ms, for a long sound and the longest wait for a hop."""
        return (LONG_SOUND // 2 + sum(most for _, most in self.ledger().values())) / STREAM_RATE * 1000

    @classmethod
    def within(cls, ms: float, card: Card = _LIVE_CARD) -> "Lag":
        """The longest lag whose bound, in whole ms, is at most `ms`.

        Up to 300 ms a window every 10 ms is worth its work, since it leaves more of the time to the lookahead.

        Parameters
        ----------
        ms
            From a sound's centre to its event.
        card
            Of the network that will be used. Default: the shipped live model.

        Raises
        ------
        ValueError
            Where even the shortest lag is longer, and beyond 2000 ms.
        ModelError
            Where the network has too short an output for any lag.

        Examples
        --------
        >>> Lag.within(250).hop
        1
        """
        hop = FAST_HOP if ms <= _FAST_MS else SLOW_HOP
        cls(0, hop).check(card)
        longest = min(card.longest_lookahead, card.output_frames - hop)
        fitting = [lag for lag in (cls(n, hop) for n in range(longest + 1)) if round(lag.bound_ms) <= ms]
        if not fitting or not ms <= _LONGEST_MS:
            sooner = "" if fitting else "; provisional onsets come sooner at any lag"
            raise ValueError(f"a lag is {cls(0, FAST_HOP).bound_ms:.0f} to {_LONGEST_MS} ms{sooner}")
        return fitting[-1]


DEFAULT_LAG = Lag(lookahead=25)
"""What the live engine uses unless told otherwise."""

FULL_CONTEXT = Lag(
    lookahead=LONGEST_LOOKAHEAD,
    hop=read_card(WHOLE).output_frames - LONGEST_LOOKAHEAD,
    commit_delay=5 * FRAME_RATE,
    provisional=False,
    network=WHOLE,
)
"""For recordings: five seconds of hindsight, by which time the surviving paths have long agreed. The hop, 2.4 s, is the
longest that the offline model allows."""


def latency_ms(lag: Lag, before: dict[str, int]) -> dict[str, float]:
    """The most that each stage adds after a sound's end, in ms, and the bound from its centre in the stream.

    before: stream samples that the stages before the stream add. The bound from the centre leaves them out.
    """
    stages = {**before, **{name: most for name, (_, most) in lag.ledger().items()}}
    parts = {name: round(most / STREAM_RATE * 1000, 1) for name, most in stages.items()}
    return {**parts, "from_centre": round(lag.bound_ms, 1)}


def explain_latency(lag: Lag, before: dict[str, int]) -> list[str]:
    """The ledger in words, for `--explain-latency`. before: stream samples that the stages before the stream add."""
    meaning = {
        "capture": "a microphone's block; a replay has none",
        "conversion": "what the conversion to 44,100 Hz holds back",
        "decimator": "filters' group delay, to the end of a PCG sample",
        "hop": f"wait for the next window (one every {lag.hop * 10} ms)",
        "lookahead": "what the network hears after a frame before it decides",
        "decoder": "frames until the best path has left the sound; more where it is in doubt",
    }
    rows = [(name, 0, most, meaning[name]) for name, most in before.items()]
    rows += [(name, least, most, meaning[name]) for name, (least, most) in lag.ledger().items()]
    lines = ["From the end of a sound to the stream position at which it is confirmed (samples at 44,100 Hz):"]
    for name, least, most, text in rows:
        span = f"{least}" if least == most else f"{least} to {most}"
        lines.append(f"  {name:10s} {span:>14s}  {most / STREAM_RATE * 1000:6.1f} ms at most  {text}")
    least = sum(row[1] for row in rows)
    most = sum(row[2] for row in rows)
    lines.append(f"  {'sum':10s} {f'{least} to {most}':>14s}  {most / STREAM_RATE * 1000:6.1f} ms at most")
    lines.append(
        f"With half of a long S1 (65 ms), from the centre: mostly within {lag.bound_ms:.0f} ms"
        f"{', without ' if before else ''}{' and '.join(before)}."
    )
    lines.append("What the machine adds in time of its own is bench's to measure.")
    return lines
