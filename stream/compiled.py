"""numba's `njit` with a cache folder that can be written, wherever heartseg is installed and whoever runs it."""

import os
import tempfile
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


_choose_cache()

from numba import njit  # noqa: E402 (numba reads the variable when it is imported)

__all__ = ["njit"]
