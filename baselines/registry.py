"""The list of built-in fusers: records only, so that listing them imports neither torch nor OpenCV."""

from __future__ import annotations

from tcmoa_bench.registry import Registry
from tcmoa_bench.types import FuserEntry

FUSERS: Registry[FuserEntry] = Registry("fuser")


def register(entries: list[FuserEntry]) -> None:
    """Add entries under their records' names and aliases."""
    for entry in entries:
        FUSERS.add(entry.record.name, entry, entry.record.aliases)
