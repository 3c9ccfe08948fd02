"""A whole recording through the segmenter: sounds, phonocardiogram, posteriors and levels, to be shown."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...models import Network
from ...stream.display.hints import CLIPPED as CLIPPED
from ...stream.events import Event, Gap, Sound, Systole
from ...stream.rates import STREAM_PER_FRAME, STREAM_RATE, Samples
from ...stream.segmenter.lag import FULL_CONTEXT, Lag
from ...stream.segmenter.presence import Presence
from ...stream.segmenter.windows import Posteriors
from ...stream.sources.base import SourceError
from ...stream.sources.file import FileSource
from ..segmentation import PcgRecorder, segment_file, write_part


@dataclass(frozen=True)
class Heard:
    """The analysis of a recording.

    pcg: shape (n,), at 2,100 Hz. posterior: shape (frames, 4), final probabilities of S1, systole, S2 and diastole
    every 10 ms. evidence: shape (frames,), evidence for a heart, 0 to 1. All three are nan in gaps. rate: samples a
    second of the file. peak, rms: of the samples, full scale 1.0. clipped: share of the samples at full scale.
    has_systole: answers about systole were wanted.
    """

    path: Path
    session: dict[str, Any]
    lag: Lag
    events: list[Event]
    warnings: list[str]
    pcg: Samples
    posterior: Samples
    evidence: Samples
    rate: int
    seconds: float
    peak: float
    rms: float
    clipped: float
    has_systole: bool = False

    @property
    def lag_text(self) -> str:
        """The lag in words."""
        return "whole recording in view" if self.lag == FULL_CONTEXT else f"lag {self.lag.bound_ms:.0f} ms"

    @property
    def sounds(self) -> list[Sound]:
        """The confirmed sounds."""
        return [e for e in self.events if isinstance(e, Sound)]

    @property
    def systole(self) -> Systole | None:
        """The last answer about systole, None where none was wanted, or too few clean beats were heard."""
        return next((e for e in reversed(self.events) if isinstance(e, Systole)), None)

    @property
    def gaps(self) -> list[Gap]:
        """The parts of the recording that were not processed."""
        return [e for e in self.events if isinstance(e, Gap)]


class _Recorder(PcgRecorder):
    """Keeps the intermediate results of a segmenter, and measures the level of its samples."""

    def __init__(self) -> None:
        super().__init__()
        self._frames: list[tuple[int, Samples]] = []  # index of the first frame, posteriors
        self._evidence: list[tuple[int, Samples]] = []  # index of the first frame, evidence
        self._position = self._frame = 0
        self.peak = self.energy = 0.0
        self.clipped = 0

    def on_restart(self, position: int) -> None:
        super().on_restart(position)
        self._position, self._frame = position, 0

    def on_samples(self, samples: Samples) -> None:
        magnitude = np.abs(samples)
        self.peak = max(self.peak, float(magnitude.max(initial=0.0)))
        self.energy += float(np.square(samples, dtype=np.float64).sum())
        self.clipped += int((magnitude >= CLIPPED).sum())

    def on_posteriors(self, posteriors: Posteriors) -> None:
        first, final = round(self._position / STREAM_PER_FRAME) + posteriors.first, slice(posteriors.n_final)
        self._frames.append((first, np.exp(posteriors.log[final])))

    def on_presence(self, frame: int, presence: Presence, evidence: float) -> None:
        first, end = (round(self._position / STREAM_PER_FRAME) + k for k in (self._frame, frame))
        self._evidence.append((first, np.full(end - first, evidence, np.float32)))
        self._frame = frame

    def posteriors(self, length: int) -> Samples:
        """The posteriors of `length` stream samples, shape (frames, 4), nan where there are none."""
        whole = np.full((-(-length // STREAM_PER_FRAME), 4), np.nan, np.float32)
        for first, rows in self._frames:
            write_part(whole, first, rows)
        return whole

    def evidence(self, length: int) -> Samples:
        """The evidence over `length` stream samples, shape (frames,), nan where there is none."""
        whole = np.full(-(-length // STREAM_PER_FRAME), np.nan, np.float32)
        for first, part in self._evidence:
            write_part(whole, first, part)
        return whole


def hear(path: Path, network: Network, lag: Lag, sensitivity: str = "normal", systole: bool = False) -> Heard:
    """Segment a recording and keep all that can be shown of it. Raises SourceError."""
    recorder = _Recorder()
    segmentation = segment_file(path, network, lag, observer=recorder, sensitivity=sensitivity, systole=systole)
    length = segmentation.accounts.captured
    if not length:
        raise SourceError(f"{path}: holds no sound")
    processed = max(1, segmentation.accounts.processed)
    return Heard(
        path=path,
        session=segmentation.session,
        lag=lag,
        events=segmentation.events,
        warnings=segmentation.warnings,
        pcg=recorder.pcg(length),
        posterior=recorder.posteriors(length),
        evidence=recorder.evidence(length),
        rate=FileSource(path).rate,
        seconds=length / STREAM_RATE,
        peak=recorder.peak,
        rms=float(np.sqrt(recorder.energy / processed)),
        clipped=recorder.clipped / processed,
        has_systole=systole,
    )
