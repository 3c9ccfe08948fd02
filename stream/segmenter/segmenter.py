"""The pure core: samples in, heart sounds out. No thread, no clock, no file."""

from collections import deque

import numpy as np

from ...models import Network, load
from ..events import KINDS, Event, Gap, Onset, Sound
from ..rates import DECIMATION, STREAM_PER_FRAME, STREAM_RATE, Samples
from .decimator import NEEDED_AFTER, Decimator
from .decoder import Decoded, Decoder, Tuning
from .lag import DEFAULT_LAG, Lag
from .windows import Posteriors, Windows

NOT_FINITE = "samples that are no numbers"

_HELD = STREAM_RATE // 10  # a sound this close to an announced onset is the announced one
_SETTLE = STREAM_RATE // 10  # good samples in a row that end a gap of bad ones
_LARGEST = 1e6  # a sample beyond this is no sound


class Segmenter:
    """Finds heart sounds in a stream at 44,100 Hz.

    >>> segmenter = Segmenter()
    >>> events = segmenter.push(np.zeros(44_100, np.float32)) + segmenter.flush()
    >>> events
    []

    The events are the same, to the last bit, however the stream is cut into blocks.
    """

    def __init__(self, network: Network | None = None, lag: Lag | None = None, tuning: Tuning | None = None) -> None:
        self.lag = lag or DEFAULT_LAG
        self.network = network or load(self.lag.network)
        self._decimator = Decimator()
        self._windows = Windows(self.network, self.lag.lookahead, self.lag.hop, self.lag.early)
        calibration = self.network.card.calibration
        self._decoder = Decoder(self.lag.guard, calibration, tuning)
        self._announced: deque[Onset] = deque(maxlen=16)
        self.processed = 0
        self.dropped = 0
        self.presence = 0.0
        self._origin = 0  # where the sound heard without interruption began
        self._bad = 0  # length of the gap of bad samples that we are in
        self._settled = 0  # good samples at its end

    @property
    def position(self) -> int:
        """Stream samples taken so far: processed + dropped."""
        return self.processed + self.dropped

    def push(self, block: Samples) -> list[Event]:
        """Hear a block (one channel, any length, full scale 1.0); the events that it brings, in order."""
        block = np.asarray(block, np.float32)
        if block.ndim != 1:
            raise ValueError(f"a block should have one dimension (one channel), not shape {block.shape}")
        good = np.abs(block) < _LARGEST  # False for NaN too
        if not self._bad and good.all():
            return self._hear(block)
        events: list[Event] = []
        for at in np.split(np.arange(len(block)), np.flatnonzero(np.diff(good)) + 1):
            if len(at):
                events += self._settle(block[at]) if good[at[0]] else self._spoil(len(at))
        return events

    def gap(self, length: int, reason: str) -> list[Event]:
        """Say that `length` samples of the stream are missing; what was open before them ends there."""
        events = self._leave() if self._bad else self._close()
        start = self.position
        self.dropped += length
        self._origin = self.position
        return [*events, Gap(start, self.position, reason)]

    def flush(self) -> list[Event]:
        """The stream has ended: the events still owed."""
        return self._leave() if self._bad else self._close()

    def _hear(self, block: Samples) -> list[Event]:
        self.processed += len(block)
        return self._decode(self._windows.push(self._decimator.push(block)))

    def _decode(self, hops: list[Posteriors]) -> list[Event]:
        events: list[Event] = []
        for found in hops:
            events += self._confirmed(found)
            if self.lag.early:
                events += self._rising(found)
        return events

    def _confirmed(self, found: Posteriors) -> list[Event]:
        sounds = self._decoder.push(found)
        if found.final:
            self.presence = float(found.presence[found.final - 1])
        return [self._sound(sound, self._needed(found)) for sound in sounds]

    def _rising(self, found: Posteriors) -> list[Event]:
        rising = self._decoder.rising()
        if rising is None:
            return []
        at = self._origin + rising.first * STREAM_PER_FRAME
        onset = Onset(KINDS[rising.kind], at, rising.confidence, self._needed(found))
        self._announced.append(onset)
        return [onset]

    def _needed(self, found: Posteriors) -> int:
        """The stream position that had to be heard for these posteriors."""
        return min(self._origin + found.heard * DECIMATION + NEEDED_AFTER, self.position)

    def _sound(self, sound: Decoded, emitted: int) -> Sound:
        kind = KINDS[sound.kind]
        first = self._origin + sound.first * STREAM_PER_FRAME
        said = [o.emitted for o in self._announced if o.kind == kind and abs(o.onset - first) <= _HELD]
        return Sound(
            kind,
            first,
            min(self._origin + sound.last * STREAM_PER_FRAME, emitted),
            sound.confidence,
            emitted,
            said[-1] if said else None,
        )

    def _close(self) -> list[Event]:
        """End the sound heard without interruption; what comes next starts from nothing."""
        events = self._decode(self._windows.push(self._decimator.flush()))
        for found in self._windows.flush():
            events += self._confirmed(found)
        events += [self._sound(sound, self.position) for sound in self._decoder.flush()]
        self._announced.clear()
        self._origin = self.position
        self.presence = 0.0
        return events

    def _spoil(self, length: int) -> list[Event]:
        events = [] if self._bad else self._close()
        self.dropped += length
        self._bad += length
        self._settled = 0
        return events

    def _settle(self, block: Samples) -> list[Event]:
        if not self._bad:
            return self._hear(block)
        take = min(len(block), _SETTLE - self._settled)
        self.dropped += take
        self._bad += take
        self._settled += take
        if self._settled < _SETTLE:
            return []
        return self._leave() + self._hear(block[take:])

    def _leave(self) -> list[Event]:
        gap = Gap(self.position - self._bad, self.position, NOT_FINITE)
        self._origin = self.position
        self._bad = self._settled = 0
        return [gap]
