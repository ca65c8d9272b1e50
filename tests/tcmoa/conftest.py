"""Fixtures of the model's tests. `golden` holds the folder's only skip."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tcmoa_bench.tcmoa.config import TINY, TCMoAConfig
from tcmoa_bench.tcmoa.model import TCMoA

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _few_threads() -> None:
    # The suite runs in several processes; small networks gain nothing from more threads.
    torch.set_num_threads(1)


def shared_folder() -> Path:
    """The folder of specifications and recorded tensors beside the data."""
    return Path(os.environ.get("TCMOA_BENCH_DATA", REPOSITORY.parent / "shared" / "data")).resolve().parent


@pytest.fixture
def golden() -> Callable[[str], Path]:
    """Path of a file among the official code's recordings; skips the test where they are not on this machine."""

    def find(name: str) -> Path:
        path = shared_folder() / "tcmoa" / name
        if not path.exists():
            pytest.skip(f"{name}: the official code's recordings are not here; set TCMOA_BENCH_DATA")
        return path

    return find


SMALL = replace(
    TINY,
    name="small",
    embed_dim=32,
    num_heads=2,
    decoder_embed_dim=32,
    decoder_num_heads=2,
    depth=2,
    decoder_depth=2,
)
SMALL_OFFICIAL = TCMoAConfig(
    name="small-official",
    embed_dim=32,
    depth=4,
    num_heads=2,
    decoder_embed_dim=32,
    decoder_depth=4,
    decoder_num_heads=2,
)


def make_model(config: TCMoAConfig, seed: int = 0) -> TCMoA:
    """A network with random weights, routers included, in evaluation mode."""
    torch.manual_seed(seed)
    model = TCMoA(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(("w_gate", "w_noise")):
                parameter.normal_(std=0.5)
            elif name.startswith("decoder_pred.weight"):
                parameter.normal_(std=0.05)
    return model.eval()


@pytest.fixture
def small() -> TCMoA:
    """A network with this project's options."""
    return make_model(SMALL)


@pytest.fixture
def small_official() -> TCMoA:
    """A network with the official options."""
    return make_model(SMALL_OFFICIAL)


def picture(height: int, width: int, seed: int = 0, channels: int = 3) -> np.ndarray:
    """A smooth random `uint8` picture."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / 32
    planes = [
        np.sin(x * rng.uniform(0.5, 2) + rng.uniform(0, 6)) + np.cos(y * rng.uniform(0.5, 2))
        for _ in range(3)
    ]
    image = np.stack(planes, 2) * 40 + 127 + rng.normal(0, 8, (height, width, 3))
    image = image.clip(0, 255).astype(np.uint8)
    return image if channels == 3 else image[..., 0]
