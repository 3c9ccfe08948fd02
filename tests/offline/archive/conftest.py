"""An archive of simulated hearts."""

import pytest
from archives import heart


@pytest.fixture
def archive(tmp_path):
    """Five recordings in three folders, and what is none."""
    root = tmp_path / "archive"
    for seed, name in enumerate(("a.wav", "one/a.flac", "one/b.wav", "two/deep/a.ogg", "two/c.aiff")):
        heart(root / name, seed=seed)
    (root / "one/notes.txt").write_text("no sound")
    (root / ".hidden").mkdir()
    (root / ".hidden/x.wav").write_text("no sound")
    (root / "one/._b.wav").write_text("no sound")
    return root
