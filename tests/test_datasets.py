"""Readers of the published sets, on the sets themselves and on what is damaged."""

import numpy as np
import pytest
from scipy.io import savemat

from heartseg.offline.corpus import labels_of, pcg_of
from heartseg.offline.datasets import (
    NOISE,
    DataError,
    Skipped,
    read_cinc2016,
    read_cinc_states,
    read_circor,
    read_circor_tsv,
    read_pascal,
    read_pascal_marks,
)


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
    pcg = pcg_of(one.audio)
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
