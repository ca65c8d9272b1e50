"""MEF-SSIM: structural similarity to the patch that an ideal exposure fusion would show.

Ma, Zeng and Wang, "Perceptual quality assessment for multi-exposure image fusion" (TIP 2015); equals the
authors' `mef_ssim.m` and `mef_ms_ssim.m` for two gray sources. Tang's tang2022 calls the first SSIM, both of
his versions call the second MS_SSIM, and MEFB calls it MEF_SSIM.

The ideal patch is r = alpha (x_A - mean) + beta (x_B - mean) with coefficients that the sources alone decide,
so its statistics are combinations of those that SSIM needs too.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.blocks import row_blocks
from tcmoa_bench.metrics.formulas.ssim import WINDOW, local_covariance, local_moments, scaled
from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]

PIXELS = WINDOW**2
STABILISER = (0.03 * 255) ** 2
EPS = float(np.finfo(np.float64).eps)
LARGEST_POWER = 10.0
#: How alike two structures must be for the largest power.
ALIKE_ENOUGH = math.atan(LARGEST_POWER) * 2 / math.pi
#: Added to every patch norm by the reference.
NORM_OFFSET = 0.001
SCALE_WEIGHTS = np.array([0.0448, 0.2856, 0.3001]) / (0.0448 + 0.2856 + 0.3001)
#: The coarsest of the three scales must hold one window.
MIN_SIZE = WINDOW * 2 ** (len(SCALE_WEIGHTS) - 1)


class Ideal(NamedTuple):
    """The ideal patch of every window inside the image: coefficients of both sources, Gaussian variance."""

    alpha: Array
    beta: Array
    variance: Array


def mef_ssim(a: Plane, b: Plane, fused: Plane, level: int = 0) -> float:
    """Mean over all windows of (2 s_rf + C) / (s_r^2 + s_f^2 + C), r the ideal patch, C = (0.03 * 255)^2.

    Args:
        a: Source A.
        b: Source B.
        fused: Fused image.
        level: How often the images are halved first.

    Returns:
        -1..1, 1 is ideal, and beyond where opposite sources cancel and the ideal patch is rounding noise; NaN if the
        images are smaller than 11 x 11.
    """
    patch = ideal(a, b, level)
    if not patch.alpha.size:
        return math.nan
    joint_a, joint_b = (local_covariance(source, fused, "valid", level) for source in (a, b))
    variance = local_moments(fused, "valid", level).variance
    total = 0.0
    for rows in row_blocks(variance.shape):
        joint = patch.alpha[rows] * joint_a[rows]
        joint += patch.beta[rows] * joint_b[rows]
        joint *= 2
        joint += STABILISER
        joint /= patch.variance[rows] + variance[rows] + STABILISER
        total += float(joint.sum())
    return total / variance.size


def mef_ms_ssim(a: Plane, b: Plane, fused: Plane) -> float:
    """Product of `mef_ssim` at three scales to the powers 0.0448, 0.2856, 0.3001 over their sum.

    Returns:
        -1..1, 1 is ideal; minus infinity if the coarsest scale is smaller than a window (images below 44).
    """
    if min(fused.shape) < MIN_SIZE:
        return -math.inf
    values = [mef_ssim(a, b, fused, level) for level in range(len(SCALE_WEIGHTS))]
    # A negative value has a complex power; the reference's readers drop the imaginary part of the product.
    return float(np.prod(np.array(values, dtype=complex) ** SCALE_WEIGHTS).real)


@once
def ideal(a: Plane, b: Plane, level: int = 0) -> Ideal:
    """The ideal patch of every window, computed once per pair.

    Its structure is the mean of both sources' unit structures, weighted by their contrasts to the power p (the
    more alike the structures, the larger p); its contrast is the larger one.
    """
    moments = (
        *_window_sums(scaled(a, level), scaled(b, level)),
        *(
            local_moments(a, "valid", level).variance,
            local_moments(b, "valid", level).variance,
            local_covariance(a, b, "valid", level),
        ),
    )
    result = Ideal(*(np.empty(moments[0].shape) for _ in range(3)))
    for rows in row_blocks(result.alpha.shape):
        sum_a, sum_b, square_a, square_b, product, variance_a, variance_b, joint = (x[rows] for x in moments)
        energy_a = np.maximum(square_a - sum_a * sum_a / PIXELS, 0)
        energy_b = np.maximum(square_b - sum_b * sum_b / PIXELS, 0)
        alpha, beta = _coefficients(energy_a, energy_b, product - sum_a * sum_b / PIXELS)
        result.alpha[rows], result.beta[rows] = alpha, beta
        result.variance[rows] = alpha**2 * variance_a + beta**2 * variance_b + 2 * alpha * beta * joint
    return result


def _window_sums(a: Array, b: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Sums of a, b, a^2, b^2, ab over each 11 x 11 window: exact, so that a flat window has exactly no energy."""
    return _box(a), _box(b), _box(a * a), _box(b * b), _box(a * b)


def _box(image: Array) -> Array:
    height, width = (max(n - WINDOW + 1, 0) for n in image.shape)
    if not height or not width:
        return np.empty((height, width))
    size, edge = (WINDOW, WINDOW), WINDOW // 2
    total = cv2.boxFilter(image, cv2.CV_64F, size, normalize=False, borderType=cv2.BORDER_CONSTANT)
    return total[edge : edge + height, edge : edge + width]


def _coefficients(energy_a: Array, energy_b: Array, product: Array) -> tuple[Array, Array]:
    """Coefficients of A and B in the ideal patch, from the sums of squares and products of their deviations."""
    norm_a, norm_b = np.sqrt(energy_a), np.sqrt(energy_b)
    together = np.sqrt(np.maximum(energy_a + energy_b + 2 * product, 0))
    alike = np.clip((together + EPS) / (norm_a + norm_b + EPS), EPS, 1 - EPS)
    power = np.full_like(alike, LARGEST_POWER)
    np.tan(math.pi / 2 * alike, out=power, where=alike < ALIKE_ENOUGH)
    contrast_a, contrast_b = norm_a + NORM_OFFSET, norm_b + NORM_OFFSET
    weight_a, weight_b = (_power(c / WINDOW, power) + EPS for c in (contrast_a, contrast_b))
    total = weight_a + weight_b
    alpha, beta = weight_a / (total * contrast_a), weight_b / (total * contrast_b)
    norm = np.sqrt(np.maximum(alpha**2 * energy_a + beta**2 * energy_b + 2 * alpha * beta * product, 0))
    scale = np.divide(np.maximum(contrast_a, contrast_b), norm, out=np.ones_like(norm), where=norm > 0)
    # A flat window deviates by exactly 0; its coefficient of about 500 would only amplify rounding noise.
    return alpha * np.where(energy_a > 0, scale, 0), beta * np.where(energy_b > 0, scale, 0)


def _power(base: Array, exponent: Array) -> Array:
    # OpenCV's logarithm and exponential are vectorised in float64, NumPy's power is not.
    return cv2.exp(exponent * cv2.log(base))
