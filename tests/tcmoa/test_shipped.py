"""The weights that come with the package: hash, size, recorded pictures."""

from __future__ import annotations

import numpy as np
import pytest

from tcmoa_bench.checkpoints import file_sha256
from tcmoa_bench.images import read_image
from tcmoa_bench.tcmoa.checkpoint import load_model, read_state
from tcmoa_bench.tcmoa.config import TINY
from tcmoa_bench.tcmoa.records import ENTRIES, TINY_WEIGHTS, recognise, shipped_weights
from tcmoa_bench.types import FuserOptions, Task
from tests.tcmoa.scenes import RECORDED, TASKS, fuse_scene, scene_pair


def test_weights_are_those_of_the_record() -> None:
    path = shipped_weights()
    assert file_sha256(path) in TINY_WEIGHTS.sha256
    assert path.stat().st_size == TINY_WEIGHTS.size <= 12_000_000
    assert load_model(path).config == TINY
    state, note = read_state(path)
    assert "tiny" in recognise(state) or "custom" in recognise(state)
    assert note["recipe"]


def test_model_card_names_these_weights() -> None:
    card = shipped_weights().with_suffix(".md").read_text(encoding="utf-8")
    assert TINY_WEIGHTS.sha256[0] in card


def test_listed_fuser_is_available_without_any_file() -> None:
    entry = next(entry for entry in ENTRIES if "tcmoa" in entry.record.aliases)
    assert entry.create(FuserOptions()).record.fingerprint == TINY_WEIGHTS.sha256[0]


@pytest.mark.parametrize("task", TASKS)
def test_recorded_pictures_are_reproduced(task: Task) -> None:
    recorded = read_image(RECORDED / f"{task}.png")
    # One level: other processors add in another order.
    assert np.abs(fuse_scene(task).astype(int) - recorded).max() <= 1


@pytest.mark.parametrize("task", TASKS)
def test_fused_scenes_keep_more_detail_than_the_average(task: Task) -> None:
    def detail(image: np.ndarray) -> float:
        gray = image.astype(float).mean(2) if image.ndim == 3 else image.astype(float)
        return float(np.abs(np.diff(gray, axis=0)).mean() + np.abs(np.diff(gray, axis=1)).mean())

    a, b = (np.atleast_3d(source) * np.ones(3) for source in scene_pair(task))
    assert detail(fuse_scene(task)) > 1.1 * detail((a + b) / 2)
