"""The notebook runs from its first cell to its last, and is kept without outputs."""

import json
from pathlib import Path

import pytest

NOTEBOOK = json.loads((Path(__file__).parents[2] / "docs/heartseg.ipynb").read_text(encoding="utf-8"))
CODE = ["".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


def test_it_is_kept_without_outputs():
    assert NOTEBOOK["nbformat"] == 4 and len({cell["id"] for cell in NOTEBOOK["cells"]}) == len(NOTEBOOK["cells"])
    cells = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
    assert cells and not any(cell["outputs"] or cell["execution_count"] for cell in cells)


@pytest.mark.slow
def test_it_runs():
    for library in ("librosa", "matplotlib", "pandas"):
        pytest.importorskip(library, reason="the notebook needs the extra 'notebook'")
    names = {}
    for cell in CODE:
        exec(compile(cell, "heartseg.ipynb", "exec"), names)
    found, sounds = names["found"], names["sounds"]
    assert 70 <= found.heart_rate <= 74 and found.coverage > 0.8
    assert len(sounds) == len(found.sounds) >= 24 and set(sounds.kind) == {"S1", "S2"}
    assert [len(names[axes].patches) for axes in ("above", "below")] == [len(sounds)] * 2
    assert 0 < len(names["clip"]) < names["rate"]
