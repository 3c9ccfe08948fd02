"""How the process gets its memory. A training run frees and takes tens of megabytes at every batch."""

import ctypes
import platform

_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8  # of mallopt(3)


def keep_freed_memory() -> None:
    """Let the C library keep what is freed, for the whole process; does nothing without glibc.

    Else it gives large arrays back to the system, which hands them out again page by page, each page cleared.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL(None)
    libc.mallopt(_MMAP_MAX, 0)
    libc.mallopt(_TRIM_THRESHOLD, 2**31 - 1)
    libc.mallopt(_ARENA_MAX, 1)  # the other arenas hold no large arrays
