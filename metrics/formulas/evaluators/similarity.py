"""SSIM as the Python evaluators call it: scikit-image's box window in float32, and torch's on wrong ranges."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.formulas.evaluators.single import DTYPES
from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.primitives import separable
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.settings import Arithmetic

Array = NDArray[np.float64]
Floats = NDArray[np.floating]

BOX = 7
WINDOW = 11
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


class Moments(NamedTuple):
    """Local mean and variance of an image."""

    mean: Floats
    variance: Floats


def box_ssim(x: Plane, y: Plane, peak: float, dtype: type[np.floating]) -> float:
    """Mean SSIM under a 7 x 7 box with sample covariance, as `skimage.metrics.structural_similarity` forms it.

    Args:
        x: Source; x and y may be swapped.
        y: Fused image.
        peak: Dynamic range L of K1 = 0.01, K2 = 0.03. scikit-image up to 0.19 takes 2 for float images.
        dtype: Of the maps: `np.float32` (scikit-image 0.19 and later on float32 images) or `np.float64` (before).
            The order of operations follows the code, which decides the digits in float32.

    Returns:
        -1..1.
    """
    c1, c2 = dtype((0.01 * peak) ** 2), dtype((0.03 * peak) ** 2)
    of_x, of_y, joint = _box_moments(x, dtype), _box_moments(y, dtype), _box_covariance(x, y, dtype)
    two = dtype(2)
    upper = (two * of_x.mean * of_y.mean + c1) * (two * joint + c2)
    lower = (of_x.mean * of_x.mean + of_y.mean * of_y.mean + c1) * (of_x.variance + of_y.variance + c2)
    return float((upper / lower).mean(dtype=np.float64))


@once
def _box_moments(plane: Plane, dtype: type[np.floating]) -> Moments:
    levels = plane.levels.astype(dtype)
    mean = _box_mean(levels)
    return Moments(mean, _unbiased(dtype) * (_box_mean(levels * levels) - mean * mean))


@once
def _box_covariance(x: Plane, y: Plane, dtype: type[np.floating]) -> Floats:
    product = x.levels.astype(dtype) * y.levels.astype(dtype)
    return _unbiased(dtype) * (_box_mean(product) - _box_moments(x, dtype).mean * _box_moments(y, dtype).mean)


def _unbiased(dtype: type[np.floating]) -> np.floating:
    return dtype(BOX * BOX / (BOX * BOX - 1))


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


def gaussian_ssim(x: Plane, y: Plane, scale: float, arithmetic: Arithmetic) -> float:
    """Mean SSIM under an 11-tap Gaussian, windows inside the image, L = 255 on levels multiplied by `scale`.

    With scale 255 (the evaluators', whose images are 0..255 already) this is SSIM with L = 1 on levels. The window is the
    code's float32 one. An axis shorter than 11 is left unsmoothed, as there.

    Args:
        x: First plane.
        y: Second plane.
        scale: What levels are multiplied by.
        arithmetic: Of the maps. The code's own float32 gives no reproducible digits on saturated or flat areas.

    Returns:
        -1..1.
    """
    return _means(x, y, scale, 0, arithmetic).similarity


def gaussian_ms_ssim(x: Plane, y: Plane, scale: float, arithmetic: Arithmetic) -> float:
    """Five-scale SSIM (Wang et al. 2003) with the same window, levels multiplied by `scale`, L = 255.

    Between scales 2 x 2 means, with one row and column of zeros before an odd axis. Negative means count as 0. Arguments
    as `gaussian_ssim`.

    Returns:
        0..1.
    """
    product = 1.0
    for level, weight in enumerate(SCALE_WEIGHTS):
        means = _means(x, y, scale, level, arithmetic)
        mean = means.similarity if level == len(SCALE_WEIGHTS) - 1 else means.structure
        product *= max(mean, 0.0) ** weight
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


def _smooth(image: Floats) -> Floats:
    one = np.ones(1)
    down, across = (_WINDOW if length >= WINDOW else one for length in image.shape)
    return separable(image, down, across, border="valid").astype(image.dtype, copy=False)


class Means(NamedTuple):
    """Mean SSIM, and mean of its contrast and structure part."""

    similarity: float
    structure: float


@once
def _means(x: Plane, y: Plane, scale: float, level: int, arithmetic: Arithmetic) -> Means:
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    (mean_x, variance_x), (mean_y, variance_y) = (
        _moments(plane, scale, level, arithmetic) for plane in (x, y)
    )
    of_x, of_y = (_image(plane, scale, level, arithmetic) for plane in (x, y))
    joint = _smooth(of_x * of_y) - mean_x * mean_y
    structure = (2 * joint + c2) / (variance_x + variance_y + c2)
    luminance = (2 * mean_x * mean_y + c1) / (mean_x * mean_x + mean_y * mean_y + c1)
    return Means(float((luminance * structure).mean()), float(structure.mean()))


@once
def _moments(plane: Plane, scale: float, level: int, arithmetic: Arithmetic) -> Moments:
    image = _image(plane, scale, level, arithmetic)
    mean = _smooth(image)
    return Moments(mean, _smooth(image * image) - mean * mean)


@once
def _image(plane: Plane, scale: float, level: int, arithmetic: Arithmetic) -> Floats:
    if level:
        return _halved(_image(plane, scale, level - 1, arithmetic))
    return (plane.double * scale).astype(DTYPES[arithmetic], copy=False)


def _halved(image: Floats) -> Floats:
    height, width = image.shape
    x = np.pad(image, ((height % 2, height % 2), (width % 2, width % 2)))
    x = x[: x.shape[0] // 2 * 2, : x.shape[1] // 2 * 2]
    return (x[::2, ::2] + x[::2, 1::2] + x[1::2, ::2] + x[1::2, 1::2]) / 4
