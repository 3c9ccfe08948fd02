"""`heartseg-offline segment` of one recording: beside it, or to standard output."""

import itertools
import json

import numpy as np
import pytest
import soundfile
from offline_command import run

from heartseg.stream.sources.simulated import SimulatedHeart


@pytest.fixture
def heart(tmp_path):
    path = tmp_path / "heart.wav"
    soundfile.write(path, np.concatenate(list(itertools.islice(SimulatedHeart(seed=1).blocks(), 80))), 44_100)
    return path


def test_the_result_lies_beside_the_recording(heart, capsys):
    result = heart.with_suffix(".csv")
    assert run("segment", heart, "--format", "csv") == 0
    assert capsys.readouterr().out == f"{result}\n"
    assert sorted(heart.parent.iterdir()) == [result, heart]

    result.write_text("by hand")
    assert run("segment", heart, "--format", "csv") == 2
    said = capsys.readouterr().err
    assert str(result) in said and "--force" in said and result.read_text() == "by hand"
    assert run("segment", heart, "--format", "csv", "-f") == 0
    assert result.read_text().startswith("s1_onset_s")


def test_the_result_on_standard_output(heart, capsys):
    assert run("segment", heart, "-o", "-") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["type"] == "session" and lines[-1]["type"] == "end"
    assert list(heart.parent.iterdir()) == [heart]


@pytest.mark.parametrize("out", [(), ("-o", "-")])
def test_several_recordings_need_a_folder(heart, capsys, out):
    for files in ([heart, heart], [heart.parent], [heart.with_name("*.wav")]):
        assert run("segment", *files, *out) == 2
        assert "--out DIR" in capsys.readouterr().err
    assert list(heart.parent.iterdir()) == [heart]


def test_a_folder_is_no_file(heart, capsys):
    assert run("segment", heart, "-o", heart.with_suffix(".tsv")) == 2
    assert "names a folder" in capsys.readouterr().err and list(heart.parent.iterdir()) == [heart]
