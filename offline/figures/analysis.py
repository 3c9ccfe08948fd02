"""A whole recording as the live path hears it: sounds, phonocardiogram, posteriors and levels, to be shown."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...models import Network
from ...stream.display.hints import CLIPPED as CLIPPED
from ...stream.events import Event, Gap, Sound
from ...stream.rates import DECIMATION, STREAM_PER_FRAME, STREAM_RATE, Samples
from ...stream.segmenter.decimator import Decimator
from ...stream.segmenter.lag import FULL_CONTEXT, Lag
from ...stream.segmenter.windows import Windows
from ...stream.sources.base import SourceError
from ...stream.sources.file import FileSource
from ..segmentation import segment


@dataclass(frozen=True)
class Heard:
    """What a recording brought.

    pcg: shape (n,), at 2,100 Hz. posterior: shape (frames, 4), probabilities of S1, systole, S2 and diastole every
    10 ms, as the decoder took them; presence: shape (frames,), probability of a heartbeat. All are nan where nothing
    was heard. rate: samples a second of the file. peak, rms: of the samples, full scale 1.0. clipped: share of the
    samples at full scale.
    """

    path: Path
    session: dict[str, Any]
    lag: Lag
    events: list[Event]
    warnings: list[str]
    pcg: Samples
    posterior: Samples
    presence: Samples
    rate: int
    seconds: float
    peak: float
    rms: float
    clipped: float

    @property
    def lag_text(self) -> str:
        """How long it listened on, in words."""
        return "whole recording in view" if self.lag == FULL_CONTEXT else f"lag {self.lag.bound_ms:.0f} ms"

    @property
    def sounds(self) -> list[Sound]:
        """The confirmed sounds."""
        return [e for e in self.events if isinstance(e, Sound)]

    @property
    def gaps(self) -> list[Gap]:
        """What was not heard."""
        return [e for e in self.events if isinstance(e, Gap)]


class _Stretch:
    """Sound heard without interruption, from sample `start` of the stream."""

    def __init__(self, start: int, network: Network, lag: Lag) -> None:
        self.start = start
        self._decimator, self._windows = Decimator(), Windows(network, lag.lookahead, lag.hop, early=False)
        self.pcg: list[Samples] = []
        self.posterior: list[Samples] = []
        self.presence: list[Samples] = []

    def push(self, block: Samples) -> None:
        self._take(self._decimator.push(block), False)

    def close(self) -> None:
        self._take(self._decimator.flush(), True)

    def _take(self, pcg: Samples, last: bool) -> None:
        self.pcg.append(pcg)
        for found in self._windows.push(pcg) + (self._windows.flush() if last else []):
            self.posterior.append(np.exp(found.log))
            self.presence.append(found.presence)


def hear(path: Path, network: Network, lag: Lag) -> Heard:
    """Hear a recording from start to end, twice: for its events, and for all else. Raises SourceError."""
    segmentation = segment(path, network, lag)
    events, session, warnings = segmentation.events, segmentation.session, segmentation.warnings
    length = segmentation.accounts.captured
    if not length:
        raise SourceError(f"{path}: holds no sound")
    source = FileSource(path)
    stretches: list[_Stretch] = []
    peak = energy = 0.0
    clipped = 0
    for at, block in _between(source.blocks(), [e for e in events if isinstance(e, Gap)]):
        if at is not None:
            stretches.append(_Stretch(at, network, lag))
        stretches[-1].push(block)
        magnitude = np.abs(block)
        peak = max(peak, float(magnitude.max(initial=0.0)))
        energy += float(np.square(block, dtype=np.float64).sum())
        clipped += int((magnitude >= CLIPPED).sum())
    pcg = np.full(-(-length // DECIMATION), np.nan, np.float32)
    posterior = np.full((-(-length // STREAM_PER_FRAME), 4), np.nan, np.float32)
    presence = np.full(len(posterior), np.nan, np.float32)
    for stretch in stretches:
        stretch.close()
        _lay(pcg, stretch.start / DECIMATION, stretch.pcg)
        _lay(posterior, stretch.start / STREAM_PER_FRAME, stretch.posterior)
        _lay(presence, stretch.start / STREAM_PER_FRAME, stretch.presence)
    heard = max(1, segmentation.accounts.processed)
    return Heard(
        path, session, lag, events, warnings, pcg, posterior, presence, source.rate, length / STREAM_RATE,
        peak, float(np.sqrt(energy / heard)), clipped / heard,
    )  # fmt: skip


def _between(blocks: Iterable[Samples], gaps: Sequence[Gap]) -> Iterator[tuple[int | None, Samples]]:
    """The blocks without what lies in a gap, in pieces; with the first after each, the position where it begins."""
    edges = [edge for gap in gaps for edge in (gap.start, gap.end)]
    position, passed = 0, 0
    begins: int | None = 0
    for block in blocks:
        while len(block):
            take = edges[passed] - position if passed < len(edges) else len(block)
            piece, block = block[:take], block[take:]
            if passed % 2 == 0 and len(piece):
                yield begins, piece
                begins = None
            position += len(piece)
            if passed < len(edges) and position == edges[passed]:
                passed += 1
                begins = position


def _lay(whole: Samples, at: float, parts: list[Samples]) -> None:
    """Write the parts, end to end, into `whole` from index `at` on."""
    first = round(at)
    for part in parts:
        room = whole[first : first + len(part)]
        room[:] = part[: len(room)]
        first += len(part)
