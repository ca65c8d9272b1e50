"""A cache of their own for these tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(cache: Path) -> Path:
    return cache
