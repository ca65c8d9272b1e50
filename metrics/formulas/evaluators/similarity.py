"""SSIM as the Python evaluators call it: scikit-image's box window in float32, and torch's on wrong ranges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.primitives import separable
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]
Floats = NDArray[np.floating]

BOX = 7
WINDOW = 11
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def box_ssim(x: Plane, y: Plane, peak: float, dtype: type[np.floating]) -> float:
    """Mean SSIM under a 7 x 7 box with sample covariance, as `skimage.metrics.structural_similarity` forms it.

    Args:
        x: First plane.
        y: Second plane.
        peak: Dynamic range L of K1 = 0.01, K2 = 0.03. scikit-image up to 0.19 takes 2 for float images.
        dtype: Of the maps: `np.float32` (scikit-image 0.19 and later on float32 images) or `np.float64` (before).
            The order of operations follows the code, which decides the digits in float32.

    Returns:
        -1..1.
    """
    p, q = x.levels.astype(dtype), y.levels.astype(dtype)
    unbiased = dtype(BOX * BOX / (BOX * BOX - 1))
    c1, c2 = dtype((0.01 * peak) ** 2), dtype((0.03 * peak) ** 2)
    mean_p, mean_q = _box_mean(p), _box_mean(q)
    variance_p = unbiased * (_box_mean(p * p) - mean_p * mean_p)
    variance_q = unbiased * (_box_mean(q * q) - mean_q * mean_q)
    joint = unbiased * (_box_mean(p * q) - mean_p * mean_q)
    two = dtype(2)
    upper = (two * mean_p * mean_q + c1) * (two * joint + c2)
    lower = (mean_p * mean_p + mean_q * mean_q + c1) * (variance_p + variance_q + c2)
    return float((upper / lower).mean(dtype=np.float64))


def _box_mean(image: Floats) -> Floats:
    """Means of 7 rows, rounded to the image's dtype, then of 7 columns; windows inside the image only."""
    down = (_running_sum(image.astype(np.float64)) / BOX).astype(image.dtype)
    across = _running_sum(np.ascontiguousarray(down.astype(np.float64).T)) / BOX
    return np.ascontiguousarray(across.T).astype(image.dtype)


def _running_sum(image: Array) -> Array:
    height = image.shape[0] - BOX + 1
    total = image[:height].copy()
    for row in range(1, BOX):
        total += image[row : row + height]
    return total


def gaussian_ssim(x: Plane, y: Plane, scale: float) -> float:
    """Mean SSIM under an 11-tap Gaussian, windows inside the image, L = 255 on levels multiplied by `scale`.

    With scale 255 (the evaluators', whose images are 0..255 already) this is SSIM with L = 1 on levels. In float64;
    the window is the code's float32 one. An axis shorter than 11 is left unsmoothed, as there.

    Returns:
        -1..1; in the code's own float32 the digits are not reproducible on saturated or flat areas.
    """
    similarity, _ = _means(x.double * scale, y.double * scale)
    return similarity


def gaussian_ms_ssim(x: Plane, y: Plane, scale: float) -> float:
    """Five-scale SSIM (Wang et al. 2003) with the same window, levels multiplied by `scale`, L = 255.

    Between scales 2 x 2 means, with one row and column of zeros before an odd axis. Negative means count as 0.

    Returns:
        0..1.
    """
    p, q = x.double * scale, y.double * scale
    product = 1.0
    for level, weight in enumerate(SCALE_WEIGHTS):
        similarity, structure = _means(p, q)
        mean = similarity if level == len(SCALE_WEIGHTS) - 1 else structure
        product *= max(mean, 0.0) ** weight
        p, q = _halved(p), _halved(q)
    return product


#: exp(-x^2 / 4.5) for x = -5..5 over its sum, in torch's float32: the sum is 1 - 3.07e-8, which shows in flat areas
#: because variances are differences of squares up to 4e9.
_HALF = (
    0.0010283803567290306,
    0.0075987582094967365,
    0.036000773310661316,
    0.10936068743467331,
    0.21300552785396576,
)
_WINDOW = np.array([*_HALF, 0.26601171493530273, *reversed(_HALF)])


def _smooth(image: Array) -> Array:
    one = np.ones(1)
    down, across = (_WINDOW if length >= WINDOW else one for length in image.shape)
    return separable(image, down, across, border="valid")


def _means(p: Array, q: Array) -> tuple[float, float]:
    """Mean SSIM, and mean of its contrast and structure part."""
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_p, mean_q = _smooth(p), _smooth(q)
    variance_p, variance_q = _smooth(p * p) - mean_p * mean_p, _smooth(q * q) - mean_q * mean_q
    joint = _smooth(p * q) - mean_p * mean_q
    structure = (2 * joint + c2) / (variance_p + variance_q + c2)
    luminance = (2 * mean_p * mean_q + c1) / (mean_p * mean_p + mean_q * mean_q + c1)
    return float((luminance * structure).mean()), float(structure.mean())


def _halved(image: Array) -> Array:
    height, width = image.shape
    x = np.pad(image, ((height % 2, height % 2), (width % 2, width % 2)))
    x = x[: x.shape[0] // 2 * 2, : x.shape[1] // 2 * 2]
    return (x[::2, ::2] + x[::2, 1::2] + x[1::2, ::2] + x[1::2, 1::2]) / 4
