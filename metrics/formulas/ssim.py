"""Structural similarity (Wang, Bovik, Sheikh and Simoncelli 2004) and its multi-scale form (2003)."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.blocks import row_blocks
from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.primitives import gaussian, halve, separable
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.settings import checked

Array = NDArray[np.float64]

WINDOW, SIGMA = 11, 1.5
#: Windows inside the image only, or as many as pixels, the edge pixels going on beyond the border.
ValidOrReplicate = Literal["valid", "replicate"]
#: What stands in for the complex power of a negative mean similarity.
Negative = Literal["zero", "real-part"]
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
#: The coarsest of the five scales must hold one window.
MS_SSIM_MIN_SIZE = (WINDOW - 1) * 2 ** (len(SCALE_WEIGHTS) - 1) + 1


def scaled(plane: Plane, level: int) -> Array:
    """The plane's values, halved `level` times by 2x2 means, computed once per plane."""
    return plane.values if level == 0 else _halved(plane, level)


@once
def _halved(plane: Plane, level: int) -> Array:
    return halve(scaled(plane, level - 1))


class Moments(NamedTuple):
    """Local mean and variance of an image."""

    mean: Array
    variance: Array


def local_moments(plane: Plane, border: ValidOrReplicate, level: int = 0) -> Moments:
    """Local mean and variance under the 11-tap Gaussian window (sigma 1.5), computed once per plane.

    Args:
        plane: Any levels.
        border: `replicate` (same size) or `valid` (windows inside the image only, the inner part of the same).
        level: How often the plane is halved first.
    """
    return Moments(*(_within(x, border) for x in _moments(plane, level)))


@once
def _moments(plane: Plane, level: int) -> Moments:
    x, window = scaled(plane, level), gaussian(WINDOW, SIGMA)
    mean = separable(x, window, border="replicate")
    variance = separable(x * x, window, border="replicate")
    variance -= mean * mean
    return Moments(mean, variance)


def local_covariance(x: Plane, y: Plane, border: ValidOrReplicate, level: int = 0) -> Array:
    """Local covariance of two planes under the same window, computed once; arguments as `local_moments`."""
    return _within(_covariance(x, y, level), border)


@once
def _covariance(x: Plane, y: Plane, level: int) -> Array:
    product = scaled(x, level) * scaled(y, level)
    joint = separable(product, gaussian(WINDOW, SIGMA), border="replicate")
    joint -= _moments(x, level).mean * _moments(y, level).mean
    return joint


def _within(same_size: Array, border: ValidOrReplicate) -> Array:
    if border == "replicate":
        return same_size
    height, width = (max(n - WINDOW + 1, 0) for n in same_size.shape)
    rim = WINDOW // 2
    return same_size[rim : rim + height, rim : rim + width]


@checked
def ssim(x: Plane, y: Plane, *, peak: float, border: ValidOrReplicate) -> float:
    """Mean SSIM of two planes on levels 0..255, K = 0.01 and 0.03.

    Args:
        x: First plane.
        y: Second plane.
        peak: Dynamic range L; 255 for levels. MATLAB's `ssim` takes 1 for doubles whatever their range.
        border: `valid` or `replicate`.

    Returns:
        -1..1; NaN if the image is smaller than the window and border is `valid`.
    """
    return _mean_similarity(x, y, peak, border, level=0, luminance=True)


@checked
def ms_ssim(x: Plane, y: Plane, *, negative: Negative = "zero") -> float:
    """Multi-scale SSIM: product over five scales of the mean contrast-structure, luminance at the coarsest.

    Exponents 0.0448, 0.2856, 0.3001, 0.2363, 0.1333; dynamic range 255; windows inside the image only.

    Args:
        x: First plane.
        y: Second plane.
        negative: What a negative mean does, whose power is complex: it counts as 0, or the product's real part is taken.

    Returns:
        0..1; -1..1 with the real part.
    """
    last = len(SCALE_WEIGHTS) - 1
    means = [
        _mean_similarity(x, y, 255.0, "valid", level, luminance=level == last) for level in range(last + 1)
    ]
    if negative == "zero":
        return math.prod(max(mean, 0.0) ** weight for mean, weight in zip(means, SCALE_WEIGHTS, strict=True))
    return float(np.prod(np.array(means, dtype=complex) ** np.array(SCALE_WEIGHTS)).real)


def _mean_similarity(
    x: Plane, y: Plane, peak: float, border: ValidOrReplicate, level: int, luminance: bool
) -> float:
    """Mean over the windows of contrast-structure similarity, times luminance similarity if asked for."""
    (mean_x, variance_x), (mean_y, variance_y) = (local_moments(p, border, level) for p in (x, y))
    if not mean_x.size:
        return math.nan
    joint = local_covariance(x, y, border, level)
    c1, c2 = (0.01 * peak) ** 2, (0.03 * peak) ** 2
    total = 0.0
    for rows in row_blocks(mean_x.shape):
        similarity = joint[rows] * 2
        similarity += c2
        similarity /= variance_x[rows] + variance_y[rows] + c2
        if luminance:
            means = mean_x[rows] * mean_y[rows]
            means *= 2
            means += c1
            similarity *= means
            similarity /= mean_x[rows] ** 2 + mean_y[rows] ** 2 + c1
        total += float(similarity.sum())
    return total / mean_x.size
