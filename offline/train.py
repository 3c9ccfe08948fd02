"""`heartseg-offline train`: from the public sets to the shipped weights, in one command."""

import csv
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from .batches import BATCH, Batches
from .corpus import NO_HEART, Corpus, build, no_heart_sounds
from .datasets import DataError, Recording, read_cinc2016, read_circor
from .network import HEADS, STATES, TOKENS, WINDOW, Network

_SHARES = {"circor": 0.5, "cinc-e": 0.3, "cinc-b": 0.2}
_NO_HEART_KINDS = ("clock_tick", "dog_bark", "rain", "speech", "speech_digits")  # the others are for judging
_FIRST_TOKEN = 16  # earlier tokens of a window have too little past to be judged
_CHECKPOINT_EVERY = 500
_PRESENCE, _UNDECIDED = 0.2, 0.1  # weights of these losses against that of the posteriors


@dataclass(frozen=True)
class Recipe:
    """What a training run depends on besides the data and the code.

    The last third of the batches are hard ones, and begin with a warm restart (Loshchilov and Hutter, ICLR 2017).
    """

    steps: int = 6_000
    seed: int = 1
    peak_rate: float = 2e-3
    restart_rate: float = 1e-3
    weight_decay: float = 1e-2
    averaging: float = 0.999

    @property
    def hard_from(self) -> int:
        """The first hard batch."""
        return max(1, self.steps * 2 // 3)


class _Rate(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """Two times up and, along a cosine, down."""

    def __init__(self, recipe: Recipe) -> None:
        cosine, hard = keras.optimizers.schedules.CosineDecay, max(1, recipe.steps - recipe.hard_from)
        self._restart = recipe.hard_from
        self._first = cosine(
            0.0, recipe.hard_from, warmup_target=recipe.peak_rate, warmup_steps=min(500, recipe.hard_from // 10)
        )
        self._second = cosine(0.0, hard, warmup_target=recipe.restart_rate, warmup_steps=min(200, hard // 10))

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        return tf.where(step < self._restart, self._first(step), self._second(step - self._restart))


def training_corpora(data: Path) -> list[Corpus]:
    """The training sets, one corpus a clinic, in the order of `_SHARES`. Raises DataError."""
    cinc = list(read_cinc2016(data / "cinc2016/train"))
    sets = [list(read_circor(data / "circor/train"))]
    sets += [[r for r in cinc if r.name.startswith(letter)] for letter in "eb"]
    return [build(s) for s in sets]


def calibration_recordings(data: Path) -> list[Recording]:
    """Every eighth training recording, for the confidence to be fitted on. Raises DataError."""
    return [*list(read_circor(data / "circor/train"))[::8], *list(read_cinc2016(data / "cinc2016/train"))[::8]]


def loss_of(network: Network, window: tf.Tensor, label: tf.Tensor, training: bool) -> tuple[tf.Tensor, ...]:
    """Of the heads where somebody annotated, of the heads where no heart is, and of presence: three scalars.

    Where no heart is the heads should not decide: the loss is the divergence from even odds, so that there no path
    explains the posteriors.
    """
    logits, presence = network(window, training=training)
    label = tf.cast(label, tf.int32)
    delayed = [tf.pad(label[:, : TOKENS - j], ((0, 0), (j, 0), (0, 0)), constant_values=-1) for j in range(HEADS)]
    target = tf.stack(delayed, axis=2)[:, _FIRST_TOKEN:]
    known = tf.cast(target >= 0, tf.float32)
    frame = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(target, 0), logits[:, _FIRST_TOKEN:])
    posterior = tf.reduce_sum(frame * known) / (tf.reduce_sum(known) + 1.0)
    lost = tf.cast(target == NO_HEART, tf.float32)
    uneven = -tf.reduce_mean(tf.nn.log_softmax(logits[:, _FIRST_TOKEN:]), axis=-1) - np.log(STATES)
    undecided = tf.reduce_sum(uneven * lost) / (tf.reduce_sum(lost) + 1.0)
    heart = tf.cast(tf.reduce_all(label >= 0, axis=2), tf.float32)[:, _FIRST_TOKEN:]
    none = tf.cast(tf.reduce_all(label == NO_HEART, axis=2), tf.float32)[:, _FIRST_TOKEN:]
    gate = tf.nn.sigmoid_cross_entropy_with_logits(heart, presence[:, _FIRST_TOKEN:])
    return posterior, undecided, tf.reduce_sum(gate * (heart + none)) / (tf.reduce_sum(heart + none) + 1.0)


def train(data: Path, out: Path, recipe: Recipe) -> Network:
    """Train, or go on where a killed run stopped; returns the network with averaged weights.

    Writes checkpoints, `curve.csv` (step, losses, rate) and `recipe.json` below `out`.
    """
    out.mkdir(parents=True, exist_ok=True)
    said, recipe_file = json.dumps(asdict(recipe), indent=1) + "\n", out / "recipe.json"
    if recipe_file.exists() and recipe_file.read_text() != said:
        raise DataError(f"{out}: holds a run of another recipe; choose another folder, or remove it")
    recipe_file.write_text(said)
    keras.utils.set_random_seed(recipe.seed)
    print("reading the training sets ...", flush=True)
    no_heart = no_heart_sounds(data / "noheart", _NO_HEART_KINDS)
    if len(no_heart) < len(_NO_HEART_KINDS):
        print(f"{data / 'noheart'} has but {len(no_heart)} of {len(_NO_HEART_KINDS)} kinds of sounds without a heart")
    batches = Batches(
        training_corpora(data), list(_SHARES.values()), recipe.seed, hard_from=recipe.hard_from, no_heart=no_heart
    )

    network, average = Network(), Network()
    for net in (network, average):
        net(tf.zeros((1, WINDOW)))
    average.set_weights(network.get_weights())
    optimizer = keras.optimizers.AdamW(_Rate(recipe), weight_decay=recipe.weight_decay, clipnorm=1.0)
    optimizer.build(network.trainable_variables)

    @tf.function  # type: ignore[untyped-decorator]
    def step(window: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, ...]:
        with tf.GradientTape() as tape:
            losses = loss_of(network, window, label, True)
            loss = losses[0] + _UNDECIDED * losses[1] + _PRESENCE * losses[2]
        optimizer.apply_gradients(
            zip(tape.gradient(loss, network.trainable_variables), network.trainable_variables, strict=True)
        )
        for mean, new in zip(average.weights, network.weights, strict=True):
            mean.assign(recipe.averaging * mean + (1.0 - recipe.averaging) * new)
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
    began, sums = time.monotonic(), np.zeros(3)
    with (out / "curve.csv").open("a", newline="") as file:
        curve = csv.writer(file)
        for k, (window, label) in enumerate(feed, first + 1):
            sums += [float(v) for v in step(window, label)]
            if k % 100 == 0:
                means = [f"{v:.4f}" for v in sums / 100]
                sums[:] = 0
                curve.writerow([k, *means, f"{time.monotonic() - began:.0f}"])
                file.flush()
                left = (time.monotonic() - began) / (k - first) * (recipe.steps - k) / 60
                print(
                    f"step {k}/{recipe.steps}: loss {means[0]}, without a heart {means[1]}, presence {means[2]}, "
                    f"{left:.0f} min left",
                    flush=True,
                )
            if k % _CHECKPOINT_EVERY == 0 or k == recipe.steps:
                _save(checkpoint, state, k)
    return average


def _save(path: Path, state: list[keras.Variable], step: int) -> None:
    """Whole or not at all. (tf.train.Checkpoint would leave out layers that a Keras 3 model keeps in lists.)"""
    part = path.with_suffix(".part.npz")
    np.savez(part, step=step, **{f"v{i}": v.numpy() for i, v in enumerate(state)})
    part.replace(path)


def _restore(path: Path, state: list[keras.Variable]) -> int:
    try:
        with np.load(path) as saved:
            for i, v in enumerate(state):
                v.assign(saved[f"v{i}"])
            return int(saved["step"])
    except (KeyError, ValueError, OSError):
        raise DataError(f"{path}: is of another network or damaged; remove it to train anew") from None
