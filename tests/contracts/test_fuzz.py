"""Files that are damaged, or that lie: each reader reads them or refuses them, in one line, and takes little.

The night form is `python tests/support/fuzz.py --count 100000`.
"""

import subprocess
import sys
from pathlib import Path

import fuzz
import pytest
from fuzz_readers import CLAIMS, READERS, wav

from heartseg.stream.sources.base import SourceError
from heartseg.stream.sources.file import FileSource


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_500_damaged_files(tmp_path, name):
    if name == "wfdb":
        pytest.importorskip("wfdb", reason="the extra 'test' brings wfdb")
    command = [sys.executable, Path(fuzz.__file__), name, "--count=500", f"--keep={tmp_path}"]
    result = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=300)
    assert result.returncode == 0, f"{result.returncode} {result.stderr[-2000:]}"
    assert f"{name}: 500 files" in result.stdout


def test_damage_is_done_and_can_be_done_again():
    import random

    for binary in (True, False):
        seed = b"S1,1.5,2\nS2,1.7,3\n" * 9
        first, second = ([fuzz.damaged(seed, binary, random.Random(n)) for n in range(500)] for _ in range(2))
        assert first == second and sum(content != seed for content in first) > 450 and len(set(first)) > 400


@pytest.mark.parametrize("says", CLAIMS)
def test_headers_that_claim_what_cannot_be(tmp_path, says):
    path = tmp_path / "a.wav"
    path.write_bytes(CLAIMS[says])
    if says.startswith("2^"):
        source = FileSource(path)
        assert sum(map(len, source.blocks())) == 400 * 44_100 // 8_000
        assert len(source.warnings) <= 1
    elif says == "1,000 channels":
        assert sum(map(len, FileSource(path).blocks())) > 0
    else:
        with pytest.raises(SourceError, match=r"a\.wav") as refused:
            list(FileSource(path).blocks())
        assert "\n" not in str(refused.value)


def test_the_plain_header_is_read(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav())
    source = FileSource(tmp_path / "a.wav")
    assert sum(map(len, source.blocks())) == 400 * 44_100 // 8_000 and source.warnings == []
