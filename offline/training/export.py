"""From trained weights to the files that the engine loads."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf2onnx

from ...models import load, whole
from .network import HEADS, TOKEN, WHOLE_FRAMES, WHOLE_FROM, WINDOW, Network, Served, serving, serving_whole

_OPSET = 17


def export_network(network: Network, folder: Path, name: str, trained: dict[str, Any]) -> float:
    """Write NAME.onnx, NAME-whole.onnx and their cards, .json, into `folder`, and load them back.

    trained: description of the training, for the cards. Returns the largest difference in probability between the
    loaded networks and the dense form that was trained, over random windows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    entries = {"parameters": int(network.count_params()), "trained": trained}
    _write(serving(network), HEADS, folder, name, entries)
    _write(serving_whole(network), WHOLE_FRAMES // TOKEN, folder, whole(name), entries)
    return _difference(network, folder, name)


def _write(function: Served, heads: int, folder: Path, name: str, entries: dict[str, Any]) -> None:
    model, _ = tf2onnx.convert.from_function(function, input_signature=function.input_signature, opset=_OPSET)
    content = model.SerializeToString()
    card = {
        "name": name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "window": WINDOW,
        "token": TOKEN,
        "heads": heads,
        "calibration": [1.0, 0.0],
        **entries,
    }
    (folder / f"{name}.onnx").write_bytes(content)
    (folder / f"{name}.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def amend(folder: Path, name: str, **entries: Any) -> None:
    """Add entries to the card of a network."""
    path = folder / f"{name}.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**card, **entries}, indent=1) + "\n", encoding="utf-8")


def _difference(network: Network, folder: Path, name: str) -> float:
    newest, every = load(name, folder), load(whole(name), folder)
    worst = 0.0
    rng = np.random.default_rng(0)
    for level in (1e-4, 1e-2, 0.3):
        window = (level * rng.standard_normal(WINDOW)).astype(np.float32)
        logits, presence = (x[0] for x in network(window[None]))
        recent = tf.nn.softmax(logits[-1, ::-1]).numpy().reshape(-1, 4)
        earlier = tf.nn.softmax(logits[WHOLE_FROM:-1, -1]).numpy().reshape(-1, 4)
        heart = tf.sigmoid(presence).numpy()
        hearts = np.concatenate([heart[WHOLE_FROM:], np.full(HEADS - 1, heart[-1])]).repeat(TOKEN)
        for served, rows, hearing in (
            (newest, recent, heart[-1:]),
            (every, np.concatenate([earlier, recent]), hearts),
        ):
            posterior, presence_served = served.run(window)
            worst = max(worst, float(np.abs(posterior - rows).max()), float(np.abs(presence_served - hearing).max()))
    return worst
