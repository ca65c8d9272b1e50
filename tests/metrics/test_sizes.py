"""The least size that `show` prints is the true one: it has a value, and one pixel less has none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tcmoa_bench.labels import Box, Labels
from tcmoa_bench.metrics import CONVENTIONS, Metric, score
from tcmoa_bench.metrics.scene import Scene, Sources

WITHOUT_A_VALUE = ("QE@liu", "Q_CNN@mfif")
METRICS = [m for c in CONVENTIONS.values() for m in c.values() if m.qualified not in WITHOUT_A_VALUE]

#: The reference itself refuses what its formula could take.
REFUSED = {
    *(f"{name}@{c}" for name in ("Qc", "Qy") for c in ("liu", "mefb", "mfif")),
    *(f"FMI_wavelet@{c}" for c in ("fmi", "tang2022", "tang2023", "textbook")),
    *(f"MS-SSIM@{c}" for c in ("tangpy", "ivif_zoo")),
}


#: They see strong contrasts only.
STRONG = {"Qp@liu", "Qp@mefb", "Qp@mfif", "Qp@textbook", "Nabf@tangpy", "Nabf@ivif_zoo"}


def drawn(height: int, width: int, strong: bool = False) -> Scene:
    """Noise of few levels: two images of 2 x 2 pixels have levels in common, and no square reaches 255."""
    random = np.random.default_rng(3)
    a, b = (random.integers(0, 12, (height, width, 3), dtype=np.uint8) for _ in range(2))
    a[:, : width // 2] *= 20 if strong else 1
    labels = Labels((Box("person", 0, 0, 1, 1), Box("car", 1, 1, 2, 2)))
    return Scene(Sources(a, b, a, lambda size: labels), ((a.astype(int) + b) // 2).astype(np.uint8))


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.qualified)
def test_the_least_size_is_true(metric: Metric) -> None:
    size, strong = metric.min_size, metric.qualified in STRONG
    at = metric.score(drawn(size, size, strong))
    assert at.value is not None, at.reason
    if size == 2:
        return
    for shape in ((size - 1, size), (size, size - 1)):
        below = metric.score(drawn(*shape, strong))
        said = f"{metric.qualified} needs images of at least {size}x{size} pixels, these are {shape[0]}x{shape[1]}"
        assert (below.value, below.reason) == (None, said)
    unheld = replace(metric, facts=replace(metric.facts, min_size=2))
    refused = unheld.score(drawn(size - 1, size - 1, strong)).value is not None
    assert refused == (metric.qualified in REFUSED)


def test_a_small_image_costs_only_the_metrics_that_need_more() -> None:
    image = np.arange(64, dtype=np.uint8).reshape(8, 8)
    got = score(image, image, image, "textbook")
    assert got["EN@textbook"].value == 6
    assert got["SD@textbook"].value is not None
    assert "161x161" in (got["MS-SSIM@textbook"].reason or "")
    assert "44x44" in (got["MEF-SSIM@textbook"].reason or "")
    assert "41x41" in (got["VIFF@textbook"].reason or "")
