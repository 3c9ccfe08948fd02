"""heartseg: live segmentation of heart sounds. Not a medical device.

`listen` hears a microphone or a recording as it goes, `segment` a whole recording. The names are loaded when they are
first used, so that `import heartseg` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .offline.segmentation import Segmentation as Segmentation
    from .offline.segmentation import segment as segment
    from .stream.api import listen as listen

_MODULES = {
    "Segmentation": "offline.segmentation",
    "listen": "stream.api",
    "segment": "offline.segmentation",
}

__all__ = sorted(["__version__", *_MODULES])


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("heartseg")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
