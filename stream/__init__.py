"""The live engine: sound in, heart sounds out.

The public names are loaded when they are first used, so that `import heartseg.stream` costs nothing.
"""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import Listening as Listening
    from .api import listen as listen
    from .engine import Engine as Engine
    from .events import Event as Event
    from .events import Gap as Gap
    from .events import Marker as Marker
    from .events import Onset as Onset
    from .events import Recording as Recording
    from .events import Sound as Sound
    from .events import Systole as Systole
    from .segmenter.lag import Lag as Lag
    from .segmenter.presence import Presence as Presence
    from .segmenter.segmenter import Segmenter as Segmenter
    from .sinks.base import Accounts as Accounts
    from .sinks.base import Sink as Sink
    from .sinks.base import SinkError as SinkError
    from .sinks.jsonl import JsonLines as JsonLines
    from .sinks.wav import WavRecording as WavRecording
    from .sources.base import Source as Source
    from .sources.base import SourceError as SourceError
    from .sources.file import FileSource as FileSource
    from .sources.intake import Intake as Intake
    from .sources.microphone import Microphone as Microphone
    from .sources.replay import Replay as Replay
    from .sources.resample import Converter as Converter
    from .sources.ring import RingBuffer as RingBuffer
    from .sources.simulated import SimulatedHeart as SimulatedHeart

NOTICE = "Not a medical device."

_HOMES = {
    "api": ("Listening", "listen"),
    "engine": ("Engine",),
    "events": ("Event", "Gap", "Marker", "Onset", "Recording", "Sound", "Systole"),
    "segmenter.lag": ("Lag",),
    "segmenter.presence": ("Presence",),
    "segmenter.segmenter": ("Segmenter",),
    "sinks.base": ("Accounts", "Sink", "SinkError"),
    "sinks.jsonl": ("JsonLines",),
    "sinks.wav": ("WavRecording",),
    "sources.base": ("Source", "SourceError"),
    "sources.file": ("FileSource",),
    "sources.intake": ("Intake",),
    "sources.microphone": ("Microphone",),
    "sources.replay": ("Replay",),
    "sources.resample": ("Converter",),
    "sources.ring": ("RingBuffer",),
    "sources.simulated": ("SimulatedHeart",),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(["NOTICE", *_MODULES])


@cache  # looked up on the disk, which takes longer than a second of sound
def heartseg_version() -> str:
    """The version that is installed."""
    from importlib.metadata import version

    return version("heartseg")


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
