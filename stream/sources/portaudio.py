"""The capture devices that PortAudio knows: listed, looked up, looked for again."""

import os
import re
import sys
import threading
from collections.abc import Iterator
from typing import Any

from .base import NoSuchSource, SourceError

rescans = 0
"""How often `rescan` was called: a stream that was opened before the last time is no more, and must not be touched."""

rescanning = threading.Lock()
"""Held while PortAudio is down: whoever opens or closes a stream that is not the capture's must hold it."""


class Unavailable(SourceError):
    """The device cannot be used now; later it may."""


class Absent(Unavailable, NoSuchSource):
    """No such device is there now."""


def portaudio() -> Any:
    """The module sounddevice. Raises SourceError where PortAudio is not installed."""
    try:
        import sounddevice
    except OSError:
        raise SourceError(
            "PortAudio is not installed, and --device needs it: on Debian and Ubuntu, apt-get install libportaudio2 "
            "(--replay and --demo work without)"
        ) from None
    return sounddevice


def rescan(audio: Any) -> None:
    """Have PortAudio look for devices anew, which it does only when it starts. Ends every stream of the process."""
    global rescans
    with rescanning:
        rescans += 1
        audio._terminate()
        audio._initialize()


def list_devices() -> list[str]:
    """One line for each capture device; '*' marks the default. Raises SourceError without PortAudio."""
    audio = portaudio()
    default = _default(audio)
    return [
        f"{'*' if index == default else ' '} {index:3d}  {entry['name']}, {entry['max_input_channels']} channel(s), "
        f"{entry['default_samplerate']:.0f} Hz"
        for index, entry in _inputs(audio)
    ]


def find(audio: Any, wanted: str | int | None) -> tuple[int, str]:
    """Number and name of the capture device: the default, that of a number, or the one that the name is a part of.

    Raises Absent where it is not there, NoSuchSource where a part of a name fits several.
    """
    inputs = dict(_inputs(audio))
    if not inputs:
        raise Unavailable("no capture device was found; is a microphone plugged in?")
    if wanted is None:
        default = _default(audio)
        if default not in inputs:
            raise Unavailable("there is no default capture device; name one of heartseg-live --list-devices")
        return default, inputs[default]["name"]
    if isinstance(wanted, int) or wanted.isdecimal():
        if int(wanted) not in inputs:
            raise Absent(f"no capture device {wanted}; heartseg-live --list-devices shows those there are")
        return int(wanted), inputs[int(wanted)]["name"]
    matches = [i for i, entry in inputs.items() if wanted.lower() in entry["name"].lower()]
    exact = [i for i in matches if inputs[i]["name"].lower() == wanted.lower()]
    if len(exact) == 1:
        matches = exact
    if not matches:
        raise Absent(f"no capture device is called {wanted!r}; heartseg-live --list-devices shows those there are")
    if len(matches) > 1:
        names = ", ".join(f"{i} ({inputs[i]['name']})" for i in matches)
        raise NoSuchSource(f"{wanted!r} may be any of these devices: {names}; give the number")
    return matches[0], inputs[matches[0]]["name"]


def lasting_name(name: str) -> str:
    """The name without the place where ALSA found the device, which changes when it is plugged in again."""
    return re.sub(r" \(hw:\d+,\d+\)$", "", name)


def _inputs(audio: Any) -> Iterator[tuple[int, Any]]:
    for index, entry in enumerate(audio.query_devices()):
        if entry["max_input_channels"] > 0:
            yield index, entry


def _default(audio: Any) -> int:
    return int(audio.default.device[0])


def keep_stderr() -> None:
    """Keep file descriptor 2 from PortAudio and ALSA, which write to it at any time; `sys.stderr` becomes a copy."""
    sys.stderr.flush()
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
