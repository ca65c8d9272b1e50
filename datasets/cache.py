"""The user's cache folder, and folders that appear in it complete or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from tcmoa_bench.images import show
from tcmoa_bench.types import BenchError


def cache_folder() -> Path:
    """`TCMOA_BENCH_CACHE`, else `tcmoa-bench` in the user's cache folder (XDG)."""
    chosen = os.environ.get("TCMOA_BENCH_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "tcmoa-bench"


def made_once(name: str, files: tuple[str, ...], make: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache with `files` in it; made now if one of them is missing.

    Several processes may ask at the same time: each makes its own copy, the first one stays.

    Raises:
        BenchError: The cache cannot be written.
    """
    folder = cache_folder() / name
    if all((folder / file).is_file() for file in files):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".making-") as work:
            fresh = Path(work) / "new"
            fresh.mkdir()
            make(fresh)
            _put(fresh, folder, files, Path(work) / "old")
    except OSError as error:
        raise BenchError(
            f"cannot write to the cache {show(folder)}: {error.strerror or error}; "
            "set TCMOA_BENCH_CACHE to a folder that can be written"
        ) from None
    return folder


def _put(fresh: Path, folder: Path, files: tuple[str, ...], old: Path) -> None:
    try:
        fresh.rename(folder)
    except OSError:
        if all((folder / file).is_file() for file in files):
            return  # another process was first
        # An incomplete folder: somebody removed a file. It gives way as a whole.
        folder.rename(old)
        fresh.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
