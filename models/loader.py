"""Load a trained network: checked against its card, one thread, one window at a time."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from .errors import brief

DEFAULT = "heartseg-2"
"""What listens live: a window says what is new at its end."""


def whole(name: str) -> str:
    """The form of network `name` for recordings that are there as a whole: a window speaks of most of itself."""
    return f"{name}-whole"


WHOLE = whole(DEFAULT)
_KEYS = {"name": str, "sha256": str, "window": int, "token": int, "heads": int, "calibration": list}


class ModelError(Exception):
    """A model cannot be used; the message says which file and why."""


@dataclass(frozen=True)
class Card:
    """What the engine must know of a network.

    window: PCG samples (2,100 Hz) that a window holds; token: frames (10 ms) to a token; heads: tokens, counted
    back from the window's end, for which a window gives posteriors. calibration: a and b of
    confidence = sigmoid(a logit(p) + b), where p is the mean posterior of a sound.
    """

    name: str
    sha256: str
    window: int
    token: int
    heads: int
    calibration: tuple[float, float]


def one_thread(model: bytes) -> onnxruntime.InferenceSession:
    """An ONNX Runtime session of one thread that sleeps while it waits; the model may not refer to other files."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", os.devnull)
    options.log_severity_level = 4  # what is wrong is raised, too
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"], enable_fallback=0)


class Network:
    """An ONNX Runtime session on one thread. `run` may be called from one thread at a time."""

    def __init__(self, card: Card, model: bytes) -> None:
        self.card = card
        try:
            self._session = one_thread(model)
        except Exception as error:  # ONNX Runtime raises a family of its own, without a common base
            raise ModelError(f"not a network that ONNX Runtime loads ({brief(error)})") from None
        shapes = {node.name: node.shape for node in (*self._session.get_inputs(), *self._session.get_outputs())}
        spoken = card.heads * card.token
        wanted = {"window": [card.window], "posterior": [spoken, 4], "presence": [1]}
        each = {**wanted, "presence": [card.heads]}
        if shapes not in (wanted, each):
            raise ModelError(f"inputs and outputs are {brief(shapes)}, its card says {brief(wanted)} or {brief(each)}")

    def run(self, window: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Posteriors of a window of raw PCG samples, and whether there is a heart in it.

        window: shape (card.window,), float32. Returns probabilities of S1, systole, S2 and diastole for the
        newest `heads * token` frames, oldest first, shape (frames, 4), and the probability of a heartbeat, shape
        (frames,).
        """
        posterior, presence = self._session.run(("posterior", "presence"), {"window": window})
        return posterior, np.repeat(presence, len(posterior) // len(presence))


def load(name: str = DEFAULT, folder: Path | None = None) -> Network:
    """The network `name` of `folder`, by default the one that is shipped.

    Raises ModelError where a file is missing, damaged, or not the one that the card describes.
    """
    folder = folder or Path(__file__).parent
    try:
        text: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        model = (folder / f"{name}.onnx").read_bytes()
    except FileNotFoundError as error:
        raise ModelError(f"no model {name!r}: {error.filename} is missing") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{folder / name}.json: not a model card ({brief(error)})") from None
    if not isinstance(text, dict) or any(not isinstance(text.get(k), kind) for k, kind in _KEYS.items()):
        raise ModelError(f"{folder / name}.json: not a model card; it should have {', '.join(_KEYS)}")
    try:
        slope, intercept = (float(v) for v in text["calibration"])
    except (TypeError, ValueError):
        raise ModelError(f"{folder / name}.json: calibration should be two numbers") from None
    card = Card(**{**{key: text[key] for key in _KEYS}, "calibration": (slope, intercept)})
    found = hashlib.sha256(model).hexdigest()
    if found != card.sha256:
        raise ModelError(
            f"{folder / name}.onnx: is not the network of its card (sha256 {found[:12]}..., "
            f"expected {brief(card.sha256)[:12]}...); get both files anew"
        )
    try:
        return Network(card, model)
    except ModelError as error:
        raise ModelError(f"{folder / name}.onnx: {error}") from None
