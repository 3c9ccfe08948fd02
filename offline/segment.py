"""One recording to its events, by the same segmenter that listens live."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..models import Network
from ..stream.events import Event, Sound
from ..stream.segmenter.lag import Lag
from ..stream.segmenter.observer import Observer
from ..stream.segmenter.segmenter import Segmenter
from ..stream.sinks.base import Accounts
from ..stream.sinks.session import end, session
from ..stream.sources.file import FileSource


def segment(
    path: Path,
    network: Network,
    lag: Lag,
    heard: Callable[[int], None] = lambda samples: None,
    observer: Observer | None = None,
) -> tuple[list[Event], dict[str, Any], dict[str, Any], list[str]]:
    """The events of one recording, its session and end lines, and warnings. Raises SourceError.

    heard: told of each block how many samples of the stream (44,100 Hz) it brought. observer: given to the segmenter.
    """
    segmenter, source = Segmenter(network, lag, observer), FileSource(path)
    events: list[Event] = []
    for block in source.blocks():
        events += segmenter.push(block)
        heard(len(block))
    events += segmenter.flush()
    kinds = Counter(e.kind for e in events if isinstance(e, Sound))
    accounts = Accounts(segmenter.position, segmenter.processed, segmenter.dropped, 0)
    return events, session(segmenter, source.name), end(accounts, kinds), source.warnings
