"""TC-MoA's entries in the fuser registry: facts only, so that listing them imports no torch."""

from __future__ import annotations

from tcmoa_bench.types import FuserEntry

ENTRIES: tuple[FuserEntry, ...] = ()
