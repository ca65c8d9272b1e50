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
    size = (2 * radius + 1, 2 * radius + 1)
    sums = cv2.boxFilter(x, cv2.CV_64F, size, normalize=False, borderType=cv2.BORDER_CONSTANT)
    return sums / _counts(x.shape, radius)


def box_mean_cumulative(x: Plane, radius: int) -> Plane:
    """`box_mean` by cumulative sums, rows first: the authors' order of rounding, at a tenth of the speed.

    Methods whose eps is near the rounding error (HMSD_GF) give the authors' pixels only with this order.
    """
    sums = _window_sum(_window_sum(x, radius, 0), radius, 1)
    return sums / _counts(x.shape, radius)


def _window_sum(x: Plane, radius: int, axis: int) -> Plane:
    """Sums over clipped windows along one axis, from differences of the cumulative sum."""
    length = x.shape[axis]
    total = np.cumsum(x, axis=axis)
    sums = total.take(np.minimum(np.arange(length) + radius, length - 1), axis=axis)
    if axis == 0:
        sums[radius + 1 :] -= total[: length - radius - 1]
    else:
        sums[:, radius + 1 :] -= total[:, : length - radius - 1]
    return sums


def _counts(shape: tuple[int, ...], radius: int) -> Plane:
    """Number of pixels of each window that lie inside the image."""
    rows, columns = (
        np.minimum(np.arange(n) + radius, n - 1) - np.maximum(np.arange(n) - radius, 0) + 1.0 for n in shape
    )
    return rows[:, None] * columns


def guided_filter(guide: Plane, x: Plane, radius: int, eps: float, box: BoxMean = box_mean) -> Plane:
    """Guided filter of `x` by a gray guide.

    Args:
        guide: `H x W`, any scale.
        x: `H x W`.
        radius: Window radius in pixels.
        eps: Regularisation, in the guide's unit squared.
        box: Which box mean.
    """
    slope, offset = guided_coefficients(guide, x, radius, eps, box)
    return box(slope, radius) * guide + box(offset, radius)


def guided_coefficients(
    guide: Plane, x: Plane, radius: int, eps: float, box: BoxMean = box_mean
) -> tuple[Plane, Plane]:
    """Slope and offset of the local linear models, before they are averaged."""
    mean_guide = box(guide, radius)
    mean_x = mean_guide if x is guide else box(x, radius)
    variance = box(guide * guide, radius) - mean_guide * mean_guide
    covariance = variance if x is guide else box(guide * x, radius) - mean_guide * mean_x
    slope = covariance / (variance + eps)
    return slope, mean_x - slope * mean_guide
