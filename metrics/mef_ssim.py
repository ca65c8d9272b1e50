"""MEF-SSIM: structural similarity to the patch that an ideal exposure fusion would show.

Ma, Zeng and Wang, "Perceptual quality assessment for multi-exposure image fusion" (TIP 2015); equals the
authors' `mef_ssim.m` and `mef_ms_ssim.m` for two gray sources. Tang's tang2022 calls the first SSIM, both of his
versions call the second MS_SSIM, and MEFB calls it MEF_SSIM.

The ideal patch is r = alpha (x_A - mean) + beta (x_B - mean) with coefficients that the sources alone decide, so its
statistics are combinations of the sources' own, and one set of filtered maps serves every fused image.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from tcmoa_bench.metrics.primitives import gaussian, halve, separable
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.ssim import scaled

Array = NDArray[np.float64]

WINDOW, SIGMA = 11, 1.5
PIXELS = WINDOW**2
STABILISER = (0.03 * 255) ** 2
EPS = float(np.finfo(np.float64).eps)
LARGEST_POWER = 10.0
#: Added to every patch norm by the reference.
NORM_OFFSET = 0.001
SCALE_WEIGHTS = np.array([0.0448, 0.2856, 0.3001]) / (0.0448 + 0.2856 + 0.3001)

#: The coarsest of the three scales must hold one window.
MIN_SIZE = WINDOW * 2 ** (len(SCALE_WEIGHTS) - 1)


class Ideal(NamedTuple):
    """The ideal patches of one scale: one value for each 11 x 11 window inside the image.

    Attributes:
        a: Source A, `H x W`.
        b: Source B.
        mean_a: Gaussian-weighted mean of A, `H-10 x W-10`.
        mean_b: The same of B.
        alpha: Coefficient of A's deviation.
        beta: Coefficient of B's deviation.
        variance: Gaussian-weighted variance of the ideal patch.
    """

    a: Array
    b: Array
    mean_a: Array
    mean_b: Array
    alpha: Array
    beta: Array
    variance: Array


def mef_ssim(a: NDArray[np.generic], b: NDArray[np.generic], f: NDArray[np.generic]) -> float:
    """Mean over all windows of (2 s_rf + C) / (s_r^2 + s_f^2 + C), r the ideal patch, C = (0.03 * 255)^2.

    Args:
        a: Source A, `H x W`, levels 0..255, any numeric dtype.
        b: Source B, same size.
        f: Fused image, same size.

    Returns:
        -1..1, 1 is ideal; NaN if the images are smaller than 11 x 11.
    """
    return similarity(ideal(a, b), f)


def mef_ms_ssim(a: NDArray[np.generic], b: NDArray[np.generic], f: NDArray[np.generic]) -> float:
    """Product of `mef_ssim` at three scales to the powers 0.0448, 0.2856, 0.3001 over their sum.

    Arguments as `mef_ssim`.

    Returns:
        -1..1, 1 is ideal; minus infinity if the coarsest scale is smaller than a window (images below 44).
    """
    return multi_scale_similarity(multi_scale_ideal(a, b), f)


def multi_scale_ideal(a: NDArray[np.generic], b: NDArray[np.generic]) -> list[Ideal]:
    """`ideal` at full, half and quarter size (means of 2 x 2 pixels): what `mef_ms_ssim` needs of the sources."""
    return [ideal(x, y) for x, y in zip(_scales(a), _scales(b), strict=True)]


def multi_scale_similarity(scales: Sequence[Ideal], f: NDArray[np.generic]) -> float:
    """`mef_ms_ssim` with the sources' part from `multi_scale_ideal`."""
    if min(f.shape) < MIN_SIZE:
        return -math.inf
    values = [similarity(patch, image) for patch, image in zip(scales, _scales(f), strict=True)]
    # A negative value has a complex power; the reference multiplies them and its readers drop the imaginary part.
    return float(np.prod(np.array(values, dtype=complex) ** SCALE_WEIGHTS).real)


def _scales(image: NDArray[np.generic]) -> list[Array]:
    scales = [np.asarray(image, dtype=np.float64)]
    while len(scales) < len(SCALE_WEIGHTS):
        scales.append(halve(scales[-1]))
    return scales


