"""Local statistics: the window's order of summation, flat windows, and the similarity index."""

from __future__ import annotations

import numpy as np
import pytest

from tcmoa_bench.metrics.formulas import local, piella
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


def only_strip(plane: Plane, window: str) -> local.Strip:
    (strip,) = local.strips(plane, plane, plane, window)
    return strip


def test_seven_by_seven_windows_are_summed_in_the_references_order_where_one_is_flat() -> None:
    plane = plane_with_flat_areas()
    found = only_strip(plane, "gaussian7")
    mean = in_order(plane.double, kernel(7))
    variance = in_order(plane.double**2, kernel(7)) - mean * mean
    for side in (found.a, found.b, found.fused):
        assert (side.mean == mean.T[::-1, ::-1]).all()
        assert (side.variance == variance.T[::-1, ::-1]).all()
    assert (found.covariance(found.a, found.fused) == found.a.variance).all()


def test_a_flat_window_of_one_image_decides_the_order_for_all_three() -> None:
    flat, other = plane_with_flat_areas(), Plane(np.arange(30 * 37, dtype=np.uint8).reshape(30, 37))
    (strip,) = local.strips(other, other, flat, "gaussian7")
    assert (strip.a.mean == in_order(other.double, kernel(7)).T[::-1, ::-1]).all()


def test_flat_windows_of_eleven_are_rounded_in_the_references_order() -> None:
    plane = plane_with_flat_areas()
    found = only_strip(plane, "gaussian11").a
    mean = in_order(plane.double, kernel(11))
    variance = in_order(plane.double**2, kernel(11)) - mean * mean
    np.testing.assert_allclose(found.mean, mean, rtol=1e-13)
    np.testing.assert_allclose(found.variance, variance, rtol=1e-9, atol=1e-10)
    for flat in (np.s_[:4, :5], np.s_[14:, 20:]):
        assert (found.mean[flat] == mean[flat]).all()
        assert (found.variance[flat] == variance[flat]).all()


def test_box_windows_are_exact() -> None:
    levels = np.arange(81, dtype=np.uint8).reshape(9, 9)
    found = only_strip(Plane(levels), "box8").a
    windows = np.lib.stride_tricks.sliding_window_view(levels.astype(float), (8, 8))
    assert (found.mean == windows.mean(axis=(2, 3))).all()
    assert (found.variance == (windows**2).mean(axis=(2, 3)) - windows.mean(axis=(2, 3)) ** 2).all()


@pytest.mark.parametrize("window", ["gaussian7", "gaussian11", "box8"])
@pytest.mark.parametrize("image", ["levels", "prewitt"])
def test_strips_join_to_the_whole(window: str, image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    levels = np.random.default_rng(1).integers(0, 256, (40, 31)).astype(np.uint8)
    planes = Plane(levels), Plane(levels // 2), Plane(255 - levels)
    view = piella.edge_rows if image == "prewitt" else None
    (whole,) = local.strips(*planes, window, view)
    monkeypatch.setattr(local, "STRIP", 100)
    parts = list(local.strips(*planes, window, view))
    assert len(parts) > 5
    for side in ("a", "b", "fused"):
        for values in ("mean", "variance"):
            joined = np.concatenate([getattr(getattr(part, side), values) for part in parts])
            np.testing.assert_allclose(joined, getattr(getattr(whole, side), values), rtol=1e-9)


def test_edge_rows_are_the_prewitt_magnitude_with_zeros_around() -> None:
    levels = np.random.default_rng(1).integers(0, 256, (9, 8)).astype(np.uint8)
    padded = np.pad(levels.astype(float), 1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    across = (windows[..., 2] - windows[..., 0]).sum(axis=2)
    down = (windows[:, :, 2] - windows[:, :, 0]).sum(axis=2)
    expected = np.sqrt(across**2 + down**2)
    for rows in (slice(0, 9), slice(0, 4), slice(3, 7), slice(5, 9)):
        assert (piella.edge_rows(Plane(levels), rows) == expected[rows]).all()


def test_an_image_smaller_than_the_window_has_no_strip() -> None:
    plane = Plane(np.zeros((6, 40), np.uint8))
    assert list(local.strips(plane, plane, plane, "gaussian7")) == []


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
    found = local.Mean(nan)
    for values in ([1.0, np.nan], [2.0, 3.0]):
        found.add(np.array(values))
    np.testing.assert_equal(found.value, expected)
    assert np.isnan(local.Mean(nan).value)
