"""Where tests find the real data; everything else they make themselves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine must not fail a property, and CI must see the same examples as a developer.
settings.register_profile(
    "project", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.load_profile("project")

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parent.parent
_DATA = Path(os.environ.get("TCMOA_BENCH_DATA") or ROOT.parent / "shared" / "data")

#: The folder that holds the real data and the references' specifications, or None on a machine without it.
SHARED: Path | None = _DATA.resolve().parent if _DATA.is_dir() else None


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The shared folder (`data/`, `metrics/`, `tcmoa/`, ...); tests that need it skip where it is absent."""
    if SHARED is None:
        pytest.skip("no real data here: set TCMOA_BENCH_DATA to the folder of data packs")
    return SHARED


@pytest.fixture(scope="session")
def data_dir(shared_dir: Path) -> Path:
    """The folder of data packs."""
    return _DATA.resolve()
