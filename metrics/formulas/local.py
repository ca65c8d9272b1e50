"""Local statistics under a sliding window, and the similarity index made of them (Wang and Bovik 2002).

A flat window has no variance, so what the formulas see there is the rounding of E[x^2] - E[x]^2, which then decides
signs, comparisons with 0 and ratios. The references' values are reproduced because their order of summation is:
column by column, from the bottom right neighbour, over a kernel that was divided by its sum twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Literal, NamedTuple, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.primitives import box, correlate, gaussian, separable
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.settings import one_of

Array = NDArray[np.float64]

#: Names that signatures show: of windows, of stabilisers, and of what a NaN does to a mean.
Window = Literal["gaussian7", "gaussian11", "box8"]
Add = Literal["ssim", "uiqi"]
OnNan = Literal["drop", "keep"]
#: One factor of each window.
WINDOWS: dict[Window, Array] = {
    "gaussian7": gaussian(7, 1.5),
    "gaussian11": gaussian(11, 1.5),
    "box8": box(8),
}
#: Pixels of a strip: what is computed on the way stays within the processor's cache.
STRIP = 1 << 16


class Local(NamedTuple):
    """An image with its mean and variance in every window (no border: smaller than the image)."""

    image: Array
    mean: Array
    variance: Array


class Strip(NamedTuple):
    """Some rows of windows of both sources and the fused image; only sums over its maps have a meaning."""

    a: Local
    b: Local
    fused: Local
    average: Callable[[Array], Array]

    def covariance(self, x: Local, y: Local) -> Array:
        """Covariance (E[xy] - E[x]E[y]) in every window."""
        return self.average(x.image * y.image) - x.mean * y.mean


def strips(
    a: Plane, b: Plane, fused: Plane, window: Window, view: Callable[[Plane, slice], Array] | None = None
) -> Iterator[Strip]:
    """Local statistics of all windows inside the image, strip by strip.

    Args:
        a: Source A.
        b: Source B.
        fused: Fused image.
        window: Which (`WINDOWS`).
        view: What is looked at instead of the levels: some rows of an image made of a plane.

    Yields:
        Nothing for images smaller than the window.
    """
    taps, planes = WINDOWS[window], (a, b, fused)
    height, width = (n - len(taps) + 1 for n in a.shape)
    if min(height, width) < 1:
        return
    step = max(1, STRIP // width)
    for top in range(0, height, step):
        rows = slice(top, min(top + step, height) + len(taps) - 1)
        average = partial(separable, down=taps, border="valid")
        if view:
            yield _strip([view(plane, rows) for plane in planes], average)
            continue
        levels = [plane.levels[rows] for plane in planes]
        flat = [_flat_windows(x, len(taps)) for x in levels]
        full = a.full
        if window == "gaussian7" and any(x.any() for x in flat):
            average = partial(correlate, kernel=_kernel(window), border="valid")
            yield _strip([_turned(x) / full for x in levels], average)
            continue
        strip = _strip([x / full for x in levels], average)
        if window == "gaussian11":
            for x, where, found in zip(levels, flat, strip[:3], strict=True):
                _round_flat(x, where, found, window, full)
        yield strip


def _strip(images: list[Array], average: Callable[[Array], Array]) -> Strip:
    a, b, fused = (_statistics(image, average) for image in images)
    return Strip(a, b, fused, average)


def _statistics(image: Array, average: Callable[[Array], Array]) -> Local:
    """Mean and variance (E[x^2] - E[x]^2) in every window."""
    mean = average(image)
    return Local(image, mean, average(image * image) - mean * mean)


def _flat_windows(levels: NDArray[np.uint8], size: int) -> NDArray[np.bool_]:
    square = np.ones((size, size), np.uint8)
    flat = cv2.erode(levels, square) == cv2.dilate(levels, square)
    first = size // 2
    return flat[first : first + levels.shape[0] - size + 1, first : first + levels.shape[1] - size + 1]


def _turned(levels: NDArray[np.uint8]) -> Array:
    """Transposed and turned by 180 degrees: OpenCV then adds a window's products in the references' order."""
    return np.ascontiguousarray(levels[::-1, ::-1].T, dtype=np.float64)


@cache
def _kernel(window: Window) -> Array:
    size = len(WINDOWS[window])
    position = np.arange(size) - size // 2
    squares = position[:, None] ** 2 + position[None, :] ** 2
    kernel = np.exp(-squares / (2 * 1.5**2))
    kernel /= np.cumsum(kernel)[-1]  # fspecial; cumsum adds one after the other, sum does not
    return kernel / np.cumsum(np.cumsum(kernel, axis=0)[-1])[-1]  # window / sum(sum(window))


def _round_flat(
    levels: NDArray[np.uint8], flat: NDArray[np.bool_], found: Local, window: Window, full: float
) -> None:
    """Overwrite mean and variance in flat windows by what the references' order of summation gives."""
    if flat.any():
        first = len(WINDOWS[window]) // 2
        level = levels[first : first + flat.shape[0], first : first + flat.shape[1]][flat]
        means, variances = _flat_statistics(window, full)
        found.mean[flat], found.variance[flat] = means[level], variances[level]


@cache
def _flat_statistics(window: Window, full: float) -> tuple[Array, Array]:
    """Mean and variance of a window that is flat, for each of the 256 levels."""
    levels, weights = np.arange(256.0)[:, None] / full, _kernel(window).ravel()
    means = np.cumsum(weights * levels, axis=1)[:, -1]
    return means, np.cumsum(weights * (levels * levels), axis=1)[:, -1] - means * means


class Stabilisers(NamedTuple):
    """What keeps the two ratios of the similarity index finite: of the means and of the variances."""

    means: float
    variances: float


#: Nearly none, as in the universal quality index: a flat window is rounding noise over rounding noise.
TINY = Stabilisers(2e-16, 2e-16)
#: `ssim`: K = 0.01 and 0.03 of 255 levels; `uiqi`: 1e-6 of 255 levels.
STABILISERS: dict[Add, Stabilisers] = {
    "ssim": Stabilisers((0.01 * 255) ** 2, (0.03 * 255) ** 2),
    "uiqi": Stabilisers((1e-6 * 255) ** 2, (1e-6 * 255) ** 2),
}


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


class Mean:
    """Running mean of maps; NaNs are left out (`drop`) or make the result NaN (`keep`).

    Args:
        nan: `drop` or `keep`.
    """

    def __init__(self, nan: OnNan = "keep") -> None:
        one_of("nan", nan, get_args(OnNan))
        self.drop, self.total, self.count = nan == "drop", 0.0, 0

    def add(self, values: Array) -> None:
        """Take a map in."""
        if self.drop:
            values = values[~np.isnan(values)]
        self.total += float(values.sum())
        self.count += values.size

    @property
    def value(self) -> float:
        """The mean; NaN of nothing."""
        return self.total / self.count if self.count else math.nan
