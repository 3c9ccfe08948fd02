"""The sources of PulseAudio or PipeWire, by the names that their settings show. PortAudio sees one device `pulse`."""

import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from .base import NoSuchSource

DEVICE = "pulse"
"""PortAudio's device that listens to the source of the variable PULSE_SOURCE."""

_PATIENCE_S = 5.0


class PulseSource(NamedTuple):
    """number: another one each time that the source is plugged in. is_monitor: it gives what an output plays."""

    number: int
    name: str
    description: str
    channels: int
    rate: int
    is_monitor: bool


def sources() -> list[PulseSource] | None:
    """All sources, monitors last; None where the sound server or its program `pactl` does not answer."""
    try:
        answer = subprocess.run(
            ["pactl", "-f", "json", "list", "sources"], capture_output=True, timeout=_PATIENCE_S, check=True,
            stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        found = [_source(entry) for entry in json.loads(answer.stdout)]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None
    return sorted(found, key=lambda source: source.is_monitor)


def _source(entry: dict[str, str]) -> PulseSource:
    _, channels, rate = entry["sample_specification"].split()  # such as "s16le 2ch 44100Hz"
    monitored = entry.get("monitor_source") or entry.get("monitor_of_sink") or ""
    return PulseSource(
        int(entry["index"]), entry["name"], entry.get("description") or entry["name"],
        int(channels.removesuffix("ch")), int(rate.removesuffix("Hz")),
        monitored not in ("", "n/a") or entry["name"].endswith(".monitor"),
    )  # fmt: skip


def find(wanted: str) -> PulseSource | None:
    """The source whose description or name holds `wanted`; None where there is none.

    A full name counts before a part of one, and a monitor only where nothing else fits. Raises NoSuchSource where
    several fit.
    """
    part = wanted.lower()
    named = [(source, (source.description.lower(), source.name.lower())) for source in sources() or []]
    for is_monitor in (False, True):
        for is_whole in (True, False):
            fitting = [
                source
                for source, names in named
                if source.is_monitor == is_monitor and (part in names if is_whole else any(part in n for n in names))
            ]
            if len(fitting) == 1:
                return fitting[0]
            if fitting:
                listed = ", ".join(f"{source.description} ({source.name})" for source in fitting)
                raise NoSuchSource(f"{wanted!r} may be any of these sources: {listed}; give the name in brackets")
    return None


@contextmanager
def tells_changes(on_change: Callable[[], object]) -> Iterator[None]:
    """Call `on_change`, on a thread, each time that a source comes, goes or changes, until the block ends.

    Where `pactl` does not start, nothing is told.
    """
    process = None
    with suppress(OSError):
        process = subprocess.Popen(
            ["pactl", "subscribe"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C.UTF-8"}, start_new_session=True,
        )  # fmt: skip
    if process is None:
        yield
        return

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:  # such as "Event 'remove' on source #3"
            if b" source #" in line:
                on_change()

    reader = threading.Thread(target=read, name="heartseg-pactl", daemon=True)
    reader.start()
    try:
        yield
    finally:
        process.kill()
        process.wait()
        reader.join()


def is_there(source: PulseSource) -> bool:
    """Whether it is still plugged in. Where it is not, the sound server goes on with another source, in silence."""
    present = sources()
    return present is None or any((s.number, s.name) == (source.number, source.name) for s in present)


def listed() -> list[str]:
    """One line for each source; empty where there is none."""
    return [
        f"       {s.description} ({s.name}), {s.channels} channel(s), {s.rate} Hz"
        + ", what an output plays" * s.is_monitor
        for s in sources() or []
    ]
