"""Each format read back by a tool of its own kind, and scored."""

import csv
import json

import numpy as np
import pytest

from heartseg.offline import console
from heartseg.offline.cli import main
from heartseg.offline.datasets.circor import read_circor_tsv
from heartseg.offline.datasets.recording import DataError
from heartseg.offline.formats import FORMATS, read_prediction, read_recording
from heartseg.offline.segmentation import Findings
from heartseg.stream.events import Gap, Onset, Sound
from heartseg.stream.sinks.base import Accounts

SESSION = {"type": "session", "heartseg": "0.1.0", "model": "heartseg-5", "notice": "Not a medical device."}
ACCOUNTS = Accounts(10 * 44_100, 10 * 44_100, 0, 0)


def beat(start):
    return [
        Sound("S1", start, start + 5292, 0.9, start + 9000),
        Sound("S2", start + 14_000, start + 18_807, 0.7, start + 22_000),
    ]


EVENTS = [
    Onset("S1", 10_000, 0.6, 12_000),
    *beat(10_000),
    *beat(47_003),
    Gap(90_000, 100_000, "overflow"),
    *beat(110_001),
    Sound("S1", 150_000, 155_000, 0.8, 160_000),
]
SOUNDS = [e for e in EVENTS if isinstance(e, Sound)]


def tool(name):
    """The package, which the tests need."""
    return pytest.importorskip(name, reason=f"the extra 'test' brings {name}")


def write(folder, form, events=EVENTS, name="r"):
    path = folder / (name + FORMATS[form].ending)
    path.write_bytes(FORMATS[form].write(Findings(list(events), ACCOUNTS, SESSION, [])))
    return path


def test_the_command_offers_every_format():
    assert list(FORMATS) == ["jsonl", "tsv", "audacity", "csv", "wfdb"]


def test_json_lines(tmp_path):
    lines = [json.loads(line) for line in write(tmp_path, "jsonl").read_text().splitlines()]
    assert [line["type"] for line in lines[:3]] == ["session", "onset", "sound"] and lines[-1]["type"] == "end"
    sounds = [line for line in lines if line["type"] == "sound"]
    assert [(s["kind"], s["onset_sample"], s["offset_sample"]) for s in sounds] == [
        (s.kind, s.onset, s.offset) for s in SOUNDS
    ]


def test_tsv_as_circor_is_read(tmp_path):
    start, end, state = read_circor_tsv(write(tmp_path, "tsv"))
    assert state.tolist() == [0, 1, 2, 3, 4, 1, 2, 3, 0, 1, 2, 3, 4, 1, 0]
    np.testing.assert_array_equal(start[1:], end[:-1])
    assert start[0] == 0 and end[-1] == 10.0
    np.testing.assert_allclose(start[state == 1] * 44_100, [s.onset for s in SOUNDS if s.kind == "S1"], atol=0.05)


def test_audacity_labels_with_mir_eval(tmp_path):
    intervals, labels = tool("mir_eval").io.load_labeled_intervals(str(write(tmp_path, "audacity")), delimiter="\t")
    assert labels == ["S1", "S2", "S1", "S2", "gap: overflow", "S1", "S2", "S1"]
    wanted = [(s.onset, s.offset) for s in SOUNDS]
    np.testing.assert_allclose(np.delete(intervals, 4, 0) * 44_100, wanted, atol=0.05)


