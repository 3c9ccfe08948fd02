"""A capture device that is watched over, and opened again when it has been away. No sound passes through here."""

import queue
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import TypeVar

from ..rates import STREAM_RATE
from . import pulse
from .base import LISTENING, SourceError
from .capture import BLOCKS_PER_SECOND, Capture, now
from .intake import Intake
from .portaudio import Device, PortAudio, Unavailable, lasting_name, portaudio
from .resample import held_back
from .ring import Signal

LOST = "device lost: waiting for it"
BUSY = "device cannot be opened: waiting for it"

_TICK_S = 0.1
_FIRST_BLOCK_S = 5.0  # a Bluetooth device takes its time
_LOST_AFTER_S = 1.5
_RETRY_S = 1.0
_GRACE_S = 1.0  # for a sound system that does not answer when the run ends

Result = TypeVar("Result")


class Microphone:
    """A capture device, through PortAudio.

    A device that goes away is waited for, and the time until it is back is a gap. `state` says in a few words how it
    is doing.

    Parameters
    ----------
    device
        None (the default device), an index or a part of a name.
    wait
        Whether a device that another program holds at `start` is waited for, too.
    audio
        The sound system; None is PortAudio's own.
    channel
        The one to take, from 1. None takes the mean.

    Raises
    ------
    SourceError
        Where PortAudio or the device cannot be used.

    Examples
    --------
    >>> microphone = Microphone("steth")  # doctest: +SKIP
    """

    failure: str | None = None

    def __init__(
        self, device: str | int | None, wait: bool = False, audio: PortAudio | None = None, channel: int | None = None
    ) -> None:
        self._audio = portaudio() if audio is None else audio
        self._channel = channel
        self._wait = wait
        self._wake = Signal()  # for the supervisor: a stream has ended, or `stop`
        self._capture = self._open(self._audio.find(device))
        self.name = self._capture.name
        by_name = isinstance(device, str) and not device.isdecimal()
        self._wanted = device if by_name else lasting_name(self.name)
        self.latency = _latency(self._capture)
        self.warnings: list[str] = []
        self.state = LISTENING
        self._intake: Intake | None = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def _open(self, device: Device) -> Capture:
        return Capture(self._audio, device, self._channel, self._wake.set)

    def start(self, intake: Intake) -> None:
        """Begin to capture. A thread of its own watches over the device."""
        try:
            self._capture.start()
        except Unavailable:
            if not self._wait:
                raise
            self.state = BUSY
        else:
            intake.add(self._capture.ring)
        self._intake = intake
        self._thread = threading.Thread(target=self._run, args=(intake,), name="heartseg-supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the device; may be called from any thread, and again."""
        if self._thread is None and not self._stopped.is_set():
            self._capture.close()
        self._stopped.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(2 * _GRACE_S)

    def when(self, position: int) -> float | None:
        """The time on `time.monotonic` at which a stream sample of the last seconds was captured."""
        captured = None if self._intake is None else self._intake.timeline.when(position)
        return None if captured is None else captured - now() + time.monotonic()

    def _run(self, intake: Intake) -> None:
        try:
            capture = self._capture if self.state == LISTENING else self._reopened(intake)
            while capture is not None:
                self._watch(capture)
                capture = self._reopened(intake)
        except Exception as error:
            self.failure = f"{self.name}: the capture failed: {error}"
        finally:
            intake.close(lost_until=now() if self.state != LISTENING else None)

    def _watch(self, capture: Capture) -> None:
        """Wait until the device is gone or `stop`, then close it."""
        changed = threading.Event()
        changed.set()  # the source may have gone before changes are told
        with pulse.tells_changes(changed.set) if capture.source else nullcontext():
            captured = self._listen(capture, changed)
        if not self._stopped.is_set():
            self.state = LOST
        elif capture.ring.captured > captured:
            self.state = LISTENING
        _aside(capture.close, self._audio, self._stopped)
        capture.ring.close()

    def _listen(self, capture: Capture, changed: threading.Event) -> int:
        """Wait until the device is gone or `stop`; returns the frames captured. changed: its source may have gone."""
        silent, patience, captured = 0.0, _FIRST_BLOCK_S, 0
        while not self._stopped.is_set() and not capture.ended and silent < patience:
            if capture.source and changed.is_set():
                changed.clear()
                if not pulse.is_there(capture.source):
                    break
            woken = self._wake.wait(_TICK_S)
            if capture.ring.captured > captured:
                self.state, captured = LISTENING, capture.ring.captured
                silent, patience = 0.0, _LOST_AFTER_S
            elif not woken:
                silent += _TICK_S  # ticks, not time: while the whole process stands still nothing is lost yet
        return captured

    def _reopened(self, intake: Intake) -> Capture | None:
        """The device, opened again once it can be; None after `stop`."""

        def attempt() -> Capture | str:
            self._audio.restart()
            try:
                device = self._find_again()
            except SourceError:
                return LOST
            try:
                capture = self._open(device)
                capture.start()
            except Unavailable:
                return BUSY
            return capture

        while not self._stopped.is_set():
            result = _aside(attempt, self._audio, self._stopped)
            if isinstance(result, Capture):
                intake.add(result.ring)
                return result
            self.state = result or LOST
            self._stopped.wait(_RETRY_S)
        return None

    def _find_again(self) -> Device:
        """The device by what it was asked for; where that fits several by now, by its full name."""
        try:
            return self._audio.find(self._wanted)
        except SourceError:
            return self._audio.find(self.name)


def wait_for(
    device: str | int | None,
    say: Callable[[str], object] = lambda _: None,
    audio: PortAudio | None = None,
    channel: int | None = None,
) -> Microphone:
    """The microphone, once it is there and can be opened. `say` is called once for each reason.

    Raises SourceError for errors that waiting cannot fix.
    """
    audio = portaudio() if audio is None else audio
    reason = ""
    never = threading.Event()
    while True:
        try:
            return Microphone(device, wait=True, audio=audio, channel=channel)
        except Unavailable as error:
            if str(error) != reason:
                reason = str(error)
                say(f"{reason}; waiting for it")
        never.wait(_RETRY_S)
        _aside(audio.restart, audio, never)


def _latency(capture: Capture) -> dict[str, int]:
    """What a capture adds before the stream, in stream samples: its block, and what the conversion holds back."""
    return {"capture": STREAM_RATE // BLOCKS_PER_SECOND, "conversion": held_back(capture.rate, capture.block)}


def _aside(work: Callable[[], Result], audio: PortAudio, stopped: threading.Event) -> Result | None:
    """Run `work` on a helper thread, since PortAudio may hang.

    Returns its result, or None where it has not finished a second after `stopped`.
    """
    done: queue.SimpleQueue[tuple[Result | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((work(), None))
        except Exception as error:
            done.put((None, error))

    threading.Thread(target=run, name="heartseg-portaudio", daemon=True).start()
    patience = _GRACE_S
    answered = False
    try:
        while patience > 0:
            try:
                result, error = done.get(timeout=_TICK_S)
            except queue.Empty:
                patience -= _TICK_S if stopped.is_set() else 0.0
                continue
            answered = True
            if error is not None:
                raise error
            return result
        return None
    finally:
        if not answered:
            audio.abandon()
