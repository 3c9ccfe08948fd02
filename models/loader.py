"""Load a trained network: checked against its card, one thread, one window at a time."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from .errors import ModelError, did_you_mean, one_line

DEFAULT = "heartseg-5"
"""The live model: a window gives posteriors of its newest 45 frames."""


def whole(name: str) -> str:
    """The name of the form of a network for whole recordings; its output covers most of a window.

    Parameters
    ----------
    name
        Of the live form.

    Examples
    --------
    >>> whole("heartseg-5")
    'heartseg-5-whole'
    """
    return f"{name}-whole"


WHOLE = whole(DEFAULT)
"""The offline model: a window gives posteriors of its newest 280 frames."""

_KEYS = {"name": str, "sha256": str, "window": int, "token": int, "heads": int, "calibration": list}


@dataclass(frozen=True)
class Card:
    """What the engine must know of a network.

    Attributes
    ----------
    name
        Of the network.
    sha256
        Of its .onnx file.
    window
        PCG samples (2,100 Hz) in a window.
    token
        Frames (10 ms) in a token.
    heads
        Tokens, counted back from the window's end, for which a window gives posteriors.
    calibration
        a and b of confidence = sigmoid(a logit(p) + b), where p is the mean posterior of a sound (Platt, 1999).

    Examples
    --------
    >>> card = read_card()
    >>> card.window, card.output_frames
    (10248, 45)
    """

    name: str
    sha256: str
    window: int
    token: int
    heads: int
    calibration: tuple[float, float]

    @property
    def output_frames(self) -> int:
        """Newest frames of which a window gives posteriors. A lookahead and a hop share them."""
        return self.heads * self.token

    @property
    def longest_lookahead(self) -> int:
        """The longest lookahead, in frames, that leaves a hop of one token.

        Examples
        --------
        >>> Card("x", "", window=10_248, token=5, heads=9, calibration=(1.0, 0.0)).longest_lookahead
        40
        """
        return (self.heads - 1) * self.token


class Network(Protocol):
    """A network as the segmenter uses it: any object with these two."""

    @property
    def card(self) -> Card:
        """Its shapes and its calibration."""

    def run(self, window: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Posteriors of a window of raw PCG samples, and whether there is a heart in it.

        Parameters
        ----------
        window
            Shape (card.window,), float32, at 2,100 Hz, any gain.

        Returns
        -------
        posteriors
            Shape (frames, 4): probabilities of S1, systole, S2 and diastole for the newest `card.output_frames`
            frames of 10 ms, oldest first.
        presence
            Shape (frames,): probability of a heartbeat.
        """


def one_thread(model: bytes) -> onnxruntime.InferenceSession:
    """An ONNX Runtime session of one thread that sleeps while it waits; the model may not refer to other files."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", os.devnull)
    options.log_severity_level = 4  # what is wrong is raised, too
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"], enable_fallback=0)


class OnnxNetwork:
    """A `Network` in ONNX Runtime, on one thread. `run` may be called from one thread at a time.

    Parameters
    ----------
    card
        What the network should be.
    model
        The content of the .onnx file.

    Raises
    ------
    ModelError
        Where ONNX Runtime does not load it, or the card does not fit its inputs and outputs.

    Examples
    --------
    >>> network = load()
    >>> posteriors, presence = network.run(np.zeros(network.card.window, np.float32))
    >>> posteriors.shape, presence.shape
    ((45, 4), (45,))
    """

    def __init__(self, card: Card, model: bytes) -> None:
        self.card = card
        try:
            self._session = one_thread(model)
        except Exception as error:  # ONNX Runtime raises a family of its own, without a common base
            raise ModelError(f"not a network that ONNX Runtime loads ({one_line(error)})") from None
        shapes = {node.name: node.shape for node in (*self._session.get_inputs(), *self._session.get_outputs())}
        wanted = {"window": [card.window], "posterior": [card.output_frames, 4], "presence": [1]}
        by_head = {**wanted, "presence": [card.heads]}
        if shapes not in (wanted, by_head):
            raise ModelError(
                f"inputs and outputs are {one_line(shapes)}, its card says {one_line(wanted)} or {one_line(by_head)}"
            )

    def run(self, window: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Posteriors and presence of a window, shape (card.window,), as `Network.run` has them."""
        posterior, presence = self._session.run(("posterior", "presence"), {"window": window})
        return posterior, np.repeat(presence, len(posterior) // len(presence))


def load(model: str | Path = DEFAULT, folder: Path | None = None) -> OnnxNetwork:
    """Load a network and check it against its card.

    Parameters
    ----------
    model
        The name of a shipped model, or the path of an .onnx file with its card, .json, beside it.
    folder
        Where a name is looked for, in place of the shipped models.

    Raises
    ------
    ModelError
        Where a file is missing, damaged, or not the one that the card describes.

    Examples
    --------
    >>> load().card.name == DEFAULT
    True
    """
    path = _path(model, folder)
    card = read_card(model, folder)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unreadable(model, path, error) from None
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != card.sha256:
        raise ModelError(
            f"{path}: is not the network of its card (sha256 {sha256[:12]}..., "
            f"expected {one_line(card.sha256)[:12]}...); get both files anew"
        )
    try:
        return OnnxNetwork(card, content)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None


def read_card(model: str | Path = DEFAULT, folder: Path | None = None) -> Card:
    """The card of a model, as `load` finds it.

    Parameters
    ----------
    model
        The name of a shipped model, or the path of an .onnx file with its card, .json, beside it.
    folder
        Where a name is looked for, in place of the shipped models.

    Raises
    ------
    ModelError
        Where the card is missing or damaged.

    Examples
    --------
    >>> read_card("heartseg-5").output_frames
    45
    """
    path = _path(model, folder).with_suffix(".json")
    try:
        entries: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unreadable(model, path, error) from None
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not a model card ({one_line(error)})") from None
    if not isinstance(entries, dict) or any(not isinstance(entries.get(k), kind) for k, kind in _KEYS.items()):
        raise ModelError(f"{path}: not a model card; it should have {', '.join(_KEYS)}")
    if min(entries["window"], entries["token"], entries["heads"]) < 1:
        raise ModelError(f"{path}: window, token and heads should be 1 or more")
    try:
        slope, intercept = (float(v) for v in entries["calibration"])
    except (TypeError, ValueError):
        raise ModelError(f"{path}: calibration should be two numbers") from None
    return Card(**{**{key: entries[key] for key in _KEYS}, "calibration": (slope, intercept)})


def _path(model: str | Path, folder: Path | None) -> Path:
    """The .onnx file of a name or a path."""
    if _is_path(model):
        path = Path(model)
        if path.suffix != ".onnx":
            raise ModelError(f"{path}: a model is a file of the kind .onnx with its card, .json, beside it")
        return path
    return (folder or Path(__file__).parent) / f"{model}.onnx"


def _is_path(model: str | Path) -> bool:
    return isinstance(model, Path) or model.endswith(".onnx") or os.path.basename(model) != model


def _unreadable(model: str | Path, path: Path, error: OSError) -> ModelError:
    if not isinstance(error, FileNotFoundError):
        return ModelError(f"{path}: cannot be read ({error.strerror})")
    if not _is_path(model):
        shipped = [file.stem for file in sorted(path.parent.glob("*.onnx"))]
        return ModelError(f"no model {model!r}: {path} is missing{did_you_mean(model, shipped)}")
    return ModelError(f"{path}: missing{'; a model has its card, .json, beside it' * (path.suffix == '.json')}")
