"""From trained weights to the file that the engine loads."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf2onnx

from ..models import load
from .network import HEADS, TOKEN, WINDOW, Network, serving

_OPSET = 17


def export(network: Network, folder: Path, name: str, trained: dict[str, Any]) -> float:
    """Write NAME.onnx and its card NAME.json into `folder`, and load them back.

    trained: what the card should say of the training. Returns the largest difference between the loaded network
    and the dense form that was trained, in probability, over random windows.
    """
    function = serving(network)
    model, _ = tf2onnx.convert.from_function(function, input_signature=function.input_signature, opset=_OPSET)
    content = model.SerializeToString()
    card = {
        "name": name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "window": WINDOW,
        "token": TOKEN,
        "heads": HEADS,
        "calibration": [1.0, 0.0],
        "parameters": int(network.count_params()),
        "trained": trained,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.onnx").write_bytes(content)
    (folder / f"{name}.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return _difference(network, folder, name)


def _difference(network: Network, folder: Path, name: str) -> float:
    served, worst = load(name, folder), 0.0
    rng = np.random.default_rng(0)
    for level in (1e-4, 1e-2, 0.3):
        window = (level * rng.standard_normal(WINDOW)).astype(np.float32)
        logits, presence = network(window[None])
        dense = tf.nn.softmax(logits[0, -1, ::-1]).numpy().reshape(-1, 4)
        posterior, heart = served.run(window)
        worst = max(worst, float(np.abs(posterior - dense).max()), abs(heart - float(tf.sigmoid(presence[0, -1]))))
    return worst
