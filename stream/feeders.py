"""What fills the ring buffer: a replay that keeps time (or does not), or a microphone."""

import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .clock import STREAM_RATE
from .ring import RingBuffer
from .source import NoSuchSource, SourceError

FloatArray = NDArray[np.float32]

_PACED_BLOCK = STREAM_RATE // 50
CAPTURE_BLOCK = STREAM_RATE // 100
"""Samples that the microphone delivers at a time (10 ms)."""


class Feeder(Protocol):
    """Fills a ring from `start` until the sound ends or `stop`; then closes it. `failure` says what went wrong."""

    failure: str | None

    def start(self, ring: RingBuffer) -> None:
        """Begin to fill the ring."""

    def stop(self) -> None:
        """Stop filling it; what was written stays."""


class Replay:
    """Blocks of a recording, at `speed` times real time (None: as fast as they are taken). Drops nothing."""

    def __init__(self, blocks: Iterable[FloatArray], speed: float | None = 1.0) -> None:
        self._blocks, self._speed = blocks, speed
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.failure: str | None = None

    def start(self, ring: RingBuffer) -> None:
        """Begin to fill the ring from a thread of its own."""
        self._thread = threading.Thread(target=self._run, args=(ring,), name="heartseg-replay", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the block at hand."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, ring: RingBuffer) -> None:
        began = time.monotonic()
        try:
            for block in self._blocks:
                for at in range(0, len(block), _PACED_BLOCK if self._speed else len(block)):
                    part = block[at : at + _PACED_BLOCK] if self._speed else block
                    if self._speed:
                        due = began + (ring.written + len(part)) / (STREAM_RATE * self._speed)
                        self._stopped.wait(max(0.0, due - time.monotonic()))
                    self._put(ring, part)
                    if self._stopped.is_set():
                        return
        except Exception as error:
            self.failure = f"the replay failed: {error}"
        finally:
            ring.close()

    def _put(self, ring: RingBuffer, part: FloatArray) -> None:
        while len(part) and not self._stopped.is_set():
            fits = min(len(part), ring.room)
            if fits:
                ring.write(part[:fits])
                part = part[fits:]
            else:
                self._stopped.wait(0.01)


class Microphone:
    """A capture device, through PortAudio. `device` is None (the default), an index or a part of a name.

    Raises SourceError where PortAudio or the device cannot be used.
    """

    def __init__(self, device: str | int | None) -> None:
        self._audio = _portaudio()
        self._device, self.name = _find(self._audio, device)
        self.failure: str | None = None
        self._stream: Any = None
        self._lock = threading.Lock()
        self._stopping = False

    def start(self, ring: RingBuffer) -> None:
        """Open the device; its callback moves samples into the ring and counts, and does nothing else."""

        def captured(data: FloatArray, _frames: int, _time: Any, status: Any) -> None:
            if status.input_overflow:
                # PortAudio does not say how much it lost; its own buffer of one block is the least.
                ring.lose(CAPTURE_BLOCK, "overflow")
            ring.write(data[:, 0])

        def finished() -> None:
            if not self._stopping:
                self.failure = f"{self.name}: the device is gone"
                ring.close()

        self._ring = ring
        try:
            self._stream = self._audio.InputStream(
                samplerate=STREAM_RATE, channels=1, dtype="float32", device=self._device,
                blocksize=CAPTURE_BLOCK, latency="low", callback=captured, finished_callback=finished,
            )  # fmt: skip
            self._stream.start()
        except self._audio.PortAudioError as error:
            raise SourceError(
                f"{self.name}: cannot be opened at 44,100 Hz ({error}); "
                "is another program holding it? heartseg-live --list-devices shows the others"
            ) from None

    def stop(self) -> None:
        """Close the device; may be called from any thread, and again."""
        with self._lock:
            self._stopping = True
            if self._stream is not None:
                self._stream.close()
                self._stream = None
                self._ring.close()


def _portaudio() -> Any:
    try:
        import sounddevice
    except OSError:
        raise SourceError(
            "PortAudio is not installed, and --device needs it: on Debian and Ubuntu, apt-get install libportaudio2 "
            "(--replay and --demo work without)"
        ) from None
    return sounddevice


def list_devices() -> list[str]:
    """One line for each capture device; '*' marks the default. Raises SourceError without PortAudio."""
    audio = _portaudio()
    found = list(_inputs(audio))
    default = _default(audio)
    return [
        f"{'*' if index == default else ' '} {index:3d}  {entry['name']}, {entry['max_input_channels']} channel(s), "
        f"{entry['default_samplerate']:.0f} Hz"
        for index, entry in found
    ]


def _inputs(audio: Any) -> Iterator[tuple[int, Any]]:
    for index, entry in enumerate(audio.query_devices()):
        if entry["max_input_channels"] > 0:
            yield index, entry


def _default(audio: Any) -> int:
    return int(audio.default.device[0])


def _find(audio: Any, wanted: str | int | None) -> tuple[int, str]:
    inputs = dict(_inputs(audio))
    default = _default(audio)
    if not inputs:
        raise SourceError("no capture device was found; is a microphone plugged in?")
    if wanted is None:
        if default not in inputs:
            raise SourceError("there is no default capture device; name one of heartseg-live --list-devices")
        return default, inputs[default]["name"]
    if isinstance(wanted, int) or wanted.isdecimal():
        if int(wanted) not in inputs:
            raise NoSuchSource(f"no capture device {wanted}; heartseg-live --list-devices shows those there are")
        return int(wanted), inputs[int(wanted)]["name"]
    matches = [i for i, entry in inputs.items() if wanted.lower() in entry["name"].lower()]
    exact = [i for i in matches if inputs[i]["name"].lower() == wanted.lower()]
    if len(exact) == 1:
        matches = exact
    if not matches:
        raise NoSuchSource(
            f"no capture device is called {wanted!r}; heartseg-live --list-devices shows those there are"
        )
    if len(matches) > 1:
        names = ", ".join(f"{i} ({inputs[i]['name']})" for i in matches)
        raise NoSuchSource(f"{wanted!r} may be any of these devices: {names}; give the number")
    return matches[0], inputs[matches[0]]["name"]
