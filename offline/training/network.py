"""The network in TensorFlow: one set of weights, a dense form to train, and two to serve.

It is a causal dilated convolution network (van den Oord et al., WaveNet, 2016) over tokens of five frames (50 ms).
The dense form computes the posteriors at every token of a window. Live, only the newest token is needed. For that one,
every second token is enough at each level (Paine et al., Fast WaveNet, 2016, without the cache): the dilated
convolutions become a tree of matrix products over ever fewer tokens. Recordings are served by the dense form.

At the newest token several heads look back: head j gives the posteriors of the token j tokens ago. It combines the
context of the newest token with the local features around the earlier one. So one network serves every lag.
"""

from typing import TypeAlias

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from ...stream.rates import FRAME, PCG_RATE

STFT = 84  # samples of a spectral frame (40 ms)
BANDS = 16
TOKEN = 5  # frames
TOKENS = 96
HEADS = 9  # lookback of 0, 50, ... 400 ms
N_STATES = 4  # S1, systole, S2, diastole
WIDTH = 96
DROPOUT = 0.1
TREE = ((1, 3), (3, 2), (6, 2), (12, 2), (24, 2), (48, 2))  # dilation in tokens, kernel size

WINDOW = (TOKENS + 1) * TOKEN * FRAME + STFT - FRAME
"""Samples at 2,100 Hz that the network takes: 10,248 (4.88 s)."""

WHOLE_FROM = 48  # the first token of a window that has enough past (2.4 s)
WHOLE_FRAMES = (TOKENS - WHOLE_FROM + HEADS - 1) * TOKEN
"""Posterior frames a window in the form for whole recordings: 280."""


