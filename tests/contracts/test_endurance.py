"""Ten minutes of what `python bench/soak.py` does in a day: nothing is lost, drifts, or grows."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parents[2] / "bench/soak.py"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads memory and files from /proc")
def test_ten_minutes(tmp_path):
    """The measurement's own verdict, and that it has seen what it judges."""
    figures = tmp_path / "soak.json"
    run = subprocess.run(
        [sys.executable, str(SOAK), "--hours", str(1 / 6), "--json", str(figures)], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    result = json.loads(figures.read_text())
    assert result["faults"] == [] and result["compared"] > 250
    assert len(result["parts"]) == 4 and all(part["f1"] > 0.98 for part in result["parts"])
