"""Bounds are true statements about every value: tried where values are extreme, without a tolerance."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from tcmoa_bench.labels import Box, Labels
from tcmoa_bench.metrics import CONVENTIONS, Metric, score
from tcmoa_bench.metrics.scene import Scene, Sources

Image = NDArray[np.uint8]
LABELS = Labels((Box("person", 1, 1, 4, 5), Box("car", 3, 0, 6, 4)))
METRICS = [
    metric
    for convention in CONVENTIONS.values()
    for metric in convention.values()
    if convention.name != "piq"
]


def pictures(height: int, width: int) -> dict[str, Image]:
    """Pictures with extreme histograms, gradients and likenesses."""
    random = np.random.default_rng(0)
    y, x = np.indices((height, width))
    every_level = np.resize(random.permutation(256), height * width).reshape(height, width)
    top_levels = np.where(
        random.random((height, width)) < 1 / 64.5, random.integers(254, 256, (height, width)), every_level
    )
    found = {
        "black": 0 * x,
        "white": 0 * x + 255,
        "board": (x + y) % 2 * 255,
        "stripes": x % 2 * 255,
        "step": (x >= width // 2) * 255,
        "ramp": x * 255 // (width - 1),
        "noise": random.integers(0, 256, (height, width)),
        "every level": every_level,
        "top levels": top_levels,
        "two levels": random.integers(254, 256, (height, width)),
        "point": (x == 2) * (y == 2) * 255,
    }
    return {name: np.ascontiguousarray(image, dtype=np.uint8) for name, image in found.items()}


def scenes() -> Iterator[tuple[str, Scene]]:
    for size in ((6, 7), (48, 45)):
        images = pictures(*size)
        for name, a in images.items():
            for other, b in (("itself", a), ("negative", 255 - a), ("noise", images["noise"])):
                mean = ((a.astype(int) + b) // 2).astype(np.uint8)
                kinds = {"a": a, "mean": mean, "negative": 255 - a}
                for kind, fused in kinds.items() if size[0] < 10 or other == "negative" else [("a", a)]:
                    yield (
                        f"{size} {name}, {other}: {kind}",
                        Scene(Sources(a, b, a, lambda size: LABELS), fused),
                    )


@pytest.fixture(scope="module")
def extremes() -> list[tuple[str, Scene]]:
    return list(scenes())


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.qualified)
def test_no_value_lies_outside_the_stated_bounds(metric: Metric, extremes: list[tuple[str, Scene]]) -> None:
    least, most = metric.bounds
    outside = [
        (name, value)
        for name, scene in extremes
        if (value := metric.score(scene).value) is not None and not least <= value <= most
    ]
    assert outside == []


def test_merged_levels_carry_tang_s_mi_beyond_16_bits() -> None:
    image = np.resize(np.arange(256, dtype=np.uint8), (64, 64))
    got = score(image, image, image, ["MI@tang2023", "MI@textbook"])
    assert got["MI@textbook"].value == 16
    assert 16.01 < got["MI@tang2023"].value < 2 * np.log2(258) == got["MI@tang2023"].metric.bounds[1]
