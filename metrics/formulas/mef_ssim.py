"""MEF-SSIM: structural similarity to the patch that an ideal exposure fusion would show.

Ma, Zeng and Wang, "Perceptual quality assessment for multi-exposure image fusion" (TIP 2015); equals the
authors' `mef_ssim.m` and `mef_ms_ssim.m` for gray sources. Tang's tang2022 calls the first SSIM, both of
his versions call the second MS_SSIM, and MEFB calls it MEF_SSIM.

The ideal patch is r = alpha (x_A - mean) + beta (x_B - mean), and so on for more sources, with coefficients
that the sources alone decide,
so its statistics are combinations of those that SSIM needs too.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.blocks import row_blocks
from tcmoa_bench.metrics.formulas.ssim import WINDOW, local_covariance, local_moments, scaled
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
    """The ideal patch of every window inside the image: a coefficient for each source, Gaussian variance."""

    shares: tuple[Array, ...]
    variance: Array


def mef_ssim(*planes: Plane, level: int = 0) -> float:
    """Mean over all windows of (2 s_rf + C) / (s_r^2 + s_f^2 + C), r the ideal patch, C = (0.03 * 255)^2.

    Args:
        planes: The sources, two or more, then the fused image.
        level: How often the images are halved first.

    Returns:
        -1..1, 1 is ideal, and beyond where opposite sources cancel and the ideal patch is rounding noise; NaN if the
        images are smaller than 11 x 11.
    """
    *sources, fused = planes
    patch = ideal(*sources, level=level)
    if not patch.variance.size:
        return math.nan
    joints = [local_covariance(source, fused, "valid", level) for source in sources]
    variance = local_moments(fused, "valid", level).variance
    total = 0.0
    for rows in row_blocks(variance.shape):
        joint = patch.shares[0][rows] * joints[0][rows]
        for share, of_source in zip(patch.shares[1:], joints[1:], strict=True):
            joint += share[rows] * of_source[rows]
        joint *= 2
        joint += STABILISER
        joint /= patch.variance[rows] + variance[rows] + STABILISER
        total += float(joint.sum())
    return total / variance.size


def mef_ms_ssim(*planes: Plane) -> float:
    """Product of `mef_ssim` at three scales to the powers 0.0448, 0.2856, 0.3001 over their sum.

    Returns:
        -1..1, 1 is ideal; minus infinity if the coarsest scale is smaller than a window (images below 44).
    """
    if min(planes[-1].shape) < MIN_SIZE:
        return -math.inf
    values = [mef_ssim(*planes, level=level) for level in range(len(SCALE_WEIGHTS))]
    # A negative value has a complex power; the reference's readers drop the imaginary part of the product.
    return float(np.prod(np.array(values, dtype=complex) ** SCALE_WEIGHTS).real)


def ideal(*sources: Plane, level: int = 0) -> Ideal:
    """The ideal patch of every window, computed once for the same sources.

    Its structure is the mean of the sources' unit structures, weighted by their contrasts to the power p (the
    more alike the structures, the larger p); its contrast is the largest one.
    """
    numbers = tuple(source.serial for source in sources)
    return sources[-1].keep((ideal, numbers, level), lambda: _ideal(sources, level))


def _ideal(sources: Sequence[Plane], level: int) -> Ideal:
    images = [scaled(source, level) for source in sources]
    # Sums over each 11 x 11 window: exact, so that a flat window has exactly no energy.
    sums, squares = [_box(x) for x in images], [_box(x * x) for x in images]
    variances = [local_moments(source, "valid", level).variance for source in sources]
    pairs = list(itertools.combinations(range(len(sources)), 2))
    products = [_box(images[i] * images[j]) for i, j in pairs]
    covariances = [local_covariance(sources[i], sources[j], "valid", level) for i, j in pairs]
    result = Ideal(tuple(np.empty(sums[0].shape) for _ in sources), np.empty(sums[0].shape))
    for rows in row_blocks(result.variance.shape):
        total = [x[rows] for x in sums]
        energies = [np.maximum(x[rows] - s * s / PIXELS, 0) for x, s in zip(squares, total, strict=True)]
        deviations = {
            (i, j): product[rows] - total[i] * total[j] / PIXELS
            for (i, j), product in zip(pairs, products, strict=True)
        }
        shares = _coefficients(energies, deviations)
        for kept, share in zip(result.shares, shares, strict=True):
            kept[rows] = share
        joints = {pair: joint[rows] for pair, joint in zip(pairs, covariances, strict=True)}
        result.variance[rows] = _of_sum(shares, [variance[rows] for variance in variances], joints)
    return result


def _of_sum(
    shares: Sequence[Array], squares: Sequence[Array], products: Mapping[tuple[int, int], Array]
) -> Array:
    """The square of a sum of sources with shares, from the sources' squares and the products of each two."""
    total = shares[0] ** 2 * squares[0]
    for share, square in zip(shares[1:], squares[1:], strict=True):
        total = total + share**2 * square
    for (i, j), product in products.items():
        total = total + 2 * shares[i] * shares[j] * product
    return total


def _box(image: Array) -> Array:
    height, width = (max(n - WINDOW + 1, 0) for n in image.shape)
    if not height or not width:
        return np.empty((height, width))
    size, edge = (WINDOW, WINDOW), WINDOW // 2
    total = cv2.boxFilter(image, cv2.CV_64F, size, normalize=False, borderType=cv2.BORDER_CONSTANT)
    return total[edge : edge + height, edge : edge + width]


def _coefficients(energies: Sequence[Array], products: Mapping[tuple[int, int], Array]) -> tuple[Array, ...]:
    """Each source's coefficient in the ideal patch, from the sums of squares and products of the deviations."""
    norms = [np.sqrt(energy) for energy in energies]
    ones = [np.ones(())] * len(energies)
    together = np.sqrt(np.maximum(_of_sum(ones, energies, products), 0))
    alike = np.clip((together + EPS) / (reduce(np.add, norms) + EPS), EPS, 1 - EPS)
    power = np.full_like(alike, LARGEST_POWER)
    np.tan(math.pi / 2 * alike, out=power, where=alike < ALIKE_ENOUGH)
    contrasts = [norm + NORM_OFFSET for norm in norms]
    weights = [_power(contrast / WINDOW, power) + EPS for contrast in contrasts]
    total = reduce(np.add, weights)
    shares = [weight / (total * contrast) for weight, contrast in zip(weights, contrasts, strict=True)]
    norm = np.sqrt(np.maximum(_of_sum(shares, energies, products), 0))
    scale = np.divide(reduce(np.maximum, contrasts), norm, out=np.ones_like(norm), where=norm > 0)
    # A flat window deviates by exactly 0; its coefficient of about 500 would only amplify rounding noise.
    return tuple(
        share * np.where(energy > 0, scale, 0) for share, energy in zip(shares, energies, strict=True)
    )


def _power(base: Array, exponent: Array) -> Array:
    # OpenCV's logarithm and exponential are vectorised in float64, NumPy's power is not.
    return cv2.exp(exponent * cv2.log(base))
