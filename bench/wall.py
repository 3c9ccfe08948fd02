"""Wall-clock time that the machine adds: from PortAudio's callback to an event, and from an onset to the screen.

A thread stands in the callback's place and brings 10 ms of sound at a time; the rest is the real engine.
"""

import io
import itertools
import threading
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
from rich.console import Console

from bench.measure import Figure, FloatArray, figure, must
from heartseg.models import Network
from heartseg.stream.display.loop import show
from heartseg.stream.display.monitor import Monitor
from heartseg.stream.display.player import Player, Run
from heartseg.stream.display.state import DisplayState, History
from heartseg.stream.engine import Engine
from heartseg.stream.events import Event, Onset, Sound
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.segmenter.segmenter import Segmenter
from heartseg.stream.sinks.base import Sink
from heartseg.stream.sinks.wav import WavRecording
from heartseg.stream.sources.microphone import Microphone
from heartseg.stream.sources.portaudio import PortAudio

_BLOCK = STREAM_RATE // 100


class FakeAudio:
    """In place of the module sounddevice: one device, whose callback a thread calls every 10 ms with `sound`."""

    PortAudioError = OSError

    def __init__(self, sound: FloatArray) -> None:
        self._sound = sound
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.default = SimpleNamespace(device=(0, 0))
        self.called = np.zeros(len(sound) // _BLOCK)  # when the callback was called with each block

    def query_devices(self, index: int | None = None) -> Any:
        """Describe the one device."""
        entry = {"name": "thread", "max_input_channels": 1, "default_samplerate": float(STREAM_RATE)}
        return [entry] if index is None else entry

    def check_input_settings(self, **_: Any) -> None:
        """Accept every setting."""

    def InputStream(self, callback: Any, **_: Any) -> Any:
        """Open the device."""
        self._callback = callback
        return SimpleNamespace(start=self._thread.start, close=self._close)

    def _close(self) -> None:
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        began = time.monotonic()
        status = SimpleNamespace(input_overflow=False)
        for n in range(len(self.called)):
            if self._over.wait(max(0.0, began + (n + 1) * 0.01 - time.monotonic())):
                return
            block = self._sound[n * _BLOCK : (n + 1) * _BLOCK, None]
            times = SimpleNamespace(currentTime=1.0 + n * 0.01, inputBufferAdcTime=0.99 + n * 0.01)
            self.called[n] = time.perf_counter()
            self._callback(block, _BLOCK, times, status)


class _Clock(Sink):
    """A sink that notes when it was told of each event; the last sink, so that the others were told before."""

    def __init__(self) -> None:
        self.told: list[tuple[Event, float]] = []

    def on_event(self, event: Event) -> None:
        """Note the time."""
        self.told.append((event, time.perf_counter()))


class _TimedMonitor(Monitor):
    """A monitor that notes when each picture was begun."""

    def __init__(self, *run: Any) -> None:
        super().__init__(*run)
        self.drawn: list[float] = []

    def state(self) -> DisplayState:
        """Note the time."""
        self.drawn.append(time.perf_counter())
        return super().state()


class _Terminal(io.StringIO):
    """A terminal that only notes when it was written to."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[float] = []

    def write(self, text: str) -> int:
        """Note the time."""
        self.written.append(time.perf_counter())
        return len(text)

    def isatty(self) -> bool:
        """Return True."""
        return True


def measure(x: FloatArray, network: Network) -> list[Figure]:
    """Figures over the whole of `x`, in real time."""
    audio, clock, history, terminal = FakeAudio(x), _Clock(), History(), _Terminal()
    source, recording = Microphone(None, audio=PortAudio(audio)), WavRecording()
    segmenter = Segmenter(network, rate=STREAM_RATE)
    engine = Engine(segmenter, source, [history, clock])
    console = Console(file=terminal, force_terminal=True, width=100, height=30, highlight=False)
    player = Player(source, lambda _source: Run(engine, history))
    monitor = _TimedMonitor(player, recording, "heartseg", segmenter.lag.bound_ms)
    player.start()
    threading.Timer(len(x) / STREAM_RATE, player.ask_to_stop).start()
    broken = show(player, recording, monitor, console)
    must(broken is None and engine.failure is None, f"the run failed: {broken or engine.failure}")
    must(engine.accounts.dropped == 0, "samples were dropped")
    return [
        *_shares("from the callback to a sound", _answers(clock, audio.called, Sound)),
        *_shares("from the callback to an onset", _answers(clock, audio.called, Onset)),
        *_shares("from an onset to the painted screen", _painted(clock, monitor.drawn, terminal.written)),
    ]


def _answers(clock: _Clock, called: FloatArray, kind: type[Sound] | type[Onset]) -> list[float]:
    """Milliseconds from the callback with the sample that an event needed last to the event."""
    delays = []
    for event, told in clock.told:
        if isinstance(event, kind):
            callback = called[min(len(called), -(-event.emitted // _BLOCK)) - 1]
            if callback and event.emitted < np.count_nonzero(called) * _BLOCK:  # not one that the end brought
                delays.append((told - callback) * 1e3)
    return delays


def _painted(clock: _Clock, drawn: list[float], written: list[float]) -> list[float]:
    """Milliseconds from an onset to the end of the first picture that was begun after it."""
    delays = []
    for told in (told for event, told in clock.told if isinstance(event, Onset)):
        picture = next(((a, b) for a, b in itertools.pairwise([*drawn, np.inf]) if a >= told), None)
        if picture is not None:
            delays += [(w - told) * 1e3 for w in written if picture[0] <= w < picture[1]][-1:]
    return delays


def _shares(name: str, ms: list[float]) -> list[Figure]:
    must(len(ms) > 5, f"{name}: too few to measure")
    return [figure(f"{name}, p{share}", [np.percentile(ms, share)], "ms", more=False) for share in (50, 95)]
