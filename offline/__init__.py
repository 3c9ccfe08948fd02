"""Everything done with files: segmentation, public sets, scores, training.

The public names are loaded when they are first used, so that `import heartseg.offline` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .datasets.recording import Recording as Recording
    from .datasets.sets import read_set as read_set
    from .evaluation.evaluate import evaluate as evaluate
    from .scoring import score as score

_MODULES = {
    "Recording": "datasets.recording",
    "evaluate": "evaluation.evaluate",
    "read_set": "datasets.sets",
    "score": "scoring",
}

__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
