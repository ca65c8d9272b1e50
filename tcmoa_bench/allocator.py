"""What the C library does with memory that is freed."""

from __future__ import annotations

import ctypes
import functools
import os

# Numbers of glibc's <malloc.h>.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
_INT_MAX = 2**31 - 1


@functools.cache
def keep_freed_memory() -> None:
    """Let this process use freed memory again instead of giving it back, where the C library is glibc.

    glibc maps each array above 32 MiB anew and unmaps it when it is freed; the kernel then clears every page of the next
    one. Networks and pyramids make such arrays by the dozen, and half of their processor time went there. What is
    computed stays the same. A process keeps up to a quarter of the machine's memory, divided by its cores, and at most 2 GiB.
    """
    mallopt = _function("mallopt")
    if mallopt is not None:
        share = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (4 * (os.cpu_count() or 1))
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, min(share, _INT_MAX))


def give_back() -> None:
    """Return what is free to the machine now, for whoever asks next how much it can spare."""
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)


@functools.cache
def _function(name: str) -> ctypes._NamedFuncPointer | None:
    try:
        return getattr(ctypes.CDLL(None), name, None)
    except (OSError, TypeError):  # Windows has no library of the process itself
        return None
