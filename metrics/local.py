"""Local statistics under a sliding window, and the similarity index made of them (Wang and Bovik 2002).

A flat window has no variance, so what the formulas see there is the rounding of E[x^2] - E[x]^2, which then decides
signs, comparisons with 0 and ratios. The references' values are reproduced because their order of summation is:
column by column, from the bottom right neighbour, over a kernel that was divided by its sum twice.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from tcmoa_bench.metrics.primitives import box, correlate, gaussian, separable
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]

#: One factor of each window, by the name that signatures show.
WINDOWS = {"gaussian7": gaussian(7, 1.5), "gaussian11": gaussian(11, 1.5), "box8": box(8)}
#: Windows that are evaluated in the references' order at every pixel, on turned images (`_turned`).
DIRECT = {"gaussian7"}


@cache
def _kernel(window: str) -> Array:
    size = len(WINDOWS[window])
    position = np.arange(size) - size // 2
    squares = position[:, None] ** 2 + position[None, :] ** 2
    kernel = np.exp(-squares / (2 * 1.5**2))
    kernel /= np.cumsum(kernel)[-1]  # fspecial; cumsum adds one after the other, sum does not
    return kernel / np.cumsum(np.cumsum(kernel, axis=0)[-1])[-1]  # window / sum(sum(window))


def _turned(levels: NDArray[np.uint8]) -> Array:
    """Transposed and turned by 180 degrees: OpenCV then adds a window's products in the references' order."""
    return np.ascontiguousarray(levels[::-1, ::-1].T, dtype=np.float64)


def _mean(image: Array, window: str) -> Array:
    if window in DIRECT:
        return correlate(image, _kernel(window), "valid")
    return separable(image, WINDOWS[window], border="valid")


class Local(NamedTuple):
    """An image with its mean and variance in every window (no border: smaller than the image)."""

    image: Array
    mean: Array
    variance: Array


class Stabilisers(NamedTuple):
    """What keeps the two ratios of the similarity index finite: of the means and of the variances."""

    means: float
    variances: float


#: Nearly none, as in the universal quality index: a flat window is rounding noise over rounding noise.
TINY = Stabilisers(2e-16, 2e-16)
#: By the name that signatures show. `ssim`: K = 0.01 and 0.03 of 255 levels; `uiqi`: 1e-6 of 255 levels.
STABILISERS = {
    "ssim": Stabilisers((0.01 * 255) ** 2, (0.03 * 255) ** 2),
    "uiqi": Stabilisers((1e-6 * 255) ** 2, (1e-6 * 255) ** 2),
}


def statistics(image: Array, window: str) -> Local:
    """Mean and variance (E[x^2] - E[x]^2) in every window."""
    mean = _mean(image, window)
    return Local(image, mean, _mean(image * image, window) - mean * mean)


def plane_statistics(plane: Plane, window: str) -> Local:
    """`statistics` of a plane's levels, computed once per plane; flat windows rounded as the references do.

    The maps of some windows lie turned (`DIRECT`): only sums over them have a meaning.
    """

    def compute() -> Local:
        if window in DIRECT:
            return statistics(_turned(plane.levels), window)
        found = statistics(plane.double, window)
        if window != "box8":  # a power of two: no rounding at all
            _round_flat(plane.levels, found, window)
        return found

    return plane.once(("local", window), compute)


def _round_flat(levels: NDArray[np.uint8], found: Local, window: str) -> None:
    """Overwrite mean and variance in flat windows by what the references' order of summation gives."""
    size = len(WINDOWS[window])
    square = np.ones((size, size), np.uint8)
    inner = tuple(slice(size // 2, n - size // 2) for n in levels.shape)
    flat = (cv2.erode(levels, square) == cv2.dilate(levels, square))[inner]
    if flat.any():
        means, variances = _flat_statistics(window)
        level = levels[inner][flat]
        found.mean[flat], found.variance[flat] = means[level], variances[level]


@cache
def _flat_statistics(window: str) -> tuple[Array, Array]:
    """Mean and variance of a window that is flat, for each of the 256 levels."""
    levels, weights = np.arange(256.0)[:, None], _kernel(window).ravel()
    means = np.cumsum(weights * levels, axis=1)[:, -1]
    return means, np.cumsum(weights * (levels * levels), axis=1)[:, -1] - means * means


def covariance(x: Local, y: Local, window: str) -> Array:
    """Covariance (E[xy] - E[x]E[y]) in every window."""
    return _mean(x.image * y.image, window) - x.mean * y.mean


def similarity(x: Local, y: Local, joint: Array, add: Stabilisers) -> Array:
    """(2 mx my + c1)(2 sxy + c2) / ((mx^2 + my^2 + c1)(sx^2 + sy^2 + c2)) in every window.

    Args:
        x: Statistics of one image.
        y: Of the other.
        joint: Their covariance.
        add: c1 and c2.
    """
    numerator = x.mean * y.mean
    numerator *= 2.0
    numerator += add.means
    numerator *= 2.0 * joint + add.variances
    denominator = x.mean * x.mean
    denominator += y.mean * y.mean
    denominator += add.means
    denominator *= x.variance + y.variance + add.variances
    with np.errstate(divide="ignore", invalid="ignore"):
        numerator /= denominator
    return numerator


def mean(values: Array, nan: str) -> float:
    """Mean of a map; NaNs are left out (`drop`) or make the result NaN (`keep`); NaN if nothing is left."""
    if nan == "drop":
        values = values[~np.isnan(values)]
    return float(values.mean()) if values.size else math.nan