def spectral_matrices() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Windowed DFT (84, 2 * bins) and, for its squares, triangular bands (2 * bins, 16) from 20 to 800 Hz.

    The bands are evenly spaced in log(1 + f / 150 Hz). Band energies are mean squares of the samples.
    """
    f = np.concatenate([np.arange(20.0, 200.0, 16.0), np.arange(200.0, 830.0, 32.0)])  # finer where bands are narrow
    step = np.gradient(f)
    n = np.arange(STFT) - (STFT - 1) / 2
    hann = np.hanning(STFT + 2)[1:-1]
    hann /= np.sqrt((hann**2).sum())
    angle = 2 * np.pi * np.outer(n, f) / PCG_RATE
    level = hann[:, None] * np.sqrt(2 * step / PCG_RATE)
    dft = np.concatenate([np.cos(angle) * level, np.sin(angle) * level], axis=1)
    warp = np.log1p(f / 150.0)
    edges = np.linspace(np.log1p(20 / 150.0), np.log1p(800 / 150.0), BANDS + 2)
    rising = (warp[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - warp[:, None]) / (edges[2:] - edges[1:-1])
    bands = np.maximum(0, np.minimum(rising, falling))
    bands += 1e-3 * np.exp(-np.abs(warp[:, None] - edges[1:-1]) * 20)  # no band without a bin
    return dft.astype(np.float32), np.concatenate([bands, bands]).astype(np.float32)


def features(window: tf.Tensor) -> tf.Tensor:
    """Log band energies, normalised over the window alone: (batch, WINDOW) -> (batch, frames, BANDS).

    Frames of digital silence (the time before the stream began) take no part in the mean and the spread.
    """
    dft, bands = spectral_matrices()
    frames = (TOKENS + 1) * TOKEN
    chunks = tf.reshape(window, (-1, frames + 3, FRAME))
    framed = tf.concat([chunks[:, i : frames + i] for i in range(STFT // FRAME)], axis=2)
    energy = tf.square(framed @ dft) @ bands
    # Sums over frames are written as matrix products, which ONNX Runtime does several times faster.
    has_sound = tf.cast(energy @ tf.ones((BANDS, 1)) > 1e-12, tf.float32)
    count = tf.matmul(has_sound, tf.ones_like(has_sound), transpose_a=True)
    level = tf.math.log(energy + 1e-10)
    level = (level - tf.matmul(has_sound, level, transpose_a=True) / (count + 1e-3)) * has_sound
    variance = (tf.matmul(tf.ones_like(has_sound), tf.square(level), transpose_a=True) + 30.0) / (count + 20.0)
    return tf.clip_by_value(level * tf.math.rsqrt(variance), -6.0, 6.0)


class Network(keras.Model):  # type: ignore[misc]
    """The dense form, for training. It takes windows, shape (batch, WINDOW).

    Returns posterior logits (batch, TOKENS, HEADS, TOKEN, N_STATES), where [:, t, j] belongs to token t - j, and
    presence logits (batch, TOKENS).
    """

    def __init__(self) -> None:
        super().__init__()
        dense, norm = keras.layers.Dense, keras.layers.BatchNormalization
        self.stem, self.stem_norm = dense(WIDTH, use_bias=False, name="stem"), norm(name="stem_norm")
        self.inner = [dense(WIDTH, use_bias=False, name=f"inner{i}") for i in range(len(TREE))]
        self.norms = [norm(name=f"norm{i}") for i in range(len(TREE))]
        self.outer = [dense(WIDTH, name=f"outer{i}") for i in range(len(TREE))]
        self.drop = keras.layers.Dropout(DROPOUT)
        self.presence = dense(1, name="presence")
        self.context = dense(HEADS * WIDTH, name="context")
        self.past, self.future = (dense(WIDTH, use_bias=False, name=n) for n in ("past", "future"))
        self.hidden, self.out = dense(WIDTH, name="hidden"), dense(TOKEN * N_STATES, name="out")

    def call(self, window: tf.Tensor, training: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
        """Posterior and presence logits at every token."""
        tokens = tf.reshape(features(window), (-1, TOKENS + 1, TOKEN * BANDS))
        h = self.stem(tf.concat([tokens[:, :-1], tokens[:, 1:]], axis=2))
        local = h = tf.nn.relu(self.stem_norm(h, training=training))
        for (dilation, kernel), inner, norm, outer in zip(TREE, self.inner, self.norms, self.outer, strict=True):
            taps = [_delayed(h, dilation * i) for i in reversed(range(kernel))]
            y = tf.nn.relu(norm(inner(tf.concat(taps, axis=2)), training=training))
            h += outer(self.drop(y, training=training))
        context = tf.reshape(self.context(h), (-1, TOKENS, HEADS, WIDTH))
        past = self.past(tf.concat([_delayed(local, 1), local], axis=2))
        both_sides = past + tf.pad(self.future(local)[:, 1:], ((0, 0), (0, 1), (0, 0)))
        look_back = tf.stack([past] + [_delayed(both_sides, j) for j in range(1, HEADS)], axis=2)
        hidden = tf.nn.relu(self.hidden(tf.nn.relu(look_back + context)))
        logits = tf.reshape(self.out(hidden), (-1, TOKENS, HEADS, TOKEN, N_STATES))
        return logits, self.presence(h)[:, :, 0]


def _delayed(x: tf.Tensor, steps: int) -> tf.Tensor:
    """x, (batch, tokens, channels), later by `steps` tokens; zeros before."""
    return tf.pad(x, ((0, 0), (steps, 0), (0, 0)))[:, : x.shape[1]] if steps else x


class _Folded:
    """The weights as arrays, with batch norm folded in, and the parts of both served forms."""

    def __init__(self, network: Network) -> None:
        def folded(layer: keras.layers.Dense, norm: keras.layers.BatchNormalization) -> tuple[np.ndarray, np.ndarray]:
            gamma, beta, mean, variance = (np.asarray(w) for w in norm.get_weights())
            scale = gamma / np.sqrt(variance + norm.epsilon)
            return np.asarray(layer.kernel) * scale, beta - mean * scale

        def plain(layer: keras.layers.Dense) -> list[np.ndarray]:
            return [np.asarray(w) for w in layer.get_weights()]

        self._stem = folded(network.stem, network.stem_norm)
        self.tree = [
            (*folded(a, n), *plain(b)) for a, n, b in zip(network.inner, network.norms, network.outer, strict=True)
        ]
        self.context, self.context_bias = plain(network.context)
        (self._past,), (self._future,) = plain(network.past), plain(network.future)
        self._hidden, self._out = plain(network.hidden), plain(network.out)
        self._presence = plain(network.presence)

    def local(self, window: tf.Tensor) -> tf.Tensor:
        """Features of each token and the one before it: (WINDOW,) -> (TOKENS, WIDTH)."""
        stem, bias = self._stem
        tokens = tf.reshape(features(window[None])[0], (TOKENS + 1, TOKEN * BANDS))
        return tf.nn.relu(tf.concat([tokens[:-1], tokens[1:]], axis=1) @ stem + bias)

    def look_back(self, local: tf.Tensor) -> tf.Tensor:
        """Look-back features of each token but the first, from its neighbours: (n, WIDTH) -> (n - 1, WIDTH).

        The newest token has no right neighbour.
        """
        future = tf.concat([(local @ self._future)[2:], tf.zeros((1, WIDTH))], axis=0)
        return tf.concat([local[:-1], local[1:]], axis=1) @ self._past + future

    def newest_context(self, h: tf.Tensor) -> tf.Tensor:
        """Context of the newest token for the HEADS newest ones, oldest first: (1, WIDTH) -> (HEADS, WIDTH)."""
        return tf.reshape(h @ self.context + self.context_bias, (HEADS, WIDTH))[::-1]

    def outputs(self, token: tf.Tensor, h: tf.Tensor) -> dict[str, tf.Tensor]:
        """The output layers: posteriors from token features, (n, WIDTH), presence from the last level, (m, WIDTH)."""
        (hidden, hidden_bias), (out, out_bias), (presence, presence_bias) = self._hidden, self._out, self._presence
        x = tf.nn.relu(tf.nn.relu(token) @ hidden + hidden_bias)
        logits = tf.reshape(x @ out + out_bias, (token.shape[0] * TOKEN, N_STATES))
        return {
            "posterior": tf.nn.softmax(logits),
            "presence": tf.reshape(tf.sigmoid(h @ presence + presence_bias), (h.shape[0],)),
        }


Served: TypeAlias = "tf.types.experimental.GenericFunction"


def serving(network: Network) -> Served:
    """The sparse form, as a function of one window, shape (WINDOW,).

    Returns {"posterior": (HEADS * TOKEN, N_STATES), oldest frame first, "presence": (1,)}, both probabilities.
    """
    folded = _Folded(network)

    @tf.function(input_signature=[tf.TensorSpec((WINDOW,), tf.float32, name="window")])  # type: ignore[untyped-decorator]
    def newest(window: tf.Tensor) -> dict[str, tf.Tensor]:
        h = folded.local(window)
        local = h[-HEADS - 1 :]
        for (_, kernel), (a, a_bias, b, b_bias) in zip(TREE, folded.tree, strict=True):
            pairs = tf.reshape(h, (h.shape[0] // kernel, kernel * WIDTH))
            h = pairs[:, -WIDTH:] + tf.nn.relu(pairs @ a + a_bias) @ b + b_bias
        return folded.outputs(folded.look_back(local) + folded.newest_context(h), h)

    return newest


def serving_whole(network: Network) -> Served:
    """The dense form with its farthest head, for whole recordings: fewer windows, and 2.4 to 4.8 s of past.

    In one window, shape (WINDOW,), every token from `WHOLE_FROM` on gives the posteriors of the token 400 ms before it.
    The newest token also gives those after that. Returns {"posterior": (WHOLE_FRAMES, N_STATES), oldest frame first,
    "presence": (WHOLE_FRAMES / TOKEN,), 400 ms later except at the end}, both probabilities.
    """
    folded = _Folded(network)
    last = HEADS - 1

    @tf.function(input_signature=[tf.TensorSpec((WINDOW,), tf.float32, name="window")])  # type: ignore[untyped-decorator]
    def whole(window: tf.Tensor) -> dict[str, tf.Tensor]:
        h = local = folded.local(window)
        for (dilation, kernel), (a, a_bias, b, b_bias) in zip(TREE, folded.tree, strict=True):
            taps = tf.concat([_delayed(h[None], dilation * i)[0] for i in reversed(range(kernel))], axis=1)
            h = h + tf.nn.relu(taps @ a + a_bias) @ b + b_bias
        h = h[WHOLE_FROM:]
        farthest = h @ folded.context[:, last * WIDTH :] + folded.context_bias[last * WIDTH :]
        context = tf.concat([farthest, folded.newest_context(h[-1:])[1:]], axis=0)
        token = folded.look_back(local[WHOLE_FROM - last - 1 :]) + context
        return folded.outputs(token, tf.concat([h, tf.repeat(h[-1:], last, axis=0)], axis=0))

    return whole
