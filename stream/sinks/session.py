"""Version, notice and the session's description."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from .. import NOTICE
from ..events import KINDS
from ..rates import STREAM_RATE
from ..segmenter.lag import latency_ms
from ..segmenter.segmenter import Segmenter
from .base import Accounts

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
