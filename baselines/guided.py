"""Box mean and guided filter on windows clipped to the image.

Paper: He, Sun, Tang, "Guided image filtering", IEEE TPAMI 35(6), 2013. OpenCV's own guided filter is in
its contrib package, which this project does not need.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.baselines.colour import Plane
from tcmoa_bench.baselines.threads import each, in_strips, strips

Number = TypeVar("Number", np.float64, np.complex128)
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
    """`box_mean` by cumulative sums, rows first: the authors' order of rounding, about twice as slow.

    HMSD_GF's choices between nearly equal edges give the authors' pixels only with this order.
    """
    total = np.empty_like(x)
    total[0] = x[0]
    for row in range(1, len(x)):  # np.cumsum along columns is ten times slower
        np.add(total[row - 1], x[row], out=total[row])
    sums = _differences(total, radius)
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


def _differences(total: NDArray[Number], radius: int) -> NDArray[Number]:
    """Sums over clipped windows along the first axis, from cumulative sums."""
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


@dataclass(frozen=True)
class Moments:
    """Box means of a plane and of its square, for which filters with one guide or one input share work."""

    plane: Plane
    mean: Plane
    square: Plane


def moments(x: Plane, radius: int, box: BoxMean = box_mean) -> Moments:
    """Box means of a plane and of its square, `H x W` each."""
    return Moments(x, box(x, radius), box(x * x, radius))


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
    return filter_by(known, box(x, radius), box(guide * x, radius), radius, eps, box)


def filter_self(guide: Moments, radius: int, eps: float, box: BoxMean = box_mean) -> Plane:
    """Guided filter of the guide itself, from its moments."""
    return filter_by(guide, guide.mean, guide.square, radius, eps, box)


def filter_by(
    guide: Moments, mean_x: Plane, mean_product: Plane, radius: int, eps: float, box: BoxMean = box_mean
) -> Plane:
    """Guided filter of x from the guide's moments, the box mean of x and that of guide times x."""
    slope, offset = (box(c, radius) for c in local_models(guide, mean_x, mean_product, eps))
    return in_strips(lambda a, x, b: a * x + b, slope, guide.plane, offset, out=slope)


def local_models(guide: Moments, mean_x: Plane, mean_product: Plane, eps: float) -> tuple[Plane, Plane]:
    """Slope and offset of the local linear models, before they are averaged.

    slope = cov(guide, x) / (var(guide) + eps), offset = mean(x) - slope mean(guide).
    """
    slope = in_strips(
        lambda product, mean, x, square: (product - mean * x) / (square - mean * mean + eps),
        mean_product, guide.mean, mean_x, guide.square,
    )  # fmt: skip
    return slope, in_strips(lambda a, mean, x: x - a * mean, slope, guide.mean, mean_x)
