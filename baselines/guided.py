"""Box mean and guided filter on windows clipped to the image.

Paper: He, Sun, Tang, "Guided image filtering", IEEE TPAMI 35(6), 2013. OpenCV's own guided filter is in
its contrib package, which this project does not need.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from tcmoa_bench.baselines.colour import Plane

BoxMean = Callable[[Plane, int], Plane]


def box_mean(x: Plane, radius: int) -> Plane:
    """Mean over the part of a `(2r+1) x (2r+1)` window that lies inside the image; `H x W` in and out."""
    size = 2 * radius + 1
    mean = cv2.blur(x, (size, size), borderType=cv2.BORDER_CONSTANT)
    # The window is clipped at the borders only.
    for axis, length in enumerate(x.shape):
        factor = size / _counts(length, radius)
        lines = mean if axis == 0 else mean.T
        edge = min(radius, length)
        lines[:edge] *= factor[:edge, None]
        lines[max(edge, length - radius) :] *= factor[max(edge, length - radius) :, None]
    return mean


def box_mean_cumulative(x: Plane, radius: int) -> Plane:
    """`box_mean` by cumulative sums, rows first: the authors' order of rounding, several times slower.

    Methods whose eps is near the rounding error (HMSD_GF) give the authors' pixels only with this order.
    """
    total = x.copy()
    for row in range(1, len(total)):  # np.cumsum along columns is ten times slower
        total[row] += total[row - 1]
    total = np.cumsum(_differences(total, radius), axis=1)
    sums = _differences(total.T, radius).T
    return sums / (_counts(x.shape[0], radius)[:, None] * _counts(x.shape[1], radius))


def _differences(total: Plane, radius: int) -> Plane:
    """Sums over clipped windows along the rows, from cumulative sums."""
    length = len(total)
    if length < 2 * radius + 1:
        sums = total[np.minimum(np.arange(length) + radius, length - 1)]
        sums[radius + 1 :] -= total[: max(0, length - radius - 1)]
        return sums
    sums = np.empty_like(total)
    sums[: radius + 1] = total[radius : 2 * radius + 1]
    np.subtract(
        total[2 * radius + 1 :], total[: length - 2 * radius - 1], out=sums[radius + 1 : length - radius]
    )
    np.subtract(total[-1], total[length - 2 * radius - 1 : length - radius - 1], out=sums[length - radius :])
    return sums


def _counts(length: int, radius: int) -> Plane:
    """Number of pixels inside the image of each window along one axis."""
    position = np.arange(length)
    return np.minimum(position + radius, length - 1) - np.maximum(position - radius, 0) + 1.0


def guided_filter(guide: Plane, x: Plane, radius: int, eps: float, box: BoxMean = box_mean) -> Plane:
    """Guided filter of `x` by a gray guide.

    Args:
        guide: `H x W`, any scale.
        x: `H x W`; may be the guide itself.
        radius: Window radius in pixels.
        eps: Regularisation, in the guide's unit squared.
        box: Which box mean.
    """
    slope, offset = guided_coefficients(guide, x, radius, eps, box)
    smooth = box(slope, radius)
    smooth *= guide
    smooth += box(offset, radius)
    return smooth


def guided_coefficients(
    guide: Plane, x: Plane, radius: int, eps: float, box: BoxMean = box_mean
) -> tuple[Plane, Plane]:
    """Slope and offset of the local linear models, before they are averaged.

    slope = cov(guide, x) / (var(guide) + eps), offset = mean(x) - slope mean(guide). Buffers are used
    again, because fresh ones of this size cost more than the arithmetic.
    """
    mean_guide = box(guide, radius)
    product = guide * guide
    variance = box(product, radius)
    variance -= np.multiply(mean_guide, mean_guide, out=product)
    if x is guide:
        mean_x, slope = mean_guide, variance.copy()
    else:
        mean_x, slope = box(x, radius), box(np.multiply(guide, x, out=product), radius)
        slope -= np.multiply(mean_guide, mean_x, out=product)
    variance += eps
    slope /= variance
    offset = np.subtract(mean_x, np.multiply(slope, mean_guide, out=product), out=product)
    return slope, offset
