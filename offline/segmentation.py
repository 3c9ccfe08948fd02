"""One recording to its events, by the same segmenter that listens live; and its samples, as that one gets them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..models import Network
from ..stream.events import Event, Gap, Sound
from ..stream.rates import Samples
from ..stream.segmenter.decimator import Decimator
from ..stream.segmenter.lag import Lag
from ..stream.segmenter.observer import Observer
from ..stream.segmenter.segmenter import Segmenter
from ..stream.sinks.base import Accounts
from ..stream.sinks.session import session
from ..stream.sources.file import FileSource


@dataclass(frozen=True)
class Segmentation:
    """The events of a recording in stream order, its sample counts, its session line, and warnings of its reader."""

    events: list[Event]
    accounts: Accounts
    session: dict[str, Any]
    warnings: list[str]

    @property
    def sounds(self) -> list[Sound]:
        """The confirmed sounds."""
        return [e for e in self.events if isinstance(e, Sound)]

    @property
    def gaps(self) -> list[Gap]:
        """The parts without usable samples."""
        return [e for e in self.events if isinstance(e, Gap)]


def segment(
    path: Path,
    network: Network,
    lag: Lag,
    on_samples: Callable[[int], None] = lambda length: None,
    observer: Observer | None = None,
) -> Segmentation:
    """Segment one recording. Raises SourceError.

    on_samples: called after each block with its length in stream samples (44,100 Hz). observer: given to the segmenter.
    """
    segmenter, source = Segmenter(network, lag, observer), FileSource(path)
    events: list[Event] = []
    for block in source.blocks():
        events += segmenter.push(block)
        on_samples(len(block))
    events += segmenter.flush()
    accounts = Accounts(segmenter.position, segmenter.processed, segmenter.dropped, 0)
    return Segmentation(events, accounts, session(segmenter, source.name), source.warnings)


def read_stream(path: Path) -> Samples:
    """A whole recording at 44,100 Hz, as the segmenter gets it: shape (n,). Raises SourceError."""
    return np.concatenate([np.zeros(0, np.float32), *FileSource(path).blocks()])


def read_pcg(path: Path) -> Samples:
    """A whole recording at 2,100 Hz, as the segmenter decimates it: shape (n,). Raises SourceError."""
    decimator = Decimator()
    parts = [decimator.push(block) for block in FileSource(path).blocks()]
    return np.concatenate([*parts, decimator.flush()])