def test_beats_with_csv_and_numpy(tmp_path):
    path = write(tmp_path, "csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 and rows[1]["rr_s"] == "" and rows[3]["s2_onset_s"] == ""
    table = np.genfromtxt(path, delimiter=",", names=True)
    np.testing.assert_allclose(table["s1_onset_s"] * 44_100, [10_000, 47_003, 110_001, 150_000], atol=0.05)
    assert table["rr_s"][0] == pytest.approx(37_003 / 44_100, abs=1e-6)
    assert table["s1_s2_s"][0] == pytest.approx(14_000 / 44_100, abs=1e-6)
    assert table["s2_s1_s"][0] == pytest.approx(23_003 / 44_100, abs=1e-6)
    assert table["ratio"][0] == pytest.approx(14_000 / 23_003, abs=1e-6)
    assert table["s1_s"][0] == pytest.approx(0.12) and table["confidence"][0] == pytest.approx(0.8)


def test_wfdb_annotations_with_wfdb(tmp_path):
    wfdb = tool("wfdb")
    path = write(tmp_path, "wfdb", name="a b.1")  # a name that the package would not write
    found = wfdb.rdann(str(path.with_suffix("")), path.suffix[1:])
    assert found.fs == 44_100
    marks = list(zip(found.sample.tolist(), found.symbol, (note.strip("\0") for note in found.aux_note), strict=True))
    assert b"Not a medical device." in path.read_bytes()
    wanted = [mark for s in SOUNDS for mark in ((s.onset, "(", s.kind), (s.offset, ")", s.kind))]
    assert [mark for mark in marks if mark[1] in "()"] == wanted
    assert (90_000, "~", "gap: overflow") in marks and (100_000, "~", "") in marks


def test_wfdb_of_a_long_recording_and_of_none(tmp_path):
    tool("wfdb")
    day = 24 * 3600 * 44_100
    far = Sound("S1", day, day + 5000, 0.9, day + 9000)
    near = Sound("S2", day + 5000, day + 9000, 0.9, day + 9000)  # begins where the other ends
    found = read_prediction(write(tmp_path, "wfdb", [far, near])).sounds
    np.testing.assert_allclose(found["S1"] * 44_100, [(day, day + 5000)])
    np.testing.assert_allclose(found["S2"] * 44_100, [(day + 5000, day + 9000)])
    assert len(read_prediction(write(tmp_path, "wfdb", [])).sounds["S1"]) == 0


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_written_is_read(tmp_path, form):
    if form == "wfdb":
        tool("wfdb")
    path = write(tmp_path, form)
    found = read_prediction(path)
    for kind in ("S1", "S2"):
        wanted = [(s.onset / 44_100, s.offset / 44_100) for s in SOUNDS if s.kind == kind]
        np.testing.assert_allclose(found.sounds[kind], wanted, atol=1e-4)
    if form != "csv":  # a table of beats has no gaps
        as_circor = read_recording(write(tmp_path, "tsv"))
        keep = as_circor.state > 0
        reference = read_recording(path)
        np.testing.assert_array_equal(reference.state[reference.state > 0], as_circor.state[keep])
        np.testing.assert_allclose(reference.start_s[reference.state > 0], as_circor.start_s[keep], atol=1e-4)


def test_any_format_as_reference_and_as_prediction(data, tmp_path, capsys):
    tool("wfdb")
    recording, figures = data / "circor/dev/13918_AV.flac", {}
    for form in FORMATS:
        out, figures_file = tmp_path / form, ["--force", "--json", str(tmp_path / "s.json")]
        assert main(["segment", str(recording), "--out", str(out), "--format", form]) == 0
        assert main(["score", str(recording.with_suffix(".tsv")), str(out), *figures_file]) == 0
        figures[form] = json.loads((tmp_path / "s.json").read_text())["tolerance_ms"]["60"]["both"]["f1"]
        for reference in (out, next(out.glob("13918_AV*"))):
            assert main(["score", str(reference), str(tmp_path / "jsonl"), *figures_file]) == 0
            both = json.loads((tmp_path / "s.json").read_text())["tolerance_ms"]["60"]["both"]
            assert both["f1"] == 1.0 and both["references"] > 10
    assert figures["jsonl"] > 0.9 and set(figures.values()) == {figures["jsonl"]}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"time,kind\n1,S1\n", "no column s1_onset_s"),
        ("a.csv", b"s1_onset_s,s1_s,s2_onset_s,s2_s\n1.0,x,,\n", "line 2"),
        ("a.csv", b"s1_onset_s,s1_s,s2_onset_s,s2_s\n1.0\n", "line 2"),
        ("a.csv", b"\xff\xfe\x00", "a.csv"),
        ("a.pcg", b"no annotations", "a.pcg"),
        ("a.pcg", b"", "a.pcg"),
    ],
)
def test_damaged_files(tmp_path, name, content, said):
    if name.endswith("pcg"):
        tool("wfdb")
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=said):
        read_prediction(path)


def test_labels_made_by_hand(tmp_path):
    """As Audacity exports them, frequencies and other labels included."""
    path = tmp_path / "r.txt"
    path.write_text("1.000000\t1.100000\tS1\n\\\t20.0\t500.0\n1.300000\t1.400000\tS2\n2.0\t2.5\tmurmur\n")
    found = read_prediction(path).sounds
    assert found["S1"].tolist() == [[1.0, 1.1]] and found["S2"].tolist() == [[1.3, 1.4]]


def test_a_missing_library_is_told_before_any_work(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(console, "find_spec", lambda name: None)
    assert main(["segment", str(tmp_path), "--out", str(tmp_path / "out"), "--format", "wfdb"]) == 1
    assert "heartseg[wfdb]" in capsys.readouterr().err and not (tmp_path / "out").exists()
    (tmp_path / "r.pcg").write_bytes(b"")
    assert main(["score", str(tmp_path / "r.pcg"), str(tmp_path)]) == 1
    assert "heartseg[wfdb]" in capsys.readouterr().err
