"""Everything done with files: segmentation, public sets, scores, training.

The public names are loaded when they are first used, so that `import heartseg.offline` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .datasets.recording import Recording as Recording
    from .datasets.sets import read_set as read_set
    from .evaluation.evaluate import Evaluation as Evaluation
    from .evaluation.evaluate import evaluate as evaluate
    from .scoring import Counts as Counts
    from .scoring import Prediction as Prediction
    from .scoring import Reference as Reference
    from .scoring import reference_of as reference_of
    from .scoring import score as score

_MODULES = {
    "Counts": "scoring",
    "Evaluation": "evaluation.evaluate",
    "Prediction": "scoring",
    "Recording": "datasets.recording",
    "Reference": "scoring",
    "evaluate": "evaluation.evaluate",
    "read_set": "datasets.sets",
    "reference_of": "scoring",
    "score": "scoring",
}

__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
