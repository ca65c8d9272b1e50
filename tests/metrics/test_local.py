"""Local statistics: the window's order of summation, flat windows, and the similarity index."""

from __future__ import annotations

import numpy as np
import pytest
from tcmoa_bench.metrics import local
from tcmoa_bench.metrics.scene import Plane


def plane_with_flat_areas(height: int = 30, width: int = 37) -> Plane:
    random = np.random.default_rng(3)
    levels = random.integers(0, 256, (height, width)).astype(np.uint8)
    levels[:14, :15] = 254
    levels[14:, 20:] = 77
    return Plane(levels)


def kernel(size: int) -> np.ndarray:
    """MATLAB's fspecial('gaussian', size, 1.5), then window / sum(sum(window)), one addition after the other."""
    position = np.arange(size) - size // 2
    window = np.exp(-(position[:, None] ** 2 + position[None, :] ** 2) / (2 * 1.5**2))
    total = 0.0
    for value in window.T.ravel():
        total += value
    window = window / total
    columns = []
    for j in range(size):
        total = 0.0
        for i in range(size):
            total += window[i, j]
        columns.append(total)
    total = 0.0
    for value in columns:
        total += value
    return window / total


def in_order(image: np.ndarray, window: np.ndarray) -> np.ndarray:
    """conv2(image, window, 'valid'): column by column of the window, whose first weight meets the last pixel."""
    size = len(window)
    height, width = image.shape[0] - size + 1, image.shape[1] - size + 1
    total = np.zeros((height, width))
    for j in range(size):
        for i in range(size):
            top, left = size - 1 - i, size - 1 - j
            total = total + window[i, j] * image[top : top + height, left : left + width]
    return total


def test_seven_by_seven_windows_are_summed_in_the_references_order() -> None:
    plane = plane_with_flat_areas()
    found = local.plane_statistics(plane, "gaussian7")
    mean = in_order(plane.double, kernel(7))
    variance = in_order(plane.double**2, kernel(7)) - mean * mean
    assert (found.mean == mean.T[::-1, ::-1]).all()
    assert (found.variance == variance.T[::-1, ::-1]).all()


def test_flat_windows_of_eleven_are_rounded_in_the_references_order() -> None:
    plane = plane_with_flat_areas()
    found = local.plane_statistics(plane, "gaussian11")
    mean = in_order(plane.double, kernel(11))
    variance = in_order(plane.double**2, kernel(11)) - mean * mean
    np.testing.assert_allclose(found.mean, mean, rtol=1e-13)
    np.testing.assert_allclose(found.variance, variance, rtol=1e-9, atol=1e-10)
    for flat in (np.s_[:4, :5], np.s_[14:, 20:]):
        assert (found.mean[flat] == mean[flat]).all()
        assert (found.variance[flat] == variance[flat]).all()


def test_box_windows_are_exact() -> None:
    levels = np.arange(81, dtype=np.uint8).reshape(9, 9)
    found = local.plane_statistics(Plane(levels), "box8")
    windows = np.lib.stride_tricks.sliding_window_view(levels.astype(float), (8, 8))
    assert (found.mean == windows.mean(axis=(2, 3))).all()
    assert (found.variance == (windows**2).mean(axis=(2, 3)) - windows.mean(axis=(2, 3)) ** 2).all()


def test_statistics_are_computed_once_per_plane_and_window() -> None:
    plane = plane_with_flat_areas()
    assert local.plane_statistics(plane, "box8") is local.plane_statistics(plane, "box8")
    assert local.plane_statistics(plane, "box8") is not local.plane_statistics(plane, "gaussian7")


def test_similarity_is_one_for_equal_images_and_the_formula_for_two_windows() -> None:
    x = local.Local(np.empty(0), np.array([[10.0, 200.0]]), np.array([[4.0, 9.0]]))
    y = local.Local(np.empty(0), np.array([[12.0, 100.0]]), np.array([[2.0, 16.0]]))
    joint = np.array([[-1.0, 6.0]])
    add = local.Stabilisers(6.5025, 58.5225)
    expected = [
        (2 * 120 + 6.5025) * (-2 + 58.5225) / ((100 + 144 + 6.5025) * (6 + 58.5225)),
        (2 * 20000 + 6.5025) * (12 + 58.5225) / ((40000 + 10000 + 6.5025) * (25 + 58.5225)),
    ]
    np.testing.assert_allclose(local.similarity(x, y, joint, add), [expected], rtol=1e-14)
    np.testing.assert_allclose(local.similarity(x, x, x.variance, add), 1.0, rtol=1e-14)


@pytest.mark.parametrize(("nan", "expected"), [("drop", 2.0), ("keep", np.nan)])
def test_mean_drops_or_keeps_what_is_not_a_number(nan: str, expected: float) -> None:
    np.testing.assert_equal(local.mean(np.array([1.0, np.nan, 3.0]), nan), expected)
    assert np.isnan(local.mean(np.array([np.nan]), nan))
