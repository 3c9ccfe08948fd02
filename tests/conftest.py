"""Where the real recordings are, and shared helpers."""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("HEARTSEG_DATA", Path(__file__).parents[2] / "shared/data"))


@pytest.fixture(scope="session")
def data():
    """The folder of public sets; skips where it is absent, fails in CI."""
    if not (DATA / "circor").is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"CI needs the recordings, and {DATA} has none")
        pytest.skip(f"no recordings in {DATA}: set HEARTSEG_DATA")
    return DATA


@pytest.fixture(scope="session")
def network():
    """The shipped network."""
    from heartseg.models import load

    return load()
