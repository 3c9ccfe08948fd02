"""The page of the shipped network has the form that the field reads, and its figures are those of the files."""

import json
import re
from pathlib import Path

import pytest

from heartseg.models import DEFAULT

MODELS = Path(__file__).parents[2] / "models"
PAGE = (MODELS / f"{DEFAULT}.md").read_text()
SCORES = json.loads((MODELS / f"{DEFAULT}.json").read_text())["scores"]


def test_the_front_matter_tells_licence_data_and_scores():
    yaml = pytest.importorskip("yaml", reason="the extra 'test' brings PyYAML")
    front = yaml.safe_load(PAGE.split("---\n")[1])
    assert front["license"] == "mit" and len(front["datasets"]) == 2 and front["metrics"] == ["f1"]
    (entry,) = front["model-index"]
    scores = {result["dataset"]["type"]: result["metrics"][0]["value"] for result in entry["results"]}
    assert entry["name"] == DEFAULT and scores == SCORES


def test_the_tables_have_the_scores_of_the_file():
    rows = dict(re.findall(r"^\| (\S+/dev) \([^|]*\) \| ([\d.]+) \|", PAGE.split("### By clinic")[1], re.M)[:2])
    assert {name: float(f1) for name, f1 in rows.items()} == json.loads((MODELS / f"{DEFAULT}.json").read_text())[
        "scores"
    ]


def test_it_tells_what_the_network_is_for_and_what_not():
    assert "Not a medical device" in PAGE
    headings = re.findall(r"^#{2,3} (.+)$", PAGE, re.M)
    wanted = ["Intended use", "Out of scope", "Limits", "Data", "Training", "Calibration", "Environmental cost"]
    assert [heading for heading in headings if heading in wanted] == wanted
