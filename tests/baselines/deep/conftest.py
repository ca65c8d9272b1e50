from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from tcmoa_bench.types import Pair, Task


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    # As the goldens were made: another order of sums moves values across a truncation, which CLAHE widens.
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def weights_dir(shared_dir: Path) -> Path:
    """The folder of weights files and goldens."""
    return shared_dir / "weights"


def pair(task: Task, name: str = "scene") -> Pair:
    """A pair by name only, for fusers that are handed the images."""
    return Pair("test", name, task, Path("a.png"), Path("b.png"))


def golden_rows(folder: Path) -> list[dict[str, str]]:
    with open(folder / "golden" / "golden.csv", newline="") as file:
        return list(csv.DictReader(file))


def scene(height: int, width: int, seed: int = 0, *, colour: bool = False) -> np.ndarray:
    """A smooth picture with some texture, `uint8`."""
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(seed).normal(0, 8, (height, width))
    gray = 110 + 60 * np.sin((x + 3 * seed) / 9) * np.cos(y / 7) + noise
    image = np.stack([gray, 0.8 * gray + 20, 255 - gray], axis=2) if colour else gray
    return np.clip(image, 0, 255).astype(np.uint8)


def untrained(name: str, device: str = "cpu", **options: str):
    """A registered fuser with random weights: what shapes and checks need, without any file."""
    from importlib import import_module

    from tcmoa_bench.baselines import FUSERS
    from tcmoa_bench.types import FuserOptions

    entry = FUSERS[name]
    torch.manual_seed(0)
    kind = import_module(entry.build.partition(":")[0]).build.__self__
    return kind(entry.record, FuserOptions(device, extra=options), **entry.settings)
