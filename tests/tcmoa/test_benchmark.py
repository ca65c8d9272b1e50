"""The timing program runs, and its reference is the same network."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from benchmarks import model as benchmark
from benchmarks import tcmoa_reference
from tcmoa_bench.tcmoa.model import TCMoA
from tcmoa_bench.tcmoa.train.config import load_recipe
from tests.tcmoa.conftest import SMALL_OFFICIAL


def test_updates_of_a_recipe_are_timed() -> None:
    recipe = replace(load_recipe("head"), model=SMALL_OFFICIAL, precision="float32")
    recipe = replace(recipe, data=replace(recipe.data, crop=112))
    spent, peak = benchmark.training_seconds(recipe, 1, 1, torch.device("cpu"))
    assert spent > 0
    assert peak is None


@pytest.mark.parametrize("task", [0, 2])
def test_reference_gives_the_same_picture(small_official: TCMoA, task: int) -> None:
    x, t = (torch.randn(1, 3, 112, 224, generator=torch.Generator().manual_seed(i)) for i in range(2))
    with torch.no_grad():
        expected = small_official(x, t, task).fused
        torch.testing.assert_close(
            tcmoa_reference.forward(small_official, x, t, task), expected, atol=1e-5, rtol=0
        )


def test_rows_compare_variants_with_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(benchmark.SIZES, "small", SMALL_OFFICIAL)
    rows = benchmark.measure(
        "small", 112, 112, ["reference", "lean", "windows2", "tf32", "channels_last"], 1, torch.device("cpu")
    )
    assert [row["variant"] for row in rows] == [
        "reference",
        "lean",
        "windows2",
        "tf32",
        "channels_last",
        "floor",
    ]
    assert all(row["largest difference"] < 255 * 1e-5 for row in rows[:-1])
    assert all(row["seconds"] > 0 for row in rows)


def test_products_are_counted(small_official: TCMoA) -> None:
    x = torch.zeros(1, 3, 112, 112)
    with torch.no_grad():
        shapes = benchmark.product_shapes(small_official, x, x)
    blocks, embeddings, mixtures = (
        8 * 4,
        2 + 1,
        2 * (1 + 3),
    )  # the used half of the prediction is no module call
    assert sum(count for (batch, *_), count in shapes.items() if batch == 1) == blocks + embeddings + mixtures
    assert benchmark.make_variant("lean", small_official)
    with pytest.raises(ValueError, match="unknown variant"):
        benchmark.make_variant("fast", small_official)
