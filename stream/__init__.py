"""The live engine: sound in, heart sounds out.

The names below are loaded when they are first used, so that `import heartseg.stream` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .engine import Accounts, Engine
    from .events import Event, Gap, Marker, Onset, Sound
    from .feeders import Microphone, Replay
    from .heart import SimulatedHeart
    from .segmenter import Lag, Segmenter
    from .source import FileSource, SourceError

_HOMES = {
    "Accounts": "engine",
    "Engine": "engine",
    "Event": "events",
    "FileSource": "source",
    "Gap": "events",
    "Lag": "segmenter",
    "Marker": "events",
    "Microphone": "feeders",
    "Onset": "events",
    "Replay": "feeders",
    "Segmenter": "segmenter",
    "SimulatedHeart": "heart",
    "Sound": "events",
    "SourceError": "source",
}

__all__ = [
    "Accounts",
    "Engine",
    "Event",
    "FileSource",
    "Gap",
    "Lag",
    "Marker",
    "Microphone",
    "Onset",
    "Replay",
    "Segmenter",
    "SimulatedHeart",
    "Sound",
    "SourceError",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
