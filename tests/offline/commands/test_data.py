"""`heartseg-offline data`: what sets hold, what is skipped, and what is no set."""

import numpy as np
import pytest
import soundfile
from scipy.io import savemat

from heartseg.offline.cli import main
from heartseg.offline.datasets.pascal import read_pascal
from heartseg.offline.datasets.recording import Skipped


@pytest.fixture
def sets(tmp_path):
    """One small set of each kind, and things that are none."""
    pascal, circor, cinc = tmp_path / "pascal", tmp_path / "circor/dev", tmp_path / "cinc2016/dev"
    for folder in (pascal / "Atraining_normal", circor, cinc, tmp_path / "notes"):
        folder.mkdir(parents=True)
    tone = 0.1 * np.sin(np.arange(4 * 44_100) * 0.05)
    for name in ("a", "b", "c"):
        soundfile.write(pascal / "Atraining_normal" / f"{name}.wav", tone, 44_100)
    (pascal / "Atraining_normal_seg.csv").write_bytes(
        b",S1,S2,S1,S2,\ra.aif,44100,57330,88200,101430,7\rb.aif,,44100,,,\rmissing.aif,1,2,,,\r"
    )
    for name in ("1_AV", "1_MV", "2_AV"):
        soundfile.write(circor / f"{name}.wav", tone[: 4 * 4_000], 4_000)
    (circor / "1_AV.tsv").write_text("0 1 0\n1 1.1 1\n1.1 1.4 2\n1.4 1.5 3\n1.5 2 4\n2 2.1 1\n2.1 3 0\n")
    (circor / "1_MV.tsv").write_text("0 4 0\n")
    (circor / "2_AV.tsv").write_text("1 1.1 1\n1.1 1.4 2\n1.4 1.5 3\n1.5 1.6 4\n1.6 1.7 1\n")
    (circor / "2_AV.wav").write_bytes(b"RIFF, or so it says")
    soundfile.write(cinc / "a0001.wav", tone[: 4 * 2_000], 2_000)
    soundfile.write(cinc / "a0002.wav", tone[: 4 * 2_000], 2_000)
    states = np.empty((3, 2), object)
    states[:] = [[2001, "S1"], [2201, "systole"], [4001, "S1"]]
    savemat(cinc / "a0001_StateAns.mat", {"state_ans": states})
    return tmp_path


def test_all_sets_are_found_and_described(sets, monkeypatch, capsys):
    monkeypatch.setenv("HEARTSEG_DATA", str(sets))
    assert main(["data"]) == 0
    out = capsys.readouterr().out
    blocks = {block.split(":")[0]: block for block in out.split("\n\n")}
    circor, cinc, pascal = (blocks[name] for name in ("circor/dev", "cinc2016/dev", "pascal"))
    assert "1, 1 persons, 0.00 hours at 4,000 Hz" in circor
    assert "27.5 % of the time, 2 beats" in circor and "60 to 60 bpm" in circor
    assert "1: nothing annotated: 1_MV" in circor and "1: sound cannot be read: 2_AV" in circor
    assert "at 2,000 Hz" in cinc and "persons not told apart" in cinc and "75.0 % of the time, 2 beats" in cinc
    assert "1: no _StateAns.mat beside it: a0002" in cinc
    assert "at 44,100 Hz" in pascal and "2 beats" in pascal and "60 to 60 bpm" in pascal
    for line in (
        "1: value in a column that is neither S1 nor S2: a (7)",
        "1: no row in Atraining_normal_seg.csv: c",
        "1: no recording: missing",
    ):
        assert line in pascal
    assert "Not a medical device." in out


def test_sets_below_a_folder_are_found(sets, capsys):
    assert main(["data", str(sets / "circor"), str(sets / "pascal")]) == 0
    out = capsys.readouterr().out
    assert "CirCor DigiScope" in out and "PASCAL set A" in out and "CinC 2016" not in out


def test_a_folder_that_is_no_set_is_named_and_the_others_described(sets, capsys):
    for wrong, why in (
        (sets / "notes", "neither CirCor"),
        (sets / "none", "no such folder"),
        (sets / "pascal/Atraining_normal_seg.csv", "is a file; name the folder"),
    ):
        assert main(["data", str(wrong), str(sets / "pascal")]) == 1
        seen = capsys.readouterr()
        assert f"{wrong}: {why}" in seen.err and "PASCAL set A" in seen.out


def test_a_damaged_annotation_is_named(sets, capsys):
    (sets / "circor/dev/1_AV.tsv").write_text("0 one 1\n")
    assert main(["data", str(sets / "circor/dev")]) == 1
    assert "1_AV.tsv, line 1" in capsys.readouterr().err


@pytest.mark.parametrize("folder", ["notes", "none"])
def test_no_sets_at_all(sets, monkeypatch, capsys, folder):
    monkeypatch.setenv("HEARTSEG_DATA", str(sets / folder))
    assert main(["data"]) == 1
    err = capsys.readouterr().err
    assert str(sets / folder) in err and "HEARTSEG_DATA" in err


@pytest.mark.parametrize("cell", [b"-5", b"nan", b"1e9", b"4.5", b"x"])
def test_marks_are_sample_indices(sets, capsys, cell):
    (sets / "pascal/Atraining_normal_seg.csv").write_bytes(b",S1,S2\ra.aif,1," + cell + b"\r")
    assert main(["data", str(sets / "pascal")]) == 1
    assert f"row 2: {cell.decode()!r} is not a sample index" in capsys.readouterr().err


def test_the_real_set(data, monkeypatch, capsys):
    monkeypatch.setenv("HEARTSEG_DATA", str(data))
    assert main(["data", str(data / "pascal")]) == 0
    out = capsys.readouterr().out
    assert out.startswith("pascal: PASCAL set A") and "recordings  11," in out and "103 beats" in out
    skipped = Skipped()
    assert sum(len(r.state) for r in read_pascal(data / "pascal", skipped)) == 207
    assert skipped.reasons == {"value in a column that is neither S1 nor S2": ["201105011626 (389151)"]}
