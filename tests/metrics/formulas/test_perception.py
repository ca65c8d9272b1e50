"""Qcb and Qcv, against their definitions written out with plain FFTs and loops."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tcmoa_bench.metrics.formulas import qcb, qcv
from tcmoa_bench.metrics.scene import Plane


def image(height: int, width: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width)).astype(float)


def frequencies(n: int) -> np.ndarray:
    """MATLAB's freqspace(n), ordered as fft orders it."""
    return np.fft.ifftshift((np.arange(n) - n // 2) * 2 / n)


@pytest.mark.parametrize(("height", "width"), [(40, 52), (41, 53)])
def test_contrast_sensitivity_is_a_difference_of_gaussians_in_frequency(height: int, width: int) -> None:
    x = image(height, width)
    u, v = np.meshgrid(width / 30 * frequencies(width), height / 30 * frequencies(height))
    r = np.hypot(u, v)
    response = np.exp(-((r / 15.3870) ** 2)) - 0.7622 * np.exp(-((r / 1.3456) ** 2))
    expected = np.fft.ifft2(np.fft.fft2(x) * response).real
    np.testing.assert_allclose(qcb.contrast_sensitivity(x), expected, atol=1e-11)


def test_masked_contrast_by_loops() -> None:
    x = image(20, 24)
    seen = qcb.contrast_sensitivity(x)
    padded = np.pad(seen, 15)
    position = np.arange(-15, 16)
    squares = position[:, None] ** 2 + position[None, :] ** 2
    windows = [np.exp(-squares / (2 * s * s)) / (2 * math.pi * s * s) for s in (2.0, 4.0)]
    found = qcb.masked_contrast(x)
    for i, j in [(0, 0), (3, 20), (10, 11), (19, 23)]:
        narrow, wide = ((padded[i : i + 31, j : j + 31] * w).sum() for w in windows)
        contrast = abs(narrow / wide - 1)
        assert found[i, j] == pytest.approx(contrast**3 / (contrast**2 + 1e-4), rel=1e-9)


def test_qcb_is_one_for_a_fused_image_that_equals_both_sources() -> None:
    plane = Plane(image(40, 50).astype(np.uint8))
    assert qcb.qcb(plane, plane, plane, stretch="0-255") == pytest.approx(1.0, rel=1e-14)


def test_qcb_weighs_the_preserved_contrast_by_the_squared_contrasts_of_the_sources() -> None:
    planes = [Plane(image(40, 50, seed).astype(np.uint8)) for seed in (1, 2, 3)]
    a, b, f = (qcb.contrast_of(plane) for plane in planes)
    total = 0.0
    for x, y, z in zip(a.ravel(), b.ravel(), f.ravel(), strict=True):
        kept = [min(s, z) / max(s, z) for s in (x, y)]
        total += (x * x * kept[0] + y * y * kept[1]) / (x * x + y * y)
    assert qcb.qcb(*planes, stretch="0-255") == pytest.approx(total / a.size, rel=1e-12)


@pytest.mark.parametrize("level", [0, 90])
def test_qcb_of_a_constant_image_is_no_number(level: int) -> None:
    flat = Plane(np.full((40, 50), level, np.uint8))
    plane = Plane(image(40, 50).astype(np.uint8))
    assert math.isnan(qcb.qcb(flat, plane, plane, stretch="0-255"))


def test_block_sums_fill_cut_blocks_with_zeros() -> None:
    x = image(35, 50)
    padded = np.zeros((48, 64))
    padded[:35, :50] = x
    expected = [[padded[i : i + 16, j : j + 16].sum() for j in (0, 16, 32, 48)] for i in (0, 16, 32)]
    np.testing.assert_allclose(qcv.block_sums(x), expected, rtol=1e-14)


@pytest.mark.parametrize(("height", "width"), [(48, 64), (37, 45)])
def test_visible_error_filters_the_difference_by_contrast_sensitivity(height: int, width: int) -> None:
    x, y = image(height, width), image(height, width, seed=2)
    u, v = np.meshgrid(width / 8 * frequencies(width), height / 8 * frequencies(height))
    r = np.hypot(u, v)
    response = 2.6 * (0.0192 + 0.144 * r) * np.exp(-((0.144 * r) ** 1.1))
    seen = np.fft.ifft2(np.fft.fft2(x - y) * response).real
    np.testing.assert_allclose(qcv.visible_error(x, y), qcv.block_sums(seen**2) / 256, rtol=1e-9)


def test_saliency_is_the_fifth_power_of_the_sobel_magnitude() -> None:
    x = np.zeros((16, 16))
    x[5, 5] = 2.0
    # around a lone pixel of 2: four neighbours of magnitude 4, four corners of sqrt(8)
    assert qcv.saliency(x) == pytest.approx(np.array([[4 * 4**5 + 4 * math.sqrt(8) ** 5]]), rel=1e-12)


def test_qcv_is_zero_for_identical_images_and_grows_with_the_error() -> None:
    a = image(40, 50).astype(np.uint8)
    plane, near, far = Plane(a), Plane(a // 2 + 60), Plane(np.roll(a, 7, axis=1))
    assert qcv.qcv(plane, plane, plane, stretch="0-255") == 0
    assert 0 < qcv.qcv(plane, plane, near, stretch="0-255") < qcv.qcv(plane, plane, far, stretch="0-255")


def test_qcv_without_an_edge_is_no_number() -> None:
    flat = Plane(np.full((40, 50), 90, np.uint8))
    assert math.isnan(qcv.qcv(flat, flat, flat, stretch="0-255"))
