"""The pure core: samples in, heart sounds out. No thread, no clock, no file."""

import math
from collections import deque

import numpy as np

from ...models import Network, load, load_systole
from ..events import KINDS, Event, Gap, Onset, Sound
from ..rates import DECIMATION, STREAM_PER_FRAME, STREAM_RATE, Samples
from .decimator import NEEDED_AFTER, Decimator
from .decoder import Decoder, PathSegment
from .gate import FiniteGate
from .highpass import HighPass
from .lag import DEFAULT_LAG, Lag
from .observer import Observer, TimedNetwork, timed
from .presence import SENSITIVITIES, Presence, PresenceGate
from .systole import SystoleListener
from .windows import Posteriors, WindowedInference

NOT_FINITE = "samples that are no numbers"

_ANNOUNCED_WITHIN = STREAM_RATE // 10  # a sound this close to an announced onset is the announced one


class Segmenter:
    """Finds heart sounds in a stream at 44,100 Hz.

    The events are the same, to the last bit, however the stream is cut into blocks. Posteriors of a network are decoded
    by a hidden semi-Markov model (as by Springer, Tarassenko and Clifford, IEEE Trans. Biomed. Eng. 63(4), 2016, but
    online).

    Parameters
    ----------
    network
        Default: the shipped one that `lag` names. ModelError is raised where its output is too short for `lag`.
    lag
        How long to listen on before a decision.
    sensitivity
        How easily a heart is believed: "low", "normal" or "high". ValueError is raised for another word.
    observer
        Told of intermediate results, and of the time of each stage if it asks for that.
    rate
        Samples a second of the blocks that will be pushed, to be stated so that no other rate is taken for it. It is
        44,100 Hz. ValueError is raised for another: `heartseg.segment` and `heartseg.stream.Converter` convert.
    systole
        Also say whether a murmur-like sound is heard in systole (`heartseg.stream.Systole`). For review, not a
        diagnosis.

    Examples
    --------
    >>> segmenter = Segmenter(rate=44_100)
    >>> events = segmenter.push(np.zeros(44_100, np.float32)) + segmenter.flush()
    >>> events
    []
    >>> segmenter.position
    44100
    """

    def __init__(
        self,
        network: Network | None = None,
        lag: Lag | None = None,
        observer: Observer | None = None,
        sensitivity: str = "normal",
        *,
        rate: float,
        systole: bool = False,
    ) -> None:
        if rate != STREAM_RATE:
            raise ValueError(
                f"rate={rate!r}: a segmenter takes {STREAM_RATE} Hz only; heartseg.segment(x, rate=...) converts an "
                f"array, heartseg.stream.Converter converts block by block"
            )
        if sensitivity not in SENSITIVITIES:
            raise ValueError(f"sensitivity should be {', '.join(SENSITIVITIES)}, not {sensitivity!r}")
        self.lag = lag or DEFAULT_LAG
        self.network = network or load(self.lag.network)
        self.lag.check(self.network.card)
        self._observer = observer = observer or Observer()
        self._gate = FiniteGate()
        self._decimator = Decimator()
        self._high_pass = HighPass()
        inferred = TimedNetwork(self.network, observer) if observer.timed else self.network
        self._windows = WindowedInference(inferred, self.lag.lookahead, self.lag.hop, self.lag.provisional)
        self._decoder = Decoder(self.lag.commit_delay)
        self._presence_gate = PresenceGate(SENSITIVITIES[sensitivity])
        self._push = timed(observer, "segmenter", self._push_block)
        self._decimate = timed(observer, "decimator", self._decimator.push)
        self._infer = timed(observer, "windows", self._windows.push)
        self._decode = timed(observer, "decoder", self._decoder.push)
        self.systole_model = load_systole() if systole else None
        self._listener = SystoleListener(self.systole_model) if self.systole_model else None
        self._answer = timed(observer, "systole", self._listener.push_sounds) if self._listener else None
        self._announced: deque[Onset] = deque(maxlen=16)
        self.processed = 0
        self.dropped = 0
        self._invalid = 0  # length so far of the gap of samples that are no numbers
        self._restart()

    @property
    def position(self) -> int:
        """Stream samples taken so far: processed + dropped."""
        return self.processed + self.dropped

    @property
    def presence(self) -> Presence:
        """Whether there is a heart, by the evidence so far."""
        return self._presence_gate.presence

    def push(self, block: Samples) -> list[Event]:
        """Take the next block and return its events, in order.

        Parameters
        ----------
        block
            Shape (n,), any n: one channel at 44,100 Hz, with full scale 1.0.

        Raises
        ------
        ValueError
            For another shape.
        """
        return self._push(block)

    def gap(self, length: int, reason: str) -> list[Event]:
        """Take note that samples of the stream are missing. A sound that is open before them ends there.

        Parameters
        ----------
        length
            How many, at 44,100 Hz.
        reason
            Why, in a few words, for the `Gap`.
        """
        events = self._end()
        start = self.position
        self.dropped += length
        self._restart()
        return [*events, Gap(start, self.position, reason)]

    def flush(self) -> list[Event]:
        """The stream has ended: the events still owed."""
        return self._end()

    def _push_block(self, block: Samples) -> list[Event]:
        block = np.asarray(block, np.float32)
        if block.ndim != 1:
            raise ValueError(f"a block should have one dimension (one channel), not shape {block.shape}")
        events: list[Event] = []
        for samples, is_usable in self._gate.push(block):
            events += self._process(samples) if is_usable else self._drop(len(samples))
        return events

    def _process(self, samples: Samples) -> list[Event]:
        """Usable samples through the pipeline."""
        events = self._end_gap() if self._invalid else []
        self.processed += len(samples)
        self._observer.on_samples(samples)
        return events + self._follow(self._decimate(samples))

    def _follow(self, pcg: Samples) -> list[Event]:
        """The events of the next PCG samples."""
        self._observer.on_pcg(pcg)
        if self._listener:
            self._listener.push_pcg(pcg)
        events: list[Event] = []
        for posteriors in self._infer(self._high_pass.push(pcg)):
            events += self._events(posteriors, self.lag.provisional)
        return events

    def _events(self, posteriors: Posteriors, announce: bool) -> list[Event]:
        """The events of a window. announce: whether a provisional sound becomes an `Onset`."""
        self._observer.on_posteriors(posteriors)
        decoded = self._decode(posteriors)
        if decoded.segments:
            self._observer.on_segments(decoded.segments)
        frame = posteriors.first + posteriors.n_final
        sounds = self._presence_gate.push(decoded.segments, frame)
        self._observe_presence(frame)
        emitted = min(self._origin + posteriors.needed * DECIMATION + NEEDED_AFTER, self.position)
        events: list[Event] = [self._sound(sound, emitted, sound not in decoded.segments) for sound in sounds]
        if announce and decoded.provisional and self._presence_gate.is_heart:
            events.append(self._onset(decoded.provisional, emitted))
        return [*events, *self._answer(events)] if self._answer else events

    def _observe_presence(self, frame: int) -> None:
        """Tell the observer whether there is a heart, by what was confirmed at `frame`."""
        gate = self._presence_gate
        self._observer.on_presence(frame, gate.presence, gate.evidence)

    def _onset(self, sound: PathSegment, emitted: int) -> Onset:
        start = self._origin + sound.start * STREAM_PER_FRAME
        onset = Onset(KINDS[sound.state // 2], start, self._confidence(sound), emitted)
        self._announced.append(onset)
        return onset

    def _sound(self, sound: PathSegment, emitted: int, withheld: bool) -> Sound:
        kind = KINDS[sound.state // 2]
        start = self._origin + sound.start * STREAM_PER_FRAME
        end = min(self._origin + sound.end * STREAM_PER_FRAME, emitted)
        announced = None
        for onset in self._announced:  # the latest of them wins
            if onset.kind == kind and abs(onset.onset - start) <= _ANNOUNCED_WITHIN:
                announced = onset.emitted
        return Sound(kind, start, end, self._confidence(sound), emitted, announced, withheld)

    def _confidence(self, sound: PathSegment) -> float:
        """Probability that a sound is right, from its mean posterior (Platt scaling; the card has the parameters)."""
        slope, intercept = self.network.card.calibration
        p = min(max(sound.posterior, 1e-6), 1 - 1e-6)
        return 1 / (1 + math.exp(-(slope * math.log(p / (1 - p)) + intercept)))

    def _end(self) -> list[Event]:
        """End the run, or the gap, that is open. The next samples start from nothing."""
        if not self._invalid:
            return self._end_run()
        self._gate.clear()
        return self._end_gap()

    def _end_run(self) -> list[Event]:
        """Decode all that is left of an uninterrupted run."""
        events = self._follow(self._decimator.flush())
        self._high_pass.clear()
        for posteriors in self._windows.flush():
            events += self._events(posteriors, announce=False)
        rest = self._decoder.flush()
        frame = (self.position - self._origin) // STREAM_PER_FRAME
        if rest.segments:
            self._observer.on_segments(rest.segments)
        sounds = self._presence_gate.flush(rest.segments, frame)
        self._observe_presence(frame)
        last: list[Event] = [self._sound(sound, self.position, sound not in rest.segments) for sound in sounds]
        events += last
        if self._listener and self._answer:
            events += [*self._answer(last), *self._listener.flush(self.position)]
        self._announced.clear()
        self._presence_gate.clear()
        self._restart()
        return events

    def _drop(self, length: int) -> list[Event]:
        """Take samples that are no numbers."""
        events = [] if self._invalid else self._end_run()
        self.dropped += length
        self._invalid += length
        return events

    def _end_gap(self) -> list[Event]:
        gap = Gap(self.position - self._invalid, self.position, NOT_FINITE)
        self._invalid = 0
        self._restart()
        return [gap]

    def _restart(self) -> None:
        """An uninterrupted run begins here."""
        self._origin = self.position
        if self._listener:
            self._listener.restart(self._origin)
        self._observer.on_restart(self._origin)
