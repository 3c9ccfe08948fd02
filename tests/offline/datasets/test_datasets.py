"""Readers of the published sets, on the sets themselves and on what is damaged."""

import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from heartseg.offline.datasets.cinc2016 import read_cinc2016, read_cinc_states
from heartseg.offline.datasets.circor import read_circor, read_circor_tsv
from heartseg.offline.datasets.mat5 import read_table
from heartseg.offline.datasets.pascal import read_pascal, read_pascal_marks
from heartseg.offline.datasets.recording import NOISE, DataError, Skipped
from heartseg.offline.segmentation import read_pcg
from heartseg.offline.training.corpus import labels_of


def test_circor(data):
    found = list(read_circor(data / "circor/dev"))
    assert len(found) == 359
    persons = {r.person for r in found}
    assert persons.isdisjoint(r.person for r in read_circor(data / "circor/train"))
    one = next(r for r in found if r.name == "13918_AV")
    assert one.state[1] == 1 and one.start_s[1] == 1.14675 and one.end_s[1] == 1.300191


def test_cinc2016(data):
    skipped = Skipped()
    found = list(read_cinc2016(data / "cinc2016/dev", skipped))
    assert len(found) == 409
    assert len(skipped.reasons["noise from start to end (kept, without a heart)"]) == 17
    assert any((r.state == NOISE).any() for r in found)
    assert all(np.isinf(r.end_s[-1]) for r in found)


def test_pascal(data):
    found = {r.name: r for r in read_pascal(data / "pascal")}
    assert len(found) == 11
    one = found["201102081321"]
    assert one.points and one.start_s[0] == 10021 / 44100 and one.state[:4].tolist() == [1, 3, 1, 3]
    assert found["201105011626"].state[0] == 3  # its first cell, an S1, is empty


def test_pcg_and_labels_keep_time(data):
    one = next(iter(read_circor(data / "circor/dev")))
    pcg = read_pcg(one.audio)
    label = labels_of(one, len(pcg))
    assert abs(len(pcg) / 2100 - one.end_s[-1]) < 0.1
    for start, end, state in zip(one.start_s[1:9], one.end_s[1:9], one.state[1:9], strict=True):
        inside = label[round(start * 2100) + 1 : round(end * 2100) - 1]
        assert set(inside.tolist()) == {state - 1}


@pytest.mark.parametrize("line", ["0.1\t0.2", "a\tb\tc", "0.1\tnan\t1", "0.1\t0.2\t1.5"])
def test_a_damaged_tsv(tmp_path, line):
    path = tmp_path / "a.tsv"
    path.write_text(f"0\t0.1\t1\n{line}\n")
    with pytest.raises(DataError, match=r"a\.tsv, line 2"):
        read_circor_tsv(path)


def test_a_damaged_mat(tmp_path):
    path = tmp_path / "a_StateAns.mat"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(DataError, match=r"a_StateAns\.mat"):
        read_cinc_states(path)
    savemat(path, {"other": np.zeros(3)})
    with pytest.raises(DataError, match="not a CinC 2016"):
        read_cinc_states(path)


def test_annotations_are_read_as_scipy_reads_them(data):
    def first(value):
        while isinstance(value, np.ndarray):
            value = value.flat[0] if value.size else None
        return value

    paths = sorted((data / "cinc2016/dev").glob("*.mat"))
    assert len(paths) == 409
    for path in paths:
        assert read_table(path) == [[first(cell) for cell in row] for row in loadmat(path)["state_ans"]]


def test_annotations_that_a_program_wrote(tmp_path):
    table = np.empty((3, 2), object)
    for row, name in zip(table, ("S1", "(N", "diastole"), strict=True):
        row[:] = 2_001.0, np.array([name, "other"], object)
    table[1, 0] = np.zeros((0, 0))
    for compressed in (False, True):
        savemat(tmp_path / "a.mat", {"before": np.eye(2), "state_ans": table}, do_compression=compressed)
        assert read_table(tmp_path / "a.mat") == [[2_001.0, "S1"], [None, "(N"], [2_001.0, "diastole"]]
        start, end, state = read_cinc_states(tmp_path / "a.mat")
        assert (start.tolist(), end.tolist(), state.tolist()) == ([1.0, 1.0], [1.0, np.inf], [1, 4])


@pytest.mark.parametrize("sizes", [(1 << 30, 0), (0, 1 << 30), (1 << 30, 1 << 30), (-1, -5)])
def test_an_annotation_that_claims_what_it_does_not_hold(tmp_path, sizes):
    path = tmp_path / "a.mat"
    savemat(path, {"s": np.full((7, 9), 1.0, object)})
    content = path.read_bytes()
    assert content.count(struct.pack("<2i", 7, 9)) == 1
    path.write_bytes(content.replace(struct.pack("<2i", 7, 9), struct.pack("<2i", *sizes)))
    with pytest.raises(DataError, match=r"a\.mat"):
        read_cinc_states(path)


def test_an_annotation_that_unpacks_to_a_gigabyte(tmp_path):
    bomb = zlib.compress(bytes(1 << 28))
    path = tmp_path / "a.mat"
    path.write_bytes(bytes(126) + b"IM" + struct.pack("<II", 15, len(bomb)) + bomb)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"a\.mat"):
            read_cinc_states(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 26
    finally:
        tracemalloc.stop()


def test_marks_as_published(tmp_path):
    path = tmp_path / "seg.csv"
    path.write_bytes(b",S1,S2,S1,S2,\ra.aif,44100,57330,88200,,7\rb.aif,,44100,,\r")
    assert read_pascal_marks(path) == {"a": [(1.0, 1), (1.3, 3), (2.0, 1)], "b": [(1.0, 3)]}
    path.write_bytes(b",S1,S2\ra.aif,x,1\r")
    with pytest.raises(DataError, match="row 2: 'x' is not a sample index"):
        read_pascal_marks(path)
    path.write_bytes(b"")
    with pytest.raises(DataError, match="first row"):
        read_pascal_marks(path)


def test_folders_that_are_not_the_set(tmp_path):
    for read in (read_circor, read_cinc2016, read_pascal):
        with pytest.raises(DataError, match=str(tmp_path)):
            list(read(tmp_path))
        with pytest.raises(DataError):
            list(read(tmp_path / "none"))
