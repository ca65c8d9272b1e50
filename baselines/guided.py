"""Box mean and guided filter on windows clipped to the image.

Paper: He, Sun, Tang, "Guided image filtering", IEEE TPAMI 35(6), 2013. OpenCV's own guided filter is in
its contrib package, which this project does not need.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.baselines.colour import Plane
from tcmoa_bench.baselines.threads import each, in_strips, strips

Number = TypeVar("Number", np.float64, np.complex128)


class BoxMean(Protocol):
    """Which box mean a filter takes."""

    def __call__(self, x: Plane, radius: int, out: Plane | None = None) -> Plane:
        """Box mean of a plane; `out` may be the plane itself."""


def box_mean(x: Plane, radius: int, out: Plane | None = None) -> Plane:
    """Mean over the part of a `(2r+1) x (2r+1)` window inside the image; `H x W` or `H x W x C` in and out."""
    size = 2 * radius + 1
    mean = cv2.blur(x, (size, size), dst=out, borderType=cv2.BORDER_CONSTANT)
    # The window is clipped at the borders only.
    for axis, length in enumerate(x.shape[:2]):
        lines, edge = np.moveaxis(mean, axis, -1), min(radius, length)
        factor = size / _counts(length, radius)
        lines[..., :edge] *= factor[:edge]
        lines[..., max(edge, length - radius) :] *= factor[max(edge, length - radius) :]
    return mean


def box_mean_cumulative(x: Plane, radius: int, out: Plane | None = None) -> Plane:
    """`box_mean` by cumulative sums, rows first: the authors' order of rounding, but slower; `H x W`.

    HMSD_GF's choices between nearly equal edges give the authors' pixels only with this order.
    """
    total = np.empty_like(x)
    total[0] = x[0]
    for row in range(1, len(x)):  # np.cumsum along columns is ten times slower
        np.add(total[row - 1], x[row], out=total[row])
    sums = _differences(total, radius, out)
    down, across = (_counts(length, radius) for length in x.shape)

    def finish(rows: slice) -> None:
        strip = sums[rows]
        half = -(-len(strip) // 2)
        # A sum waits for the one before it: two rows wait together as the parts of complex numbers.
        pairs = np.zeros((half, x.shape[1]), np.complex128)
        pairs.real, pairs.imag[: len(strip) - half] = strip[:half], strip[half:]
        windows = _differences(np.cumsum(pairs, axis=1, out=pairs).T, radius).T
        strip[:half], strip[half:] = windows.real, windows.imag[: len(strip) - half]
        strip /= down[rows, None] * across

    each(finish, strips(x.shape))
    return sums


def _differences(total: NDArray[Number], radius: int, out: NDArray[Number] | None = None) -> NDArray[Number]:
    """Sums over clipped windows along the first axis, from cumulative sums."""
    length = len(total)
    sums = np.empty_like(total) if out is None else out
    if length < 2 * radius + 1:
        sums[:] = total[np.minimum(np.arange(length) + radius, length - 1)]
        sums[radius + 1 :] -= total[: max(0, length - radius - 1)]
        return sums
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


@dataclass(frozen=True)
class Moments:
    """Box means of a plane and of its square, for which filters with one guide or one input share work."""

    plane: Plane
    mean: Plane
    square: Plane


def moments(x: Plane, radius: int, box: BoxMean = box_mean) -> Moments:
    """Box means of a plane and of its square, `H x W` each."""
    square = x * x
    return Moments(x, box(x, radius), box(square, radius, square))


def guided_filter(guide: Plane, x: Plane, radius: int, eps: float, box: BoxMean = box_mean) -> Plane:
    """Guided filter of `x` by a gray guide.

    Args:
        guide: `H x W`, any scale.
        x: `H x W`; may be the guide itself.
        radius: Window radius in pixels.
        eps: Regularisation, in the guide's unit squared.
        box: Which box mean.
    """
    known = moments(guide, radius, box)
    if x is guide:
        return filter_self(known, radius, eps, box)
    product = guide * x
    return filter_by(known, box(x, radius), box(product, radius, product), radius, eps, box)


def filter_self(guide: Moments, radius: int, eps: float, box: BoxMean = box_mean) -> Plane:
    """Guided filter of the guide itself, from its moments."""
    return filter_by(guide, guide.mean, guide.square, radius, eps, box)


def filter_by(
    guide: Moments, mean_x: Plane, mean_product: Plane, radius: int, eps: float, box: BoxMean = box_mean
) -> Plane:
    """Guided filter of x from the guide's moments, the box mean of x and that of guide times x."""
    slope, offset = (box(c, radius, c) for c in local_models(guide, mean_x, mean_product, eps))
    return in_strips(lambda a, x, b: a * x + b, slope, guide.plane, offset, out=slope)


def local_models(guide: Moments, mean_x: Plane, mean_product: Plane, eps: float) -> tuple[Plane, Plane]:
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
