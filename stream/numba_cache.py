"""numba's `njit` with a cache folder that can be written, wherever heartseg is installed and whoever runs it."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        return False


def _choose_cache() -> None:
    """Numba caches beside the source or in the user's cache folder, and gives up without either: lend it one."""
    if "NUMBA_CACHE_DIR" in os.environ or not hasattr(os, "getuid"):
        return
    home = Path(os.path.expanduser("~"))
    if _writable(Path(__file__).parent / "__pycache__") or (home.is_absolute() and _writable(home / ".cache/numba")):
        return
    folder = Path(tempfile.gettempdir()) / f"heartseg-numba-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        ours = folder.stat().st_uid == os.getuid() and not folder.is_symlink() and not folder.stat().st_mode & 0o077
    except OSError:
        ours = False
    os.environ["NUMBA_CACHE_DIR"] = str(folder) if ours else tempfile.mkdtemp(prefix="heartseg-numba-")


@contextlib.contextmanager
def _scipy_hidden() -> Iterator[None]:
    """Numba loads SciPy's linear algebra where it finds it: 16 MB and a third of the start-up, and nothing here
    needs it (in numba functions only `np.cov` and `np.corrcoef` do).
    """
    hide = "scipy" not in sys.modules
    if hide:
        sys.modules["scipy"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hide:
            del sys.modules["scipy"]


_choose_cache()

with _scipy_hidden():
    import numba.np.arraymath  # noqa: F401 (what looks for SciPy)
    from numba import njit

__all__ = ["njit"]
