"""What made a run: versions, command, hardware. Enough to explain a number that moved."""

from __future__ import annotations

import datetime
import functools
import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from tcmoa_bench.images import show
from tcmoa_bench.version import __version__

#: Libraries whose version can move a number.
LIBRARIES = (
    "numpy", "scipy", "opencv-python-headless", "pillow", "PyWavelets", "scikit-image", "torch", "torchvision", "timm",
    "piq",
)  # fmt: skip


@functools.cache
def environment() -> dict[str, Any]:
    """Versions and hardware of this process, without importing the libraries."""
    return {
        "tcmoa_bench": __version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "libraries": {name: version for name in LIBRARIES if (version := _version(name))},
        "platform": platform.platform(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
    }


def command_line() -> list[str]:
    """The command as typed, with the program's bare name."""
    return [Path(sys.argv[0]).name.replace("__main__.py", "tcmoa-bench"), *map(show, sys.argv[1:])]


def now() -> str:
    """UTC time stamp, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def file_hash(path: Path) -> str | None:
    """SHA-256 of a file's bytes, None if it cannot be read, or is a pipe or a device, which could wait for ever."""
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def fingerprint(parts: Iterable[object]) -> str:
    """Short digest of a sequence of facts, in order."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(repr(part).encode("utf-8", "surrogateescape") + b"\n")
    return digest.hexdigest()[:16]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    """Commit of a source checkout, None elsewhere."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    try:
        text = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "--short=12", "HEAD"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return text.strip()


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()
