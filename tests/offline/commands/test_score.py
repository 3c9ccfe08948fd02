"""`heartseg-offline score` finds the results where `segment` puts them."""

import json

import pytest
from offline_command import run

HEART = "".join(f"{0.2 * i:.1f}\t{0.2 * (i + 1):.1f}\t{i % 4 + 1}\n" for i in range(40))
SILENCE = "0\t8\t0\n"


def write(root, files):
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


def score(*args):
    return run("score", *args)


@pytest.fixture
def reference(tmp_path):
    """A set of two recordings."""
    files = {f"{name}.{ending}": HEART for name in ("a", "b") for ending in ("flac", "tsv")}
    return write(tmp_path / "set", files)


@pytest.mark.parametrize(
    "results",
    [
        {"a.tsv": HEART, "b.tsv": HEART},
        {"set/a.tsv": HEART, "set/b.tsv": HEART},  # `segment` of the folder above
        {"a.tsv": HEART, "b.tsv": HEART, "other/a.tsv": SILENCE},  # its own place comes first
        {"a.flac.tsv": HEART, "a.wav.tsv": SILENCE, "a.tsv": SILENCE, "b.tsv": HEART},
        {"x/a.flac.tsv": HEART, "x/a.wav.tsv": SILENCE, "y/b.tsv": HEART},
        {"a.tsv": HEART, "b.tsv": HEART, "summary.csv": "file,seconds\n"},
    ],
)
def test_where_results_lie(reference, tmp_path, results, capsys):
    events = write(tmp_path / "events", results)
    assert score(reference, events, "--json", tmp_path / "s.json") == 0
    assert json.loads((tmp_path / "s.json").read_text())["tolerance_ms"]["60"]["both"]["f1"] == 1
    assert "no result" not in capsys.readouterr().err


def test_results_in_sub_folders_as_references(tmp_path):
    for folder in ("mine", "theirs"):
        write(tmp_path / folder, {"one/a.tsv": HEART, "two/a.tsv": HEART, "summary.csv": "file,seconds\n"})
    assert score(tmp_path / "mine", tmp_path / "theirs", "--json", tmp_path / "s.json") == 0
    both = json.loads((tmp_path / "s.json").read_text())["tolerance_ms"]["60"]["both"]
    assert both["f1"] == 1 and both["references"] > 30


@pytest.mark.parametrize(
    ("results", "message"),
    [({}, "no result of any of the 2 recordings"), ({"x/a.tsv": HEART, "y/a.tsv": HEART}, "either may be the result")],
)
def test_results_that_do_not_fit(reference, tmp_path, results, message, capsys):
    events = write(tmp_path / "events", results)
    events.mkdir(exist_ok=True)
    assert score(reference, events) == 1
    said = capsys.readouterr().err
    assert message in said and str(events) in said and len(said.splitlines()) == 1


def test_a_missing_result_counts_as_empty(reference, tmp_path, capsys):
    assert score(reference, write(tmp_path / "events", {"b.tsv": HEART})) == 0
    assert "1 recordings have no result and count as empty: a" in capsys.readouterr().err


def test_a_set_in_sub_folders(tmp_path):
    """As `segment SET --out EVENTS` keeps its folders; a folder of results among them is no set."""
    names = [f"{part}/{name}" for part in ("train", "dev") for name in "ab"]
    write(tmp_path / "set", {f"{name}.{ending}": HEART for name in names for ending in ("flac", "tsv")})
    write(tmp_path / "set", {"old/a.tsv": SILENCE})
    events = write(tmp_path / "events", {f"{name}.tsv": SILENCE if name == "dev/b" else HEART for name in names})
    assert score(tmp_path / "set", events, "--json", tmp_path / "s.json") == 0
    both = json.loads((tmp_path / "s.json").read_text())["tolerance_ms"]["60"]["both"]
    assert both["fn"] == both["references"] / 4 and both["fp"] == 0


def test_files_that_exist_stay(reference, tmp_path, capsys):
    events, figures = write(tmp_path / "events", {"a.tsv": HEART, "b.tsv": HEART}), tmp_path / "s.json"
    figures.write_text("mine")
    write(tmp_path, {"plots/a.png": "mine"})
    drawn = ("--worst", "2", "--plots", tmp_path / "plots", "--json", tmp_path / "new.json")
    for options in (("--json", figures), drawn):
        assert score(reference, events, *options) == 2
        said = capsys.readouterr().err
        assert "exists" in said and "--force" in said and len(said.splitlines()) == 1
    assert figures.read_text() == (tmp_path / "plots/a.png").read_text() == "mine"
    assert not (tmp_path / "new.json").exists()
    assert score(reference, events, "--json", figures, "--force") == 0 and figures.read_text() != "mine"
