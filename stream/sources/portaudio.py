"""The sound system: PortAudio's devices, the streams on them, and its restarts."""

import atexit
import functools
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ..rates import STREAM_RATE
from . import pulse
from .base import NoSuchSource, SourceError


class Unavailable(SourceError):
    """The device cannot be used now; later it may."""


class Absent(Unavailable, NoSuchSource):
    """No such device is there now."""


class Device(NamedTuple):
    """A capture device: its number, what to call it, and the source of the sound server that it is to listen to."""

    number: int
    name: str
    source: pulse.PulseSource | None = None


class PortAudio:
    """The sound system, through the module sounddevice. One object serves a process, since PortAudio is one for all.

    generation: number of restarts. A stream opened before the latest one is invalid; do not touch it. restarting:
    held during a restart. Take it before opening or closing any stream other than the capture.
    """

    def __init__(self, module: Any) -> None:
        self._module = module
        self.Error: type[Exception] = module.PortAudioError
        self.generation = 0
        self.restarting = threading.Lock()

    def inputs(self) -> Iterator[tuple[int, Any]]:
        """Number and entry of each capture device."""
        for index, entry in enumerate(self._module.query_devices()):
            if entry["max_input_channels"] > 0:
                yield index, entry

    @property
    def default_input(self) -> int:
        """Number of the default capture device; -1 where there is none."""
        return int(self._module.default.device[0])

    def find(self, wanted: str | int | None) -> Device:
        """A capture device: the default, that of a number, or the one that a part of a name fits.

        Where no device has such a name, a source of the sound server may. Raises Absent where it is not there,
        NoSuchSource where a part of a name fits several.
        """
        inputs = dict(self.inputs())
        if not inputs:
            raise Unavailable("no capture device was found; is a microphone plugged in?")
        if wanted is None:
            default = self.default_input
            if default not in inputs:
                raise Unavailable("there is no default capture device; name one of heartseg-live --list-devices")
            return Device(default, inputs[default]["name"])
        if isinstance(wanted, int) or wanted.isdecimal():
            if int(wanted) not in inputs:
                raise Absent(f"no capture device {wanted}; heartseg-live --list-devices shows those there are")
            return Device(int(wanted), inputs[int(wanted)]["name"])
        matches = [i for i, entry in inputs.items() if wanted.lower() in entry["name"].lower()]
        exact = [i for i in matches if inputs[i]["name"].lower() == wanted.lower()]
        if len(exact) == 1:
            matches = exact
        if not matches and (source := pulse.find(wanted)) is not None:
            return Device(self._pulse(inputs, source), source.description, source)
        if not matches:
            raise Absent(f"no capture device is called {wanted!r}; heartseg-live --list-devices shows those there are")
        if len(matches) > 1:
            names = ", ".join(f"{i} ({inputs[i]['name']})" for i in matches)
            raise NoSuchSource(f"{wanted!r} may be any of these devices: {names}; give the number")
        return Device(matches[0], inputs[matches[0]]["name"])

    def _pulse(self, inputs: dict[int, Any], source: pulse.PulseSource) -> int:
        for index, entry in inputs.items():
            if entry["name"] == pulse.DEVICE:
                return index
        raise SourceError(
            f"{source.description}: PortAudio has no device {pulse.DEVICE!r} to reach it; "
            "on Debian and Ubuntu, apt-get install libasound2-plugins"
        )

    def rate_and_channels(self, device: Device, channel: int | None) -> tuple[int, int]:
        """What to open a capture device with: 44,100 Hz and one channel where it can do that, else its own.

        channel: the one that is needed, from 1; so many channels are opened, and at least two where there are two.
        Raises NoSuchSource where it has fewer.
        """
        entry = self._module.query_devices(device.number)
        most = device.source.channels if device.source else entry["max_input_channels"]
        if channel is not None and not 1 <= channel <= most:
            raise NoSuchSource(f"{device.name}: no channel {channel}; it has {most} (the first is 1)")
        channels = 1 if channel is None else most if device.source else min(most, max(2, channel))
        try:
            self._module.check_input_settings(
                device=device.number, channels=channels, dtype="float32", samplerate=STREAM_RATE
            )
        except self.Error:
            return round(entry["default_samplerate"]), most
        return STREAM_RATE, channels

    def open_input(
        self,
        device: Device,
        rate: int,
        channels: int,
        block: int,
        on_block: Callable[..., None],
        on_end: Callable[[], None],
    ) -> Any:
        """A stream that is not started yet. Both functions are called on PortAudio's own thread."""
        if device.source:
            os.environ["PULSE_SOURCE"] = device.source.name
        return self._module.InputStream(
            samplerate=rate, channels=channels, dtype="float32", device=device.number, blocksize=block, latency="low",
            callback=on_block, finished_callback=on_end,
        )  # fmt: skip

    def open_output(self, fill: Callable[..., None], latency: str) -> Any:
        """A stream to the default output, one channel at 44,100 Hz, not started yet. latency: "low" or "high"."""
        return self._module.OutputStream(
            samplerate=STREAM_RATE, channels=1, dtype="float32", latency=latency, callback=fill
        )

    def restart(self) -> None:
        """Look for devices anew, which PortAudio does only when it starts. Ends every stream of the process."""
        with self.restarting:
            self.generation += 1
            self._module._terminate()
            self._module._initialize()

    def abandon(self) -> None:
        """PortAudio hangs: do not wait for it when the process ends."""
        atexit.unregister(self._module._exit_handler)


@functools.cache
def portaudio() -> PortAudio:
    """The process's PortAudio. Raises SourceError where it is not installed."""
    try:
        import sounddevice
    except OSError:
        raise SourceError(
            "PortAudio is not installed, and --device needs it: on Debian and Ubuntu, apt-get install libportaudio2 "
            "(--replay and --demo work without)"
        ) from None
    return PortAudio(sounddevice)


def list_devices() -> list[str]:
    """One line for each capture device; '*' marks the default. Raises SourceError without PortAudio."""
    audio = portaudio()
    default = audio.default_input
    return [
        f"{'*' if index == default else ' '} {index:3d}  {entry['name']}, {entry['max_input_channels']} channel(s), "
        f"{entry['default_samplerate']:.0f} Hz"
        for index, entry in audio.inputs()
    ] + _of_the_server()


def _of_the_server() -> list[str]:
    lines = pulse.listed()
    return ["sources of the sound server, by description or name:", *lines] if lines else []


def lasting_name(name: str) -> str:
    """The name without the place where ALSA found the device, which changes when it is plugged in again."""
    return re.sub(r" \(hw:\d+,\d+\)$", "", name)


def keep_stderr() -> None:
    """Keep file descriptor 2 from PortAudio and ALSA, which write to it at any time; `sys.stderr` becomes a copy."""
    sys.stderr.flush()
    encoding, errors = sys.stderr.encoding, sys.stderr.errors
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, encoding=encoding, errors=errors)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
