"""Box mean and guided filter on windows clipped to the image.

Paper: He, Sun, Tang, "Guided image filtering", IEEE TPAMI 35(6), 2013. OpenCV's own guided filter is in
its contrib package, which this project does not need.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tcmoa_bench.baselines.kernels.numeric import Float64Array
from tcmoa_bench.baselines.kernels.threads import each, in_strips, strips


def box_mean(x: Float64Array, radius: int, out: Float64Array | None = None) -> Float64Array:
    """Mean over the part of a `(2r+1) x (2r+1)` window inside the image; `H x W` or `H x W x C` in and out.

    The result may go into `out`, also into `x` itself: fresh memory costs as much as a formula.
    """
    size = 2 * radius + 1
    mean = cv2.blur(x, (size, size), dst=out, borderType=cv2.BORDER_CONSTANT)
    # The window is clipped at the borders only.
    for axis, length in enumerate(x.shape[:2]):
        lines, edge = np.moveaxis(mean, axis, -1), min(radius, length)
        factor = size / window_counts(length, radius)
        lines[..., :edge] *= factor[:edge]
        lines[..., max(edge, length - radius) :] *= factor[max(edge, length - radius) :]
    return mean


def window_counts(length: int, radius: int) -> Float64Array:
    """Number of pixels inside the image of each window along one axis."""
    position = np.arange(length)
    return np.minimum(position + radius, length - 1) - np.maximum(position - radius, 0) + 1.0


@dataclass(frozen=True)
class Moments:
    """Box means of a plane and of its square, for which filters with one guide or one input share work."""

    plane: Float64Array
    mean: Float64Array
    square: Float64Array


def moments(x: Float64Array, radius: int) -> Moments:
    """Box means of a plane and of its square, `H x W` or `H x W x C` each."""
    square = x * x
    return Moments(x, box_mean(x, radius), box_mean(square, radius, square))


def guided_filter(guide: Float64Array, x: Float64Array, radius: int, eps: float) -> Float64Array:
    """Guided filter of `x` by a gray guide.

    Args:
        guide: `H x W`, any scale.
        x: `H x W`.
        radius: Window radius in pixels.
        eps: Regularisation, in the guide's unit squared.
    """
    product = guide * x
    box_mean(product, radius, product)
    return filter_by(moments(guide, radius), box_mean(x, radius), product, radius, eps)


def filter_by(
    guide: Moments, mean_x: Float64Array, mean_product: Float64Array, radius: int, eps: float
) -> Float64Array:
    """Guided filter of x from the guide's moments, the box mean of x and that of guide times x."""
    slope, offset = (box_mean(c, radius, c) for c in local_models(guide, mean_x, mean_product, eps))
    return in_strips(lambda a, x, b: a * x + b, slope, guide.plane, offset, out=slope)


def local_models(
    guide: Moments, mean_x: Float64Array, mean_product: Float64Array, eps: float
) -> tuple[Float64Array, Float64Array]:
    """Slope and offset of the local linear models, before they are averaged.

    slope = cov(guide, x) / (var(guide) + eps), offset = mean(x) - slope mean(guide).
    """
    slope, offset = np.empty_like(mean_x), np.empty_like(mean_x)

    def work(rows: slice) -> None:
        mean, x = guide.mean[rows], mean_x[rows]
        covariance, variance = mean_product[rows] - mean * x, guide.square[rows] - mean * mean
        np.divide(covariance, variance + eps, out=slope[rows])
        np.subtract(x, slope[rows] * mean, out=offset[rows])

    each(work, strips(slope.shape))
    return slope, offset