def ideal(a: NDArray[np.generic], b: NDArray[np.generic]) -> Ideal:
    """The ideal patch of every window.

    Its structure is the mean of both sources' unit structures, weighted by their contrasts to the power p (the more
    alike the structures, the larger p); its contrast is the larger one.

    Args:
        a: Source A, `H x W`, levels 0..255, any numeric dtype.
        b: Source B, same size.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    energy_a, energy_b, product = _box_moments(a, b)
    norm_a, norm_b = np.sqrt(energy_a), np.sqrt(energy_b)
    together = np.sqrt(np.maximum(energy_a + energy_b + 2 * product, 0))
    alike = np.clip((together + EPS) / (norm_a + norm_b + EPS), EPS, 1 - EPS)
    power = np.minimum(np.tan(math.pi / 2 * alike), LARGEST_POWER)
    contrast_a, contrast_b = norm_a + NORM_OFFSET, norm_b + NORM_OFFSET
    weight_a, weight_b = (_power(c / WINDOW, power) + EPS for c in (contrast_a, contrast_b))
    total = weight_a + weight_b
    alpha, beta = weight_a / (total * contrast_a), weight_b / (total * contrast_b)
    norm = np.sqrt(np.maximum(alpha**2 * energy_a + beta**2 * energy_b + 2 * alpha * beta * product, 0))
    scale = np.maximum(contrast_a, contrast_b) / np.where(norm > 0, norm, 1)
    scale[norm == 0] = 1
    # A flat window deviates by exactly 0; its coefficient of about 500 would only amplify rounding noise.
    alpha *= np.where(energy_a > 0, scale, 0)
    beta *= np.where(energy_b > 0, scale, 0)
    mean_a, mean_b = _weighted(a), _weighted(b)
    variance = alpha**2 * (_weighted(a * a) - mean_a**2)
    variance += beta**2 * (_weighted(b * b) - mean_b**2)
    variance += 2 * alpha * beta * (_weighted(a * b) - mean_a * mean_b)
    return Ideal(a, b, mean_a, mean_b, alpha, beta, variance)


def plane_ideal(a: Plane, b: Plane, level: int = 0) -> Ideal:
    """`ideal` of two planes halved `level` times, computed once per pair."""
    return a.once(("mef ideal", b, level), lambda: ideal(scaled(a, level), scaled(b, level)))


def similarity(patch: Ideal, f: NDArray[np.generic]) -> float:
    """`mef_ssim` with the sources' part from `ideal`."""
    f = np.asarray(f, dtype=np.float64)
    mean = _weighted(f)
    if not mean.size:
        return math.nan
    covariance = patch.alpha * (_weighted(patch.a * f) - patch.mean_a * mean)
    covariance += patch.beta * (_weighted(patch.b * f) - patch.mean_b * mean)
    variance = _weighted(f * f) - mean**2
    return float(((2 * covariance + STABILISER) / (patch.variance + variance + STABILISER)).mean())


def _weighted(image: Array) -> Array:
    return separable(image, gaussian(WINDOW, SIGMA), border="valid")


def _box_moments(a: Array, b: Array) -> tuple[Array, Array, Array]:
    """Sums of squares and of products of the deviations from the mean in each 11 x 11 window.

    The window sums of levels and of their 2 x 2 means are exact, so a flat window gives exactly 0.
    """
    sum_a, sum_b = _box(a), _box(b)
    energy_a = np.maximum(_box(a * a) - sum_a * sum_a / PIXELS, 0)
    energy_b = np.maximum(_box(b * b) - sum_b * sum_b / PIXELS, 0)
    return energy_a, energy_b, _box(a * b) - sum_a * sum_b / PIXELS


def _box(image: Array) -> Array:
    height, width = (max(n - WINDOW + 1, 0) for n in image.shape)
    if not height or not width:
        return np.empty((height, width))
    total = cv2.boxFilter(
        image, cv2.CV_64F, (WINDOW, WINDOW), normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    edge = WINDOW // 2
    return total[edge : edge + height, edge : edge + width]


def _power(base: Array, exponent: Array) -> Array:
    # OpenCV's logarithm and exponential are vectorised in float64, NumPy's power is not.
    return cv2.exp(exponent * cv2.log(base)) if base.size else base
