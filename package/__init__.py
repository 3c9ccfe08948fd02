"""heartseg: live segmentation of heart sounds. Not a medical device.

`listen` hears a microphone or a recording as it goes, `segment` a whole recording. The names are loaded when they are
first used, so that `import heartseg` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models import ModelError as ModelError
    from .segmentation import Segmentation as Segmentation
    from .segmentation import segment as segment
    from .stream.api import listen as listen
    from .stream.sources.base import SourceError as SourceError

_MODULES = {
    "ModelError": "models",
    "Segmentation": "segmentation",
    "SourceError": "stream.sources.base",
    "listen": "stream.api",
    "segment": "segmentation",
}
_PACKAGES = ("models", "offline", "stream")

__all__ = sorted(["__version__", *_MODULES, *_PACKAGES])


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from .stream import heartseg_version

        return heartseg_version()
    if name in _PACKAGES:
        return import_module(f".{name}", __name__)
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
