"""A whole recording through the segmenter: sounds, phonocardiogram, posteriors and levels, to be shown."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...models import Network
from ...stream.display.hints import CLIPPED as CLIPPED
from ...stream.events import Event, Gap, Sound
from ...stream.rates import DECIMATION, STREAM_PER_FRAME, STREAM_RATE, Samples
from ...stream.segmenter.lag import FULL_CONTEXT, Lag
from ...stream.segmenter.observer import Observer
from ...stream.segmenter.windows import Posteriors
from ...stream.sources.base import SourceError
from ...stream.sources.file import FileSource
from ..segmentation import segment


@dataclass(frozen=True)
class Heard:
    """The analysis of a recording.

    pcg: shape (n,), at 2,100 Hz. posterior: shape (frames, 4), final probabilities of S1, systole, S2 and diastole
    every 10 ms. presence: shape (frames,), probability of a heartbeat. All three are nan in gaps. rate: samples a
    second of the file. peak, rms: of the samples, full scale 1.0. clipped: share of the samples at full scale.
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
        """The lag in words."""
        return "whole recording in view" if self.lag == FULL_CONTEXT else f"lag {self.lag.bound_ms:.0f} ms"

    @property
    def sounds(self) -> list[Sound]:
        """The confirmed sounds."""
        return [e for e in self.events if isinstance(e, Sound)]

    @property
    def gaps(self) -> list[Gap]:
        """The parts of the recording that were not processed."""
        return [e for e in self.events if isinstance(e, Gap)]


class _Recorder(Observer):
    """Keeps the intermediate results of a segmenter, and measures the level of its samples."""

    def __init__(self) -> None:
        self._pcg: list[tuple[int, Samples]] = []  # with the index of its first sample
        self._frames: list[tuple[int, Samples, Samples]] = []  # index of the first frame, posteriors, presence
        self._position = self._pcg_count = 0
        self.peak = self.energy = 0.0
        self.clipped = 0

    def on_restart(self, position: int) -> None:
        self._position, self._pcg_count = position, 0

    def on_samples(self, samples: Samples) -> None:
        magnitude = np.abs(samples)
        self.peak = max(self.peak, float(magnitude.max(initial=0.0)))
        self.energy += float(np.square(samples, dtype=np.float64).sum())
        self.clipped += int((magnitude >= CLIPPED).sum())

    def on_pcg(self, pcg: Samples) -> None:
        self._pcg.append((round(self._position / DECIMATION) + self._pcg_count, pcg))
        self._pcg_count += len(pcg)

    def on_posteriors(self, posteriors: Posteriors) -> None:
        first, final = round(self._position / STREAM_PER_FRAME) + posteriors.first, slice(posteriors.n_final)
        self._frames.append((first, np.exp(posteriors.log[final]), posteriors.presence[final].copy()))

    def pcg(self, length: int) -> Samples:
        """The PCG of `length` stream samples, nan where there is none."""
        whole = np.full(-(-length // DECIMATION), np.nan, np.float32)
        for first, part in self._pcg:
            _write(whole, first, part)
        return whole

    def posteriors(self, length: int) -> tuple[Samples, Samples]:
        """Posteriors, shape (frames, 4), and presence, shape (frames,), of `length` stream samples."""
        posterior = np.full((-(-length // STREAM_PER_FRAME), 4), np.nan, np.float32)
        presence = np.full(len(posterior), np.nan, np.float32)
        for first, posterior_rows, presence_rows in self._frames:
            _write(posterior, first, posterior_rows)
            _write(presence, first, presence_rows)
        return posterior, presence


def hear(path: Path, network: Network, lag: Lag) -> Heard:
    """Segment a recording and keep all that can be shown of it. Raises SourceError."""
    recorder = _Recorder()
    segmentation = segment(path, network, lag, observer=recorder)
    length = segmentation.accounts.captured
    if not length:
        raise SourceError(f"{path}: holds no sound")
    posterior, presence = recorder.posteriors(length)
    processed = max(1, segmentation.accounts.processed)
    return Heard(
        path=path,
        session=segmentation.session,
        lag=lag,
        events=segmentation.events,
        warnings=segmentation.warnings,
        pcg=recorder.pcg(length),
        posterior=posterior,
        presence=presence,
        rate=FileSource(path).rate,
        seconds=length / STREAM_RATE,
        peak=recorder.peak,
        rms=float(np.sqrt(recorder.energy / processed)),
        clipped=recorder.clipped / processed,
    )


def _write(whole: Samples, first: int, part: Samples) -> None:
    """Write `part` into `whole` from index `first` on, as far as there is room."""
    room = whole[first : first + len(part)]
    room[:] = part[: len(room)]
