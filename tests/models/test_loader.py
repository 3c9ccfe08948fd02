"""A model is loaded only if it is the one that its card describes."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tiny_onnx

import heartseg.models.loader as loader
from heartseg.models import ModelError, load

NAME = loader.DEFAULT


@pytest.fixture
def folder(tmp_path):
    for ending in (".onnx", ".json"):
        shutil.copy(Path(loader.__file__).parent / (NAME + ending), tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", [NAME, loader.WHOLE])
def test_the_shipped_models(name):
    network = load(name)
    card = network.card
    posterior, presence = network.run(np.zeros(card.window, np.float32))
    assert card.name == name
    assert posterior.shape == (card.heads * card.token, 4) and posterior.dtype == np.float32
    np.testing.assert_allclose(posterior.sum(axis=1), 1, atol=1e-5)
    assert presence.shape == posterior.shape[:1]
    assert (presence >= 0).all() and (presence <= 1).all()
    assert (Path(loader.__file__).parent / f"{name}.onnx").stat().st_size < 2_000_000


def test_both_forms_are_of_the_same_weights():
    """What they have in common: the newest frames, and how sure they are."""
    newest, whole = load(NAME), load(loader.WHOLE)
    window = (0.05 * np.random.default_rng(0).standard_normal(newest.card.window)).astype(np.float32)
    (recent, now), (every, heard) = newest.run(window), whole.run(window)
    np.testing.assert_allclose(every[-len(recent) :], recent, atol=1e-5)
    np.testing.assert_allclose(heard[-1], now[-1], atol=1e-5)
    assert newest.card.calibration == whole.card.calibration and newest.card.window == whole.card.window


def test_gain_does_not_matter(network):
    rng = np.random.default_rng(0)
    window = (0.05 * rng.standard_normal(network.card.window)).astype(np.float32)
    quiet, _ = network.run(window * np.float32(0.03))
    loud, _ = network.run(window)
    np.testing.assert_allclose(quiet, loud, atol=0.01)


def test_another_file_is_refused(folder):
    content = bytearray((folder / f"{NAME}.onnx").read_bytes())
    content[1000] ^= 1
    (folder / f"{NAME}.onnx").write_bytes(content)
    with pytest.raises(ModelError, match="sha256"):
        load(NAME, folder)


def test_another_shape_is_refused(folder):
    path = folder / f"{NAME}.json"
    card = json.loads(path.read_text())
    path.write_text(json.dumps({**card, "window": card["window"] + 1}))
    with pytest.raises(ModelError, match="card says"):
        load(NAME, folder)


def test_what_is_no_network_is_refused(folder):
    import hashlib

    (folder / f"{NAME}.onnx").write_bytes(b"nothing")
    path = folder / f"{NAME}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "sha256": hashlib.sha256(b"nothing").hexdigest()}))
    with pytest.raises(ModelError, match="ONNX Runtime"):
        load(NAME, folder)


@pytest.mark.parametrize("content", [tiny_onnx.model(op="Run", domain="own"), tiny_onnx.model(op="Run")])
def test_operations_of_somebody_s_own_are_refused(tmp_path, content):
    tiny_onnx.write(tmp_path, content)
    with pytest.raises(ModelError, match="Run"):
        load("tiny", tmp_path)


@pytest.mark.parametrize("where", ["beside.bin", "./beside.bin", "../{here}/beside.bin", "{absolute}", "/etc/passwd"])
def test_no_other_file_is_read(tmp_path, monkeypatch, capfd, where):
    """Neither beside the model nor in the folder that the program runs in, nor anywhere else."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "beside.bin").write_bytes(tiny_onnx.WEIGHTS)
    tiny_onnx.write(tmp_path, tiny_onnx.model(op="Mul"))
    assert (load("tiny", tmp_path).run(np.ones(tiny_onnx.WINDOW, np.float32))[1] == 0.25).all()
    where = where.format(here=tmp_path.name, absolute=tmp_path / "beside.bin")
    tiny_onnx.write(tmp_path, tiny_onnx.model(where, "Mul"))
    with pytest.raises(ModelError, match="tiny") as refused:
        load("tiny", tmp_path)
    assert "\n" not in str(refused.value) and capfd.readouterr() == ("", "")


def test_a_truncated_file_is_refused(folder):
    path = folder / f"{NAME}.onnx"
    content = path.read_bytes()
    for length in (0, 1, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(ModelError, match="sha256"):
            load(NAME, folder)


def test_a_calibration_is_two_numbers(folder):
    path = folder / f"{NAME}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "calibration": [1.0, "x"]}))
    with pytest.raises(ModelError, match="two numbers"):
        load(NAME, folder)


@pytest.mark.parametrize("card", ["", "[]", "{}", '{"name": 3}'])
def test_cards_that_are_none(folder, card):
    (folder / f"{NAME}.json").write_text(card)
    with pytest.raises(ModelError, match="card"):
        load(NAME, folder)


def test_missing_files(folder):
    (folder / f"{NAME}.onnx").unlink()
    with pytest.raises(ModelError, match="missing"):
        load(NAME, folder)


def test_a_file_of_one_s_own(folder, network):
    """By its path, with its card beside it; as text or as a Path."""
    path = folder / f"{NAME}.onnx"
    window = np.zeros(network.card.window, np.float32)
    for given in (path, str(path)):
        mine = load(given)
        assert mine.card == network.card
        np.testing.assert_array_equal(mine.run(window)[0], network.run(window)[0])


def test_a_file_of_one_s_own_that_cannot_be_used(folder):
    path = folder / f"{NAME}.onnx"
    with pytest.raises(ModelError, match=r"nothing\.(json|onnx): missing"):
        load(folder / "nothing.onnx")
    with pytest.raises(ModelError, match=r"\.h5: a model is a file of the kind \.onnx"):
        load(folder / "weights.h5")
    with pytest.raises(ModelError, match="no model 'heartseg-0'"):
        load("heartseg-0")
    path.with_suffix(".json").unlink()
    with pytest.raises(ModelError, match=r"\.json: missing; a model has its card"):
        load(path)


@pytest.mark.parametrize("key", ["window", "token", "heads"])
def test_a_card_without_frames(folder, key):
    path = folder / f"{NAME}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: 0}))
    with pytest.raises(ModelError, match="1 or more"):
        load(NAME, folder)
