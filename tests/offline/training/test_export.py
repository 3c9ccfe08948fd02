"""The served network is the trained one: exported, loaded back, and run on a stream as in training."""

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs the extra 'train'")

import tensorflow as tf

from heartseg.models import load
from heartseg.offline.training.export import export_network
from heartseg.offline.training.network import TOKEN, WHOLE_FRAMES, WINDOW, Network
from heartseg.stream.segmenter.windows import WindowedInference

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A network whose batch norm does something, the folder that it is exported to, and the difference it tells."""
    network = Network()
    network(tf.zeros((1, WINDOW)))
    rng = np.random.default_rng(0)
    for weight in network.weights:
        if weight.path.split("/")[-1] in ("gamma", "beta", "moving_mean", "moving_variance"):
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    folder = tmp_path_factory.mktemp("exported")
    return network, folder, export_network(network, folder, "toy", {"seed": 1})


def test_the_served_network_is_the_trained_one(exported):
    _, folder, difference = exported
    assert difference < 1e-4
    assert load("toy", folder).card.heads * TOKEN == 45
    assert load("toy-whole", folder).card.heads * TOKEN == WHOLE_FRAMES


def test_windows_slide_as_in_training(exported):
    """What the engine makes of a stream is what the dense form says of the window ending there."""
    network, folder, _ = exported
    served = load("toy", folder)
    x = np.random.default_rng(1).standard_normal(2 * WINDOW).astype(np.float32)
    found = WindowedInference(served, lookahead=15, hop=5, provisional=True).push(x)
    last = found[-1]
    logits, _ = network(x[None, last.needed - WINDOW : last.needed])
    spoken = tf.nn.log_softmax(logits[0, -1, 3::-1]).numpy().reshape(4 * TOKEN, 4)
    np.testing.assert_allclose(last.log, spoken, atol=1e-3)
    assert last.first == last.needed // 21 - 4 * TOKEN and last.n_final == TOKEN
    assert [part.first for part in found if part.n_final] == list(range(0, last.first + 1, TOKEN))
    finals = WindowedInference(served, lookahead=15, hop=5, provisional=False).push(x)
    assert all(
        (a.log[: a.n_final] == b.log).all() and len(b.log) == b.n_final for a, b in zip(found, finals, strict=True)
    )


def test_recordings_are_heard_as_in_training(exported):
    """What the form for whole recordings says is what the dense form says with its farthest head."""
    network, folder, _ = exported
    x = np.random.default_rng(1).standard_normal(2 * WINDOW).astype(np.float32)
    windows = WindowedInference(load("toy-whole", folder), lookahead=40, hop=240, provisional=False)
    found = windows.push(x) + windows.flush()
    assert [part.first for part in found] == [0, 200, 440, 680, 920]
    logits, presence = network(x[None, found[3].needed - WINDOW : found[3].needed])
    np.testing.assert_allclose(found[3].log, tf.nn.log_softmax(logits[0, 48:, 8]).numpy().reshape(240, 4), atol=1e-3)
    np.testing.assert_allclose(found[3].presence, tf.sigmoid(presence[0, 48:]).numpy().repeat(5), atol=1e-4)
    assert found[4].first + len(found[4].log) == len(x) // 21 and len(found[4].presence) == len(found[4].log)
