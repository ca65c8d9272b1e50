"""Phase congruency and Qp against the definition written out, and what must hold for any images."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from tcmoa_bench.metrics.formulas.phase import filter_bank, median, phase_congruency
from tcmoa_bench.metrics.formulas.qp import qp

EVEN, ODD = (48, 64), (41, 55)


def textured(seed: int, shape: tuple[int, int]) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 1.5), None, 0, 255, cv2.NORM_MINMAX)


def axis(n: int) -> np.ndarray:
    return np.arange(-(n - 1) // 2, (n - 1) // 2 + 1) / (n - 1) if n % 2 else np.arange(-n // 2, n // 2) / n


def by_definition(plane: np.ndarray, grid: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kovesi's steps with full filters, and the noise estimate from the filters' spatial form."""
    rows, columns = plane.shape
    y, x = np.meshgrid(axis(rows), axis(columns), indexing="ij")
    radius, theta = np.fft.ifftshift(np.hypot(x, y)), np.fft.ifftshift(np.arctan2(-y, x))
    radius[0, 0] = 1
    if grid == "mfif":
        low = np.fft.ifftshift(np.hypot(x, y))
    else:
        v, u = ((np.arange(1, n + 1) - (n // 2 + 1)) / n for n in plane.shape)
        low = np.fft.fftshift(np.hypot(u[None], v[:, None]))
    low = 1 / (1 + (low / 0.45) ** 30)
    total, amplitudes = np.zeros(plane.shape), np.zeros(plane.shape)
    xx, yy, xy = np.zeros(plane.shape), np.zeros(plane.shape), np.zeros(plane.shape)
    for o in range(6):
        angle = o * math.pi / 6
        difference = np.abs(np.angle(np.exp(1j * (theta - angle))))
        spread = np.exp(-(difference**2) / (2 * (math.pi / 6 / 1.2) ** 2))
        filters = []
        for s in range(4):
            gabor = np.exp(-(np.log(radius * 3 * 2.1**s) ** 2) / (2 * math.log(0.55) ** 2)) * low
            gabor[0, 0] = 0
            filters.append(gabor * spread)
        responses = [np.fft.ifft2(np.fft.fft2(plane) * g) for g in filters]
        sums = sum(np.abs(e) for e in responses)
        mean = sum(responses) / (np.abs(sum(responses)) + 1e-4)
        energy = sum(
            e.real * mean.real + e.imag * mean.imag - np.abs(e.real * mean.imag - e.imag * mean.real)
            for e in responses
        )
        power = -np.median(np.abs(responses[0]) ** 2) / math.log(0.5) / (filters[0] ** 2).sum()
        spatial = [np.fft.ifft2(g).real * math.sqrt(rows * columns) for g in filters]
        squares = sum((g**2).sum() for g in spatial)
        cross = sum((spatial[i] * spatial[j]).sum() for i in range(4) for j in range(i + 1, 4))
        tau = math.sqrt((2 * power * squares + 4 * power * cross) / 2)
        energy -= (tau * math.sqrt(math.pi / 2) + 2 * math.sqrt((2 - math.pi / 2) * tau**2)) / 1.7
        width = sums / (np.max(np.abs(responses), axis=0) + 1e-4) / 4
        energy = np.maximum(energy, 0) / (1 + np.exp(10 * (0.5 - width)))
        total += energy
        amplitudes += sums
        part = energy / sums
        xx += (part * math.cos(angle)) ** 2 / 3
        yy += (part * math.sin(angle)) ** 2 / 3
        xy += part**2 * math.cos(angle) * math.sin(angle) / 6
    root = np.sqrt(xy**2 + (xx - yy) ** 2) + 1e-4
    return total / (amplitudes + 1e-4), (xx + yy + root) / 2, (xx + yy - root) / 2


@pytest.mark.parametrize("shape", [EVEN, ODD, (40, 55)])
@pytest.mark.parametrize("grid", ["liu", "mfif"])
def test_equals_the_definition(shape, grid):
    plane = textured(3, shape)
    for found, expected in zip(
        phase_congruency(plane, grid), by_definition(plane.astype(float), grid), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_the_grids_differ_on_odd_sizes_only():
    for shape, same in ((EVEN, True), (ODD, False)):
        maps = [phase_congruency(textured(3, shape), grid).congruency for grid in ("liu", "mfif")]
        assert np.array_equal(*maps) == same


def test_the_strip_height_changes_nothing(monkeypatch):
    plane = textured(4, EVEN)
    whole = phase_congruency(plane)
    monkeypatch.setattr("tcmoa_bench.metrics.formulas.phase.STRIP", 5 * EVEN[1])
    for found, expected in zip(phase_congruency(plane), whole, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


def test_congruency_does_not_depend_on_contrast():
    plane = textured(5, EVEN).astype(np.float64)
    strong, weak = (phase_congruency(gain * plane).congruency for gain in (1.0, 0.5))
    assert strong.max() > 0.5
    np.testing.assert_allclose(weak, strong, atol=1e-3)


def test_a_flat_plane_has_no_feature():
    flat = phase_congruency(np.full(EVEN, 90, dtype=np.uint8))
    assert not (flat.congruency > 0.1).any()
    assert math.isnan(qp(flat, flat, flat))


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (40, 55), (301, 402)])
def test_the_median_is_numpys(shape):
    random = np.random.default_rng(8)
    sorted_values = np.sort(random.random(shape), axis=None).reshape(shape)
    misleading = np.ones(shape)
    misleading.ravel()[::61] = 0
    for values in (random.random(shape), random.integers(0, 3, shape) * 1.0, sorted_values, misleading):
        assert median(values) == np.median(values)


def test_the_filters_of_a_size_are_made_once():
    assert filter_bank(*EVEN, "liu") is filter_bank(*EVEN, "liu")


@pytest.fixture(scope="module")
def phases():
    images = [textured(seed, ODD) for seed in (6, 7)]
    blend = ((images[0].astype(int) + images[1]) // 2).astype(np.uint8)
    return [phase_congruency(image) for image in (*images, blend, cv2.GaussianBlur(blend, (0, 0), 3))]


def test_swapping_the_sources_changes_nothing(phases):
    a, b, blend, _ = phases
    assert qp(b, a, blend) == pytest.approx(qp(a, b, blend), rel=1e-12)


def test_qp_falls_with_blur_and_rises_with_fidelity(phases):
    a, b, blend, blurred = phases
    assert qp(a, b, blurred) < qp(a, b, blend) < qp(a, a, a) <= 1


def test_the_strip_height_does_not_change_qp(phases, monkeypatch):
    whole = qp(*phases[:3])
    monkeypatch.setattr("tcmoa_bench.metrics.formulas.qp.STRIP", 4 * ODD[1])
    assert qp(*phases[:3]) == pytest.approx(whole, rel=1e-12)


def test_qp_is_the_product_of_three_mean_correlations(phases):
    a, b, f = phases[:3]
    masks = a.congruency > 0.1, b.congruency > 0.1, np.maximum(a.congruency, b.congruency) > 0.1
    kernel = cv2.getGaussianKernel(11, 1.5)

    def local(image):
        return cv2.sepFilter2D(image, cv2.CV_64F, kernel, kernel, borderType=cv2.BORDER_CONSTANT)

    def correlation(x, z):
        covariance = local(x * z) - local(x) * local(z)
        product = (local(x * x) - local(x) ** 2) * (local(z * z) - local(z) ** 2)
        return (covariance + 1e-4) / (np.sqrt(np.abs(product)) + 1e-4)

    expected = 1.0
    for x, y, z in zip(a, b, f, strict=True):
        stronger = np.where(a.congruency > b.congruency, x, y)
        maps = [m * correlation(m * image, z) for m, image in zip(masks, (x, y, stronger), strict=True)]
        expected *= np.maximum.reduce(maps).sum() / masks[2].sum()
    assert qp(a, b, f) == pytest.approx(expected, rel=1e-10)
