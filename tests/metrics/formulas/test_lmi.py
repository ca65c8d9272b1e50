"""LMI against a transcription of its definition, block by block on plain lists."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from tcmoa_bench.metrics import score
from tcmoa_bench.metrics.errors import Undefined
from tcmoa_bench.metrics.formulas.lmi import Block, decomposition, lmi
from tcmoa_bench.metrics.scene import Plane


def picture(seed: int, shape: tuple[int, int] = (37, 52)) -> np.ndarray:
    random = np.random.default_rng(seed)
    image = random.integers(0, 40, shape)
    image[: shape[0] // 2] //= 8
    image[:, shape[1] // 3 :] += random.integers(0, 3, (shape[0], shape[1] - shape[1] // 3)) * 60
    return image.astype(np.uint8)


def shannon(values: list) -> float:
    return -sum(n / len(values) * math.log2(n / len(values)) for n in Counter(values).values())


def quarter(image: np.ndarray, x: int, y: int, r: int, c: int) -> list[tuple[int, int, int, int, float]]:
    """Row, column, height, width and entropy of the quarters, counted from 0."""
    parts = []
    for index, (i, j, h, w) in enumerate(
        [
            (x, y, r // 2, c // 2),
            (x, y + c // 2, r // 2, -(-c // 2)),
            (x + r // 2, y, -(-r // 2), c // 2),
            (x + r // 2, y + c // 2, -(-r // 2), -(-c // 2)),
        ]
    ):
        values = image[i : i + h, j : j + w].tolist()
        if index == 3:
            values = [[*row[:-1], 0] for row in values]
        parts.append((i, j, h, w, shannon([v for row in values for v in row])))
    return parts


def blocks_of(image: np.ndarray) -> list[tuple[int, int, int, int]]:
    level, found = quarter(image, 0, 0, *image.shape), []
    for _ in range(max(int(math.log2(n)) for n in image.shape) - 2):
        following = []
        for k in range(0, len(level), 4):
            mean = sum(part[4] for part in level[k : k + 4]) / 4
            for part in level[k : k + 4]:
                if part[4] >= mean:
                    following += quarter(image, *part[:4]) if min(part[2:4]) > 2 else []
                else:
                    found.append(part[:4])
        level = following
    return found + [part[:4] for part in level]


def by_hand(a: np.ndarray, b: np.ndarray, f: np.ndarray) -> float:
    total = 0.0
    for source in (a, b):
        for blocks in (blocks_of(source), blocks_of(f)):
            value = size = 0
            for i, j, h, w in blocks:
                x, y = (image[i : i + h, j : j + w].ravel().tolist() for image in (source, f))
                apart = shannon(x) + shannon(y)
                value += h * w * 2 * (apart - shannon(list(zip(x, y, strict=True)))) / (apart + 1e-14)
                size += h * w
            total += value / 2 / size
    return total / 2


@pytest.mark.parametrize("shape", [(37, 52), (64, 64), (52, 37), (33, 40)])
def test_lmi_is_its_definition(shape: tuple[int, int]) -> None:
    images = [picture(seed, shape) for seed in range(3)]
    assert sorted(tuple(block) for block in decomposition(Plane(images[0]))) == sorted(blocks_of(images[0]))
    assert lmi(*map(Plane, images)) == pytest.approx(by_hand(*images), rel=1e-12)


def test_quarters_of_odd_sides() -> None:
    assert Block(0, 0, 5, 4).quarters() == [(0, 0, 2, 2), (0, 2, 2, 2), (2, 0, 3, 2), (2, 2, 3, 2)]
    assert Block(0, 0, 2, 9).quarters() == []


def test_a_copy_of_both_sources_has_one() -> None:
    a = Plane(np.random.default_rng(0).permutation(4096).reshape(64, 64).astype(np.uint8))
    assert lmi(a, a, a) == pytest.approx(1.0, rel=1e-9)


def test_what_the_reference_cannot_divide_has_no_value() -> None:
    with pytest.raises(Undefined, match="one entropy"):
        decomposition(Plane(np.zeros((40, 40), np.uint8)))
    with pytest.raises(Undefined, match="too narrow"):
        decomposition(Plane(picture(0, (8, 200))))


def test_the_third_metric_needs_a_network_that_is_not_public() -> None:
    image = picture(0)
    got = score(image, image, image, ["Q_FMI@mfif", "FMI_edge@fmi", "Q_LMI@mfif", "QCNN@mfif"])
    assert got["FMI@mfif"].value == got["FMI_edge@fmi"].value
    assert got["LMI@mfif"].value is not None
    assert got["Q_CNN@mfif"].reason == "it needs the weights of a network that its authors do not publish"
