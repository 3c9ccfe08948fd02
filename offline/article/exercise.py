"""The article's exercise in Keras: its network as printed, why it stays at chance, and the mended one."""

import json
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
from numpy.typing import NDArray

from ...stream.rates import Samples
from ..console import write_whole
from ..datasets.recording import Recording
from .clips import CLIP, Clips, clips_of, each_normalised
from .learning import Learning

PRINTED_EPOCHS = 4
MENDED_EPOCHS = 10
SPEEDS = (0.8, 0.9, 1.0, 1.1, 1.25)
FOLDS = 4
WRONG_COSTS = float(-np.log(np.float32(1) - np.float32(1 - 1e-7)))
"""Binary cross-entropy of the answer 1 to a clip of class 0: Keras cuts answers at 1 - 1e-7, in 32 bits. 15.94."""

_BATCH = 32
_OPSET = 17
_HELD_SHARE = 0.2  # of the clips, at random


@dataclass(frozen=True)
class Printed:
    """A run of the network as printed: its learning curve, the range of its output, its largest final gradient."""

    learning: Learning
    lowest: float
    highest: float
    gradient: float


@dataclass(frozen=True)
class Mended:
    """One network per fold, the recordings held out of each, and p: out-of-fold probability of S2, shape (clips,)."""

    networks: list[Any]
    held_out: list[list[str]]
    learning: Learning
    p: Samples


def as_printed() -> Any:
    """Two Conv1D layers and one unit with softmax."""
    layers = keras.layers
    return keras.Sequential([
        keras.Input((CLIP, 1)),
        layers.Conv1D(50, 10, activation="relu"),
        layers.MaxPooling1D(strides=8),
        layers.Conv1D(50, 10, activation="relu"),
        layers.MaxPooling1D(strides=8),
        layers.Flatten(),
        layers.Dense(1, activation="softmax"),
    ])  # fmt: skip


def mended() -> Any:
    """Two Conv1D layers and one unit with sigmoid; strides and pooling make an envelope for the second."""
    layers = keras.layers
    return keras.Sequential([
        keras.Input((CLIP, 1)),
        layers.Conv1D(4, 200, strides=20, activation="relu", use_bias=False),
        layers.MaxPooling1D(50),
        layers.Conv1D(8, 5, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-2)),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip


KERAS_3_LOSS = "binary_crossentropy"
"""The loss as printed. Keras 3 takes the logit before the activation and applies a sigmoid, even to a softmax unit."""


def loss_of_answer(label: tf.Tensor, answer: tf.Tensor) -> tf.Tensor:
    """Binary cross-entropy of the network's output, as in the Keras of the article's day.

    The product hides the logit from Keras 3.
    """
    return keras.losses.binary_crossentropy(label, answer * 1.0)


def train_printed(clips: Clips, loss: str | Callable[..., tf.Tensor], seed: int) -> Printed:
    """The network as printed, on clips scaled all alike. The article trains on all; here some are held out.

    Keras warns of a softmax over one unit. That is what the exercise shows, so this warning is left out.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "You are using a softmax over axis -1")
        return _train_printed(clips, loss, seed)


def _train_printed(clips: Clips, loss: str | Callable[..., tf.Tensor], seed: int) -> Printed:
    keras.utils.set_random_seed(seed)
    x = (clips.sound / max(float(np.abs(clips.sound).max()), 1e-9))[:, :, None]
    y = clips.kind[:, None].astype(np.float32)
    held = np.isin(np.arange(len(y)), np.random.default_rng(seed).permutation(len(y))[: round(_HELD_SHARE * len(y))])
    network = as_printed()
    network.compile("adam", loss, metrics=["accuracy"])
    history = network.fit(
        x[~held], y[~held], validation_data=(x[held], y[held]), epochs=PRINTED_EPOCHS, batch_size=_BATCH, verbose=0
    )
    answer = _answers(network, x)
    with tf.GradientTape() as tape:
        value = network.compute_loss(y=y[:_BATCH], y_pred=network(x[:_BATCH], training=True))
    gradients = [g for g in tape.gradient(value, network.trainable_variables) if g is not None]
    largest = max((float(tf.reduce_max(tf.abs(g))) for g in gradients), default=0.0)
    return Printed(_learning(history.history), float(answer.min()), float(answer.max()), largest)


def train_mended(recordings: Sequence[Recording], seed: int) -> Mended:
    """The mended network on clips normalised each by itself; every recording is held out in one of the folds.

    Eleven hearts are few, so it trains on each clip at several speeds, and turned upside down (a microphone's
    polarity means nothing). It is judged on the clips as they are.
    """
    clips = clips_of(recordings)
    x, y, fold_of = each_normalised(clips.sound), clips.kind[:, None].astype(np.float32), folds(clips)
    faster = [each_normalised(clips_of(recordings, speed).sound) for speed in SPEEDS]
    p = np.zeros(len(y), np.float32)
    networks, held_out, curves = [], [], []
    for fold in range(FOLDS):
        keras.utils.set_random_seed(seed)
        held = fold_of == fold
        network = mended()
        network.compile(keras.optimizers.Adam(2e-3), "binary_crossentropy", metrics=["accuracy"])
        history = network.fit(
            np.concatenate([sign * at_speed[~held] for at_speed in faster for sign in (1, -1)]),
            np.tile(y[~held], (2 * len(SPEEDS), 1)),
            validation_data=(x[held], y[held]), epochs=MENDED_EPOCHS, batch_size=_BATCH, verbose=0,
        )  # fmt: skip
        p[held] = _answers(network, x[held])
        networks.append(network)
        held_out.append([clips.names[i] for i in np.unique(clips.recording[held])])
        curves.append(history.history)
    mean = {key: np.mean([curve[key] for curve in curves], axis=0) for key in curves[0]}
    return Mended(networks, held_out, _learning(mean), p)


def folds(clips: Clips) -> NDArray[np.int64]:
    """The fold that holds each clip out: shape (n,). All clips of a recording share it."""
    return clips.recording % FOLDS


def _answers(network: Any, x: Samples) -> Samples:
    parts = [network(x[i : i + _BATCH], training=False).numpy() for i in range(0, len(x), _BATCH)]
    answers: Samples = np.concatenate(parts)[:, 0]
    return answers


def _learning(history: dict[str, Any]) -> Learning:
    return Learning(*(np.asarray(history[k], np.float64) for k in ("loss", "accuracy", "val_loss", "val_accuracy")))


def by_length(clips: Clips) -> float:
    """Accuracy of one threshold on the clip's length, set on the other folds: how much padding reveals."""
    n_right = 0
    for fold in range(FOLDS):
        held = folds(clips) == fold
        length, kind = clips.length[~held], clips.kind[~held]
        best = max(np.unique(length), key=lambda t: int(((length > t) == kind).sum()))
        n_right += int(((clips.length[held] > best) == clips.kind[held]).sum())
    return n_right / len(clips.kind)


def export(trained: Mended, path: Path) -> None:
    """Write all folds as one .onnx: clips (n, 20000, 1) to s2 (n, folds). It names the recordings held out of each."""

    @tf.function(input_signature=[tf.TensorSpec((None, CLIP, 1), tf.float32, name="clips")])  # type: ignore[untyped-decorator]
    def every_fold(clips: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"s2": tf.concat([network(clips, training=False) for network in trained.networks], axis=1)}

    model, _ = tf2onnx.convert.from_function(every_fold, input_signature=every_fold.input_signature, opset=_OPSET)
    onnx.helper.set_model_props(model, {"held_out": json.dumps(trained.held_out)})
    write_whole(path, model.SerializeToString())
