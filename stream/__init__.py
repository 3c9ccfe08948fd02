"""The live engine: sound in, heart sounds out.

The names below are loaded when they are first used, so that `import heartseg.stream` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import Listening, listen
    from .engine import Accounts, Engine
    from .events import Event, Gap, Marker, Onset, Sound
    from .feeders import Replay
    from .heart import SimulatedHeart
    from .microphone import Microphone
    from .segmenter import Lag, Segmenter
    from .source import FileSource, SourceError

_HOMES = {
    "Accounts": "engine",
    "Engine": "engine",
    "Event": "events",
    "FileSource": "source",
    "Gap": "events",
    "Lag": "segmenter",
    "Listening": "api",
    "Marker": "events",
    "Microphone": "microphone",
    "Onset": "events",
    "Replay": "feeders",
    "Segmenter": "segmenter",
    "SimulatedHeart": "heart",
    "Sound": "events",
    "SourceError": "source",
    "listen": "api",
}

__all__ = [
    "Accounts",
    "Engine",
    "Event",
    "FileSource",
    "Gap",
    "Lag",
    "Listening",
    "Marker",
    "Microphone",
    "Onset",
    "Replay",
    "Segmenter",
    "SimulatedHeart",
    "Sound",
    "SourceError",
    "listen",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
