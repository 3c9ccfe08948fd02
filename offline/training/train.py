"""One training run: from the public sets to weights. It goes on where a killed run stopped."""

import csv
import json
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import keras
import numpy as np
import tensorflow as tf

from ..datasets.cinc2016 import read_cinc2016
from ..datasets.circor import read_circor
from ..datasets.recording import DataError, Recording
from .batches import BATCH, Batches
from .corpus import NO_HEART, UNKNOWN, build, read_no_heart
from .network import HEADS, N_STATES, TOKENS, WINDOW, Network

CLINICS = {"circor": 0.5, "cinc-e": 0.3, "cinc-b": 0.2}
"""Clinics of the training recordings, each with its share of the windows."""

_NO_HEART_KINDS = ("clock_tick", "dog_bark", "rain", "speech", "speech_digits")
"""Kinds of sounds without a heart to train on. The other kinds are for tests."""

_FIRST_TOKEN = 16  # earlier tokens of a window have too little past for a fair loss
_CHECKPOINT_EVERY = 500
_COMPILED = platform.system() == "Linux"  # by XLA, which takes a third off an update; not every system has it
_PRESENCE, _UNDECIDED = 0.2, 0.1
"""Weights of these losses; that of the posteriors is 1."""


@dataclass(frozen=True)
class Recipe:
    """Options of a training run.

    The last third of the batches is hard. It begins with a warm restart (Loshchilov and Hutter, ICLR 2017).
    """

    steps: int = 12_000
    seed: int = 1
    peak_rate: float = 2e-3
    restart_rate: float = 1e-3
    weight_decay: float = 1e-2
    averaging: float = 0.999
    without: str | None = None
    """A clinic of `CLINICS` that the network shall never hear, so that one can judge on it."""

    @property
    def hard_from(self) -> int:
        """The first hard batch."""
        return max(1, self.steps * 2 // 3)


class _Rate(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """Learning rate: twice a linear rise and a cosine decay."""

    def __init__(self, recipe: Recipe) -> None:
        cosine, hard = keras.optimizers.schedules.CosineDecay, max(1, recipe.steps - recipe.hard_from)
        self._restart = recipe.hard_from
        self._first = cosine(
            0.0, recipe.hard_from, warmup_target=recipe.peak_rate, warmup_steps=min(500, recipe.hard_from // 10)
        )
        self._second = cosine(0.0, hard, warmup_target=recipe.restart_rate, warmup_steps=min(200, hard // 10))

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        return tf.where(step < self._restart, self._first(step), self._second(step - self._restart))


def training_recordings(data: Path, without: str | None = None) -> dict[str, list[Recording]]:
    """The training recordings of each clinic of `CLINICS` but `without`. Raises DataError."""
    cinc = list(read_cinc2016(data / "cinc2016/train"))
    clinics = {f"cinc-{letter}": [r for r in cinc if r.name.startswith(letter)] for letter in "eb"}
    clinics = {"circor": list(read_circor(data / "circor/train")), **clinics}
    return {name: recordings for name, recordings in clinics.items() if name != without}


def calibration_recordings(data: Path, without: str | None = None) -> list[Recording]:
    """Every eighth training recording, to fit the confidence on. Raises DataError."""
    return [r for recordings in training_recordings(data, without).values() for r in recordings[::8]]


def losses_of(network: Network, window: tf.Tensor, label: tf.Tensor, training: bool) -> tuple[tf.Tensor, ...]:
    """Losses of a batch, three scalars: of the posteriors, of being decided without a heart, and of presence.

    The first is the cross-entropy where there is an annotation. The second is the divergence of the posteriors from
    even odds where there is no heart: undecided posteriors fit no path.
    """
    logits, presence = network(window, training=training)
    logits, presence = logits[:, _FIRST_TOKEN:], presence[:, _FIRST_TOKEN:]
    label = tf.cast(label, tf.int32)
    delayed = [tf.pad(label[:, : TOKENS - j], ((0, 0), (j, 0), (0, 0)), constant_values=UNKNOWN) for j in range(HEADS)]
    target = tf.stack(delayed, axis=2)[:, _FIRST_TOKEN:]
    known = tf.cast(target >= 0, tf.float32)
    cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(target, 0), logits)
    empty = tf.cast(target == NO_HEART, tf.float32)
    divergence = -tf.reduce_mean(tf.nn.log_softmax(logits), axis=-1) - np.log(N_STATES)
    heart = tf.cast(tf.reduce_all(label >= 0, axis=2), tf.float32)[:, _FIRST_TOKEN:]
    no_heart = tf.cast(tf.reduce_all(label == NO_HEART, axis=2), tf.float32)[:, _FIRST_TOKEN:]
    presence_loss = tf.nn.sigmoid_cross_entropy_with_logits(heart, presence)
    return _mean(cross_entropy, known), _mean(divergence, empty), _mean(presence_loss, heart + no_heart)


def _mean(loss: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Mean of a loss over the mask; one more in the count makes it 0 where the mask is empty."""
    return tf.reduce_sum(loss * mask) / (tf.reduce_sum(mask) + 1.0)


def train(data: Path, out: Path, recipe: Recipe) -> Network:
    """Train, or go on where a killed run stopped; returns the network with averaged weights.

    Writes checkpoints, `curve.csv` (step, three losses, seconds) and `recipe.json` below `out`. Raises DataError.
    """
    _keep_recipe(out, recipe)
    keras.utils.set_random_seed(recipe.seed)
    print("reading the training sets ...", flush=True)
    batches = _batches(data, recipe)

    network, average = Network(), Network()
    for net in (network, average):
        net(tf.zeros((1, WINDOW)))
    average.set_weights(network.get_weights())
    optimizer = keras.optimizers.AdamW(_Rate(recipe), weight_decay=recipe.weight_decay, clipnorm=1.0)
    optimizer.build(network.trainable_variables)

    @tf.function(jit_compile=_COMPILED)  # type: ignore[untyped-decorator]
    def update(window: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, ...]:
        with tf.GradientTape() as tape:
            losses = losses_of(network, window, label, True)
            loss = losses[0] + _UNDECIDED * losses[1] + _PRESENCE * losses[2]
        optimizer.apply_gradients(
            zip(tape.gradient(loss, network.trainable_variables), network.trainable_variables, strict=True)
        )
        for mean, weight in zip(average.weights, network.weights, strict=True):
            mean.assign(recipe.averaging * mean + (1.0 - recipe.averaging) * weight)
        return losses

    state = [*network.variables, *average.weights, *optimizer.variables]
    checkpoint = out / "checkpoint.npz"
    first = _restore(checkpoint, state) if checkpoint.exists() else 0
    if first:
        print(f"going on at step {first}", flush=True)
    feed = tf.data.Dataset.from_generator(
        lambda: (batches.batch(k) for k in range(first, recipe.steps)),
        output_signature=(tf.TensorSpec((BATCH, WINDOW)), tf.TensorSpec((BATCH, TOKENS, None), tf.int8)),
    ).prefetch(8)
    with _Curve(out / "curve.csv", first, recipe.steps) as curve:
        for k, (window, label) in enumerate(feed, first + 1):
            curve.add(k, [float(loss) for loss in update(window, label)])
            if k % _CHECKPOINT_EVERY == 0 or k == recipe.steps:
                _save(checkpoint, state, k)
    return average


def _keep_recipe(out: Path, recipe: Recipe) -> None:
    """Write the recipe into the run's folder. Raises DataError if a run of another recipe is there."""
    out.mkdir(parents=True, exist_ok=True)
    text, path = json.dumps(asdict(recipe), indent=1) + "\n", out / "recipe.json"
    if path.exists() and path.read_text() != text:
        raise DataError(f"{out}: holds a run of another recipe; choose another folder, or remove it")
    path.write_text(text)


def _batches(data: Path, recipe: Recipe) -> Batches:
    """The batches of a run, from the sets that `data` holds. Raises DataError."""
    folder = data / "noheart"
    no_heart = read_no_heart(folder, _NO_HEART_KINDS)
    if len(no_heart) < len(_NO_HEART_KINDS):
        print(f"{folder}: has {len(no_heart)} of the {len(_NO_HEART_KINDS)} kinds of sounds without a heart")
    clinics = training_recordings(data, recipe.without)
    corpora, shares = [build(recordings) for recordings in clinics.values()], [CLINICS[name] for name in clinics]
    return Batches(corpora, shares, recipe.seed, hard_from=recipe.hard_from, no_heart=no_heart)


class _Curve:
    """The learning curve: every 100 steps a row of the file and a line on the terminal, with mean losses."""

    def __init__(self, path: Path, first: int, steps: int) -> None:
        self._file = path.open("a", newline="")
        self._writer = csv.writer(self._file)
        self._first, self._steps = first, steps
        self._start, self._sums = time.monotonic(), np.zeros(3)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def add(self, step: int, losses: list[float]) -> None:
        """Add the losses of a step."""
        self._sums += losses
        if step % 100:
            return
        posterior, undecided, presence = (f"{loss:.4f}" for loss in self._sums / 100)
        self._sums[:] = 0
        elapsed = time.monotonic() - self._start
        self._writer.writerow([step, posterior, undecided, presence, f"{elapsed:.0f}"])
        self._file.flush()
        left = elapsed / (step - self._first) * (self._steps - step) / 60
        print(
            f"step {step}/{self._steps}: loss {posterior}, without a heart {undecided}, presence {presence}, "
            f"{left:.0f} min left",
            flush=True,
        )


def _save(path: Path, state: list[keras.Variable], step: int) -> None:
    """Save a checkpoint, whole or not at all.

    (tf.train.Checkpoint would leave out layers that a Keras 3 model keeps in lists.)
    """
    unfinished = path.with_suffix(".part.npz")
    np.savez(unfinished, step=step, **{f"v{i}": v.numpy() for i, v in enumerate(state)})
    unfinished.replace(path)


def _restore(path: Path, state: list[keras.Variable]) -> int:
    """Read a checkpoint into `state`; returns its step. Raises DataError."""
    try:
        with np.load(path) as saved:
            for i, v in enumerate(state):
                v.assign(saved[f"v{i}"])
            return int(saved["step"])
    except (KeyError, ValueError, OSError):
        raise DataError(f"{path}: is of another network or damaged; remove it to train anew") from None
