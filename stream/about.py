"""Version, notice and the session's description."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from .clock import STREAM_RATE
from .engine import Accounts
from .events import KINDS
from .notice import NOTICE
from .segmenter import Lag, Segmenter

SCHEMA = 1


def session(segmenter: Segmenter, source: str, before: dict[str, int] | None = None) -> dict[str, Any]:
    """The first line of a JSONL file: what was heard, by which network, at which lag. before: a feeder's latency."""
    card = segmenter.network.card
    return {
        "type": "session",
        "schema": SCHEMA,
        "heartseg": version("heartseg"),
        "model": card.name,
        "model_sha256": card.sha256,
        "source": source,
        "rate_hz": STREAM_RATE,
        "latency_ms": latency_ms(segmenter.lag, before or {}),
        "notice": NOTICE,
    }


def end(accounts: Accounts, sounds: Mapping[str, int]) -> dict[str, Any]:
    """The last line of a JSONL file: where every sample is, and how many sounds there were of each kind."""
    pending = {"pending": accounts.pending} if accounts.pending else {}
    return {
        "type": "end",
        "samples": {
            "captured": accounts.captured,
            "processed": accounts.processed,
            "dropped": accounts.dropped,
            **pending,
        },
        "sounds": {kind: sounds.get(kind, 0) for kind in KINDS},
    }


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
