"""Where tests find the real data, folders of small pairs, a cache of their own; everything else they make themselves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from tcmoa_bench.cli import main
from tcmoa_bench.datasets import DATASETS
from tcmoa_bench.metrics import CONVENTIONS
from tcmoa_bench.registry import Registry
from tests.commands import save

# A busy machine must not fail a property, and CI must see the same examples as a developer.
settings.register_profile(
    "project", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.load_profile("project")

# The networks' goldens were recorded with AVX2 kernels; oneDNN's AVX-512 convolutions move SHIP by 4e-4 of its range.
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX2")

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parent.parent
_DATA = Path(os.environ.get("TCMOA_BENCH_DATA") or ROOT.parent / "shared" / "data")

#: The folder that holds the real data and the references' specifications, or None on a machine without it.
SHARED: Path | None = _DATA.resolve().parent if _DATA.is_dir() else None


@pytest.fixture(autouse=True)
def registries_stay_as_they_were() -> Iterator[None]:
    """What a test's own modules register is forgotten after it."""
    registries: list[Registry[Any]] = [CONVENTIONS, DATASETS]
    before = [(r, dict(r._items), dict(r._names)) for r in registries]
    yield
    for registry, items, names in before:
        registry._items, registry._names = items, names


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


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def cache(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TCMOA_BENCH_CACHE", str(shared_cache))
    return shared_cache


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs `tcmoa-bench ...`; returns exit code, stdout, stderr."""

    def run(*args: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main([str(arg) for arg in args])
        out = capsys.readouterr()
        return int(end.value.code or 0), out.out, out.err

    return run


@pytest.fixture
def pairs(tmp_path: Path) -> Callable[..., Path]:
    """`pairs({"p1": (a, b), ...})` writes A/ and B/ and a suite file beside them, and returns the suite's path."""

    def make(
        images: Mapping[str, tuple[np.ndarray, np.ndarray]], metrics: str = '["EN@tang2023"]', extra: str = ""
    ) -> Path:
        for name, (a, b) in images.items():
            save(tmp_path / "A" / f"{name}.png", a)
            save(tmp_path / "B" / f"{name}.png", b)
        suite = tmp_path / "suite.toml"
        suite.write_text(
            f'name = "mine"\nmetrics = {metrics}\n{extra}\n[[datasets]]\nname = "pairs"\ntask = "vif"\na = "A"\nb = "B"\n'
        )
        return suite

    return make
