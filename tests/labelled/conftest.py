"""Labelled pairs and runs over them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.commands import call, save
from tests.test_labels import OBJECT

BOXES = {"190001": [(11, 11, 30, 40), (41, 5, 60, 30)], "190002": [(2, 3, 12, 20)], "190003": []}
SIZE = (48, 64)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """LLVIP pairs with boxes and MSRS pairs with class maps, and a run of two fusers over each."""
    root = tmp_path_factory.mktemp("labelled")
    random = np.random.default_rng(0)
    (root / "data/LLVIP/Annotations").mkdir(parents=True)
    for stem, boxes in BOXES.items():
        for role in ("visible", "infrared"):
            image = random.integers(0, 256, SIZE, dtype=np.uint8)
            save(root / "data/LLVIP" / role / f"test/{stem}.png", image)
        objects = "".join(OBJECT.format("person", *box) for box in boxes)
        (root / f"data/LLVIP/Annotations/{stem}.xml").write_text(f"<annotation>{objects}</annotation>")
    for stem in ("00001D", "00002N"):
        for role in ("vi", "ir"):
            save(root / f"data/MSRS/test/{role}/{stem}.png", random.integers(0, 256, SIZE, dtype=np.uint8))
        numbers = np.zeros(SIZE, np.uint8)
        numbers[:10], numbers[20:30, 20:40], numbers[40:] = 1, 2, 255
        save(root / f"data/MSRS/test/Segmentation_labels/{stem}.png", numbers)
    for name in ("llvip", "msrs"):
        suite = root / f"{name}.toml"
        suite.write_text(f'name = "mine"\nmetrics = ["EN@textbook"]\n[[datasets]]\nname = "{name}"\n')
        done = call("run", "--suite", suite, "--data", root / "data", "--fusers", "average,maximum", "--out", root / name,
                    "--no-report")  # fmt: skip
        assert done.code == 0, done.err
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "copy")
    return tmp_path / "copy"
