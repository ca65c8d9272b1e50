"""NMI, Qncie, Tsallis' information and the stretch of levels, against the definitions written out."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from tcmoa_bench.metrics.core import Undefined
from tcmoa_bench.metrics.formulas import levels, mutual, tsallis
from tcmoa_bench.metrics.primitives import stretch
from tcmoa_bench.metrics.scene import Plane


def random_plane(seed: int, low: int, high: int) -> Plane:
    return Plane(np.random.default_rng(seed).integers(low, high, (24, 31)).astype(np.uint8))


@pytest.fixture
def planes() -> tuple[Plane, Plane, Plane]:
    a, b = random_plane(1, 30, 90), random_plane(2, 100, 250)
    fused = Plane((a.levels // 2 + b.levels // 4).astype(np.uint8))
    return a, b, fused


def joint_of(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    counts = np.zeros((256, 256))
    np.add.at(counts, (x.astype(int).ravel(), y.astype(int).ravel()), 1)
    return counts


def test_stretched_levels_are_those_of_the_stretched_image(planes) -> None:
    for plane in planes:
        assert (levels.stretched(plane, "0-255") == stretch(plane.double)).all()
        assert (levels.stretched(plane.at("0..1"), "0-255") == stretch(plane.double / 255)).all()
        assert levels.stretched(plane, "0-255").min() == 0
        assert levels.stretched(plane, "0-255").max() == 255


def test_dividing_by_255_first_rounds_ties_differently() -> None:
    # 3 levels above 5 on a range of 6: 127.5 exactly, or a little below after the division
    plane = Plane(np.array([[5, 8, 11]] * 3, np.uint8))
    assert levels.stretched(plane, "0-255")[0, 1] == 128
    found = {
        tuple(
            levels.stretched(Plane(np.array([[low, low + 3, low + 6]], np.uint8)), "0-255", divisor=255.0)[0]
        )
        for low in range(200)
    }
    assert found == {(0, 127, 255), (0, 128, 255)}


def test_joint_histogram_of_stretched_planes_needs_no_stretched_image(planes) -> None:
    a, _, fused = planes
    expected = joint_of(stretch(a.double), stretch(fused.double))
    assert (levels.stretched_joint_counts(a, fused) == expected).all()


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize(
    "formula",
    [
        mutual.nmi,
        mutual.qncie,
        partial(tsallis.te, q=tsallis.CVEJIC, stretch="0-255"),
        partial(tsallis.te_nava, q=tsallis.NAVA, stretch="0-255"),
    ],
)
def test_a_constant_image_has_no_value_where_it_is_stretched(formula, position, planes) -> None:
    changed = list(planes)
    changed[position] = Plane(np.full((24, 31), 90, np.uint8))
    with pytest.raises(Undefined, match=r"constant \(90\)"):
        formula(*changed)


def test_a_black_source_is_no_error(planes) -> None:
    _, b, fused = planes
    black = Plane(np.zeros((24, 31), np.uint8))
    assert mutual.nmi(black, b, fused) == pytest.approx(mutual.nmi(b, b, fused) / 2)


def test_nmi_of_identical_images_is_two_and_of_independent_ones_nearly_zero() -> None:
    a = random_plane(1, 0, 256)
    assert mutual.nmi(a, a, a) == pytest.approx(2.0, rel=1e-14)
    halves, stripes = np.zeros((64, 64), np.uint8), np.zeros((64, 64), np.uint8)
    halves[:32], stripes[:, ::2] = 200, 100
    assert mutual.nmi(Plane(halves), Plane(halves), Plane(stripes)) == pytest.approx(0.0, abs=1e-12)


def test_qncie_of_independent_and_of_identical_images() -> None:
    halves, stripes, quarters = (np.zeros((64, 64), np.uint8) for _ in range(3))
    halves[:32], stripes[:, ::2], quarters[16:48] = 200, 100, 50
    independent = mutual.qncie(Plane(halves), Plane(stripes), Plane(quarters))
    assert independent == pytest.approx(1 - math.log(3, 256), rel=1e-12)
    a = random_plane(1, 0, 256)
    share = -sum(p * math.log(p, 256) for p in a.counts[a.counts > 0] / a.levels.size)
    eigenvalues = [1 + 2 * share, 1 - share, 1 - share]
    expected = 1 + sum(x / 3 * math.log(x / 3, 256) for x in eigenvalues)
    assert mutual.qncie(a, a, a) == pytest.approx(expected, rel=1e-12)


def loop(joint: NDArray[np.float64], q: float) -> float:
    h = joint / joint.sum()
    total = 0.0
    for i, j in zip(*np.nonzero(h), strict=True):
        exchanged = sum(h[k, i] for k in range(len(h))) * sum(h[j, k] for k in range(len(h)))
        if exchanged:
            total += h[i, j] ** q / exchanged ** (q - 1)
    return (1 - total) / (1 - q)


@pytest.mark.parametrize("q", [tsallis.CVEJIC, tsallis.NAVA])
def test_tsallis_information_looks_up_exchanged_marginals(q: float) -> None:
    joint = np.random.default_rng(5).integers(0, 4, (9, 9)).astype(float)
    joint[3], joint[:, 6] = 0, 0
    assert tsallis.information(joint, q) == pytest.approx(loop(joint, q), rel=1e-12)
    assert tsallis.information(joint.T, q) == pytest.approx(loop(joint, q), rel=1e-12)
