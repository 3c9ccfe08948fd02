"""The first and the last line of a JSONL file: the session and the end."""

from collections.abc import Mapping
from typing import Any

from .. import NOTICE, heartseg_version
from ..events import KINDS
from ..rates import STREAM_RATE
from ..segmenter.lag import latency_ms
from ..segmenter.segmenter import Segmenter
from .base import Accounts

SCHEMA = 1


def session(segmenter: Segmenter, source: str, source_latency: dict[str, int] | None = None) -> dict[str, Any]:
    """The first line: the source, the network and the lag. source_latency: the `latency` of the source."""
    card = segmenter.network.card
    return {
        "type": "session",
        "schema": SCHEMA,
        "heartseg": heartseg_version(),
        "model": card.name,
        "model_sha256": card.sha256,
        "source": source,
        "rate_hz": STREAM_RATE,
        "latency_ms": latency_ms(segmenter.lag, source_latency or {}),
        **({"systole_model": segmenter.systole_model.name} if segmenter.systole_model else {}),
        "notice": NOTICE,
    }


def end(accounts: Accounts, sounds: Mapping[str, int]) -> dict[str, Any]:
    """The last line: the sample counts, and the number of sounds of each kind."""
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
