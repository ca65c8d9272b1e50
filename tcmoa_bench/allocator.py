"""What the C library does with memory that is freed, where it is glibc; others are left alone.

glibc maps each array above 32 MiB anew and unmaps it when it is freed, and the kernel clears every page of the next one:
half of a network's processor time went there. Kept and used again, memory falls into pieces, and a call may need up to
twice as much of it; so that is done only where the machine has room.
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

# Numbers of glibc's <malloc.h>, and the values that its own rules end at (they rest once a number was set).
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -3, -4, -8
_GIVE_BACK = {_MMAP_MAX: 65536, _MMAP_THRESHOLD: 32 << 20, _TRIM_THRESHOLD: 64 << 20}
# One heap: those of other threads cannot grow beyond 64 MiB, and map what is larger whatever the rules.
_KEEP = {_MMAP_MAX: 0, _TRIM_THRESHOLD: 2**31 - 1, _ARENA_MAX: 1}
_PIECES = 2
_CONTAINER = Path("/sys/fs/cgroup")

#: Bytes a pixel that a task took when its memory was given back.
_needs: dict[str, float] = {}


@contextmanager
def memory_used_again(task: str, pixels: int) -> Iterator[None]:
    """Keep the memory that a task frees for the arrays that follow; what it computes stays the same.

    The first time, memory is given back and the task's need is measured. Later it is kept if twice the need fits into the
    free memory as often as the machine has cores, for there may be as many processes.

    Args:
        task: A name that stands for work of the same kind.
        pixels: Size of the work; need grows with it.
    """
    need = _needs.get(task)
    if need is None:
        _set(_GIVE_BACK)
        give_back()
        before = _restart_peak()
        yield
        if before is not None:
            _needs[task] = max(_status("VmHWM") - before, 0) / pixels
        return
    if _PIECES * need * pixels * (os.cpu_count() or 1) <= free_memory() + resident_memory():
        _set(_KEEP)
    else:
        _set(_GIVE_BACK)
        give_back()
    yield


def give_back() -> None:
    """Return what is free to the machine now."""
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)


def free_memory() -> int:
    """Bytes that this machine, or the container around this process, can still give."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            free = next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return (
            os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2 if hasattr(os, "sysconf") else 2**31
        )
    left = _left_in_container(_CONTAINER)
    return free if left is None else min(free, left)


def _left_in_container(folder: Path) -> int | None:
    """Bytes below the limit of a control group (version 2), files that the kernel can drop not counted; None without one."""
    try:
        limit, used = (int((folder / name).read_text("ascii")) for name in ("memory.max", "memory.current"))
        facts = dict(line.split() for line in (folder / "memory.stat").read_text("ascii").splitlines())
        return max(limit - used + int(facts["inactive_file"]), 0)
    except (OSError, ValueError, KeyError):  # no such group; a limit of `max` is no number
        return None


def resident_memory() -> int:
    """Bytes of memory that this process has; 0 where that is not known."""
    return _status("VmRSS")


def _restart_peak() -> int | None:
    """Measure the peak from now on; the bytes in use now, None where there is no glibc or the kernel refuses."""
    if _function("mallopt") is None:
        return None
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return None
    return _status("VmRSS") or None


def _status(field: str) -> int:
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith(field))
    except (OSError, StopIteration):
        return 0


def _set(rules: Mapping[int, int]) -> None:
    mallopt = _function("mallopt")
    if mallopt is not None:
        for number, value in rules.items():
            mallopt(number, value)


@functools.cache
def _function(name: str) -> ctypes._NamedFuncPointer | None:
    try:
        return getattr(ctypes.CDLL(None), name, None)
    except (OSError, TypeError):  # Windows has no library of the process itself
        return None
