"""One recording to its events, by the same segmenter that listens live; and its samples, as that one gets them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..models import Network
from ..stream.events import Event, Gap, Sound, Systole
from ..stream.rates import DECIMATION, STREAM_RATE, Samples, seconds
from ..stream.segmenter.decimator import Decimator
from ..stream.segmenter.lag import Lag
from ..stream.segmenter.observer import Observer
from ..stream.segmenter.segmenter import Segmenter
from ..stream.sinks.base import Accounts
from ..stream.sinks.session import session
from ..stream.sources.file import FileSource


@dataclass(frozen=True)
class Findings:
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

    @property
    def systole(self) -> Systole | None:
        """The last answer about systole, None where none was wanted, or too few clean beats were heard."""
        return next((e for e in reversed(self.events) if isinstance(e, Systole)), None)

    @property
    def duration_s(self) -> float:
        """Length of the recording, in seconds."""
        return seconds(self.accounts.captured)


def segment_file(
    path: Path,
    network: Network,
    lag: Lag,
    on_samples: Callable[[int], None] = lambda length: None,
    observer: Observer | None = None,
    sensitivity: str = "normal",
    systole: bool = False,
) -> Findings:
    """Segment one recording. Raises SourceError. Parameters as those of `segment_source`."""
    return segment_source(FileSource(path), network, lag, on_samples, observer, sensitivity, systole)


def segment_source(
    source: FileSource,
    network: Network,
    lag: Lag,
    on_samples: Callable[[int], None] = lambda length: None,
    observer: Observer | None = None,
    sensitivity: str = "normal",
    systole: bool = False,
) -> Findings:
    """Segment a recording that is open.

    on_samples: called after each block with its length in stream samples (44,100 Hz). observer, sensitivity, systole:
    given to the segmenter.
    """
    segmenter = Segmenter(network, lag, observer, sensitivity, rate=STREAM_RATE, systole=systole)
    return segment_blocks(source.blocks(), segmenter, source.name, source.warnings, on_samples)


def segment_blocks(
    blocks: Iterable[Samples],
    segmenter: Segmenter,
    name: str,
    warnings: list[str],
    on_samples: Callable[[int], None] = lambda length: None,
) -> Findings:
    """Segment all blocks: shape (n,), 44,100 Hz. warnings: the list that the reader of the blocks adds to."""
    events: list[Event] = []
    for block in blocks:
        events += segmenter.push(block)
        on_samples(len(block))
    events += segmenter.flush()
    accounts = Accounts(segmenter.position, segmenter.processed, segmenter.dropped, 0)
    return Findings(events, accounts, session(segmenter, name), warnings)


class PcgRecorder(Observer):
    """Keeps the PCG of a segmenter."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, Samples]] = []  # with the index of its first sample
        self._next = 0

    def on_restart(self, position: int) -> None:
        self._next = round(position / DECIMATION)

    def on_pcg(self, pcg: Samples) -> None:
        self._parts.append((self._next, pcg))
        self._next += len(pcg)

    def pcg(self, length: int) -> Samples:
        """The PCG of `length` stream samples, nan where there is none."""
        whole = np.full(-(-length // DECIMATION), np.nan, np.float32)
        for first, part in self._parts:
            write_part(whole, first, part)
        return whole


def write_part(whole: Samples, first: int, part: Samples) -> None:
    """Write `part` into `whole` from index `first` on, as far as there is room."""
    room = whole[first : first + len(part)]
    room[:] = part[: len(room)]


def read_stream(path: Path) -> Samples:
    """A whole recording at 44,100 Hz, as the segmenter gets it: shape (n,). Raises SourceError."""
    return np.concatenate([np.zeros(0, np.float32), *FileSource(path).blocks()])


def read_pcg(path: Path) -> Samples:
    """A whole recording at 2,100 Hz, as the segmenter decimates it: shape (n,). Raises SourceError."""
    decimator = Decimator()
    parts = [decimator.push(block) for block in FileSource(path).blocks()]
    return np.concatenate([*parts, decimator.flush()])
