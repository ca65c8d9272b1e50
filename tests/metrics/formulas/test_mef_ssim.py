"""MEF-SSIM against the definition written out patch by patch, and what must hold for any images."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from tcmoa_bench.metrics.formulas import mef_ssim as formulas
from tcmoa_bench.metrics.scene import Plane

EPS = np.finfo(np.float64).eps
STABILISER = (0.03 * 255) ** 2


def textured(seed: int, shape: tuple[int, int] = (47, 52)) -> np.ndarray:
    """Smooth texture with a saturated corner."""
    noise = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    image = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 1.5), None, 0, 255, cv2.NORM_MINMAX)
    image[:17, :18] = 255
    return image


def on_fresh_planes(measure):
    return lambda *images: measure(*map(Plane, images))


mef_ssim = on_fresh_planes(formulas.mef_ssim)
mef_ms_ssim = on_fresh_planes(formulas.mef_ms_ssim)

A, B = textured(1), textured(2)
F = ((A.astype(int) + B) // 2).astype(np.uint8)


def by_definition(*images: np.ndarray) -> float:
    *sources, f = (x.astype(np.float64) for x in images)
    offsets = np.arange(11) - 5
    weights = np.exp(-(offsets[:, None] ** 2 + offsets[None] ** 2) / (2 * 1.5**2))
    weights /= weights.sum()
    values = []
    for row in range(f.shape[0] - 10):
        for column in range(f.shape[1] - 10):
            *patches, z = (image[row : row + 11, column : column + 11] for image in (*sources, f))
            away = [x - x.mean() for x in patches]
            norms = [np.sqrt((v * v).sum()) for v in away]
            together = sum(patches)
            alike = (np.sqrt(((together - together.mean()) ** 2).sum()) + EPS) / (sum(norms) + EPS)
            power = min(math.tan(math.pi / 2 * min(max(alike, EPS), 1 - EPS)), 10)
            contrasts = [norm + 0.001 for norm in norms]
            shares = [(contrast / 11) ** power + EPS for contrast in contrasts]
            patch = sum(s / sum(shares) * v / c for s, v, c in zip(shares, away, contrasts, strict=True))
            norm = np.sqrt((patch * patch).sum())
            if norm > 0:
                patch = patch * max(contrasts) / norm
            r, g = patch - (weights * patch).sum(), z - (weights * z).sum()
            spread = (weights * (r * r + g * g)).sum()
            values.append((2 * (weights * r * g).sum() + STABILISER) / (spread + STABILISER))
    return sum(values) / len(values)


def halved(image: np.ndarray) -> np.ndarray:
    padded = np.pad(image.astype(np.float64), ((0, image.shape[0] % 2), (0, image.shape[1] % 2)), mode="edge")
    return padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2).mean(axis=(1, 3))


def test_equals_the_definition_patch_by_patch():
    assert mef_ssim(A, B, F) == pytest.approx(by_definition(A, B, F), rel=1e-10)


@pytest.mark.parametrize("count", [3, 5])
def test_equals_the_definition_for_more_sources(count):
    sources = [textured(seed, (24, 27)) for seed in range(count)]
    assert mef_ssim(*sources, F[:24, :27]) == pytest.approx(by_definition(*sources, F[:24, :27]), rel=1e-10)


def test_multi_scale_is_the_weighted_product_over_three_scales():
    scales, images = [], [A, B, F]
    for _ in range(3):
        scales.append(by_definition(*images))
        images = [halved(image) for image in images]
    weights = np.array([0.0448, 0.2856, 0.3001])
    assert mef_ms_ssim(A, B, F) == pytest.approx(
        float(np.prod(scales ** (weights / weights.sum()))), rel=1e-10
    )


@pytest.mark.parametrize("measure", [mef_ssim, mef_ms_ssim])
def test_swapping_the_sources_changes_nothing(measure):
    assert measure(B, A, F) == pytest.approx(measure(A, B, F), rel=1e-12)


@pytest.mark.parametrize("measure", [mef_ssim, mef_ms_ssim])
def test_identical_images_score_one(measure):
    # not to the last bit: the reference adds 0.001 to every contrast
    assert measure(A, A, A) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("level", [0, 90, 255])
def test_flat_images_score_one(level):
    flat = np.full((60, 50), level, dtype=np.uint8)
    assert mef_ssim(flat, flat, flat) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("measure", [mef_ssim, mef_ms_ssim])
def test_an_inverted_image_scores_below_any_mixture(measure):
    assert measure(A, A, 255 - A) < 0 < measure(A, B, F)


def test_the_sources_part_serves_many_fused_images():
    a, b = Plane(A), Plane(B)
    for fused in (A, B, F):
        assert formulas.mef_ssim(a, b, Plane(fused)) == mef_ssim(A, B, fused)
        assert formulas.mef_ms_ssim(a, b, Plane(fused)) == mef_ms_ssim(A, B, fused)


def test_images_without_a_window_have_no_value():
    assert math.isnan(mef_ssim(*(x[:10, :20] for x in (A, B, F))))
    assert mef_ms_ssim(*(x[:43, :50] for x in (A, B, F))) == -math.inf
    assert math.isfinite(mef_ms_ssim(*(x[:44, :50] for x in (A, B, F))))
