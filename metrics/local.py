"""Local statistics under a sliding window, and the similarity index made of them (Wang and Bovik 2002)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tcmoa_bench.metrics.primitives import box, gaussian, separable
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]

#: One factor of each separable window, by the name that signatures show.
WINDOWS = {"gaussian7": gaussian(7, 1.5), "gaussian11": gaussian(11, 1.5), "box8": box(8)}


class Local(NamedTuple):
    """An image with its mean and variance in every window (no border: smaller than the image)."""

    image: Array
    mean: Array
    variance: Array


class Stabilisers(NamedTuple):
    """What keeps the two ratios of the similarity index finite: of the means and of the variances."""

    means: float
    variances: float


#: K = 0.01 and 0.03 of 255 levels: SSIM.
SSIM = Stabilisers((0.01 * 255) ** 2, (0.03 * 255) ** 2)
#: Nearly the universal quality index: a flat window is rounding noise over rounding noise.
TINY = Stabilisers(2e-16, 2e-16)


def statistics(image: Array, window: str) -> Local:
    """Mean and variance (E[x^2] - E[x]^2) in every window."""
    taps = WINDOWS[window]
    mean = separable(image, taps, border="valid")
    return Local(image, mean, separable(image * image, taps, border="valid") - mean * mean)


def plane_statistics(plane: Plane, window: str) -> Local:
    """`statistics` of a plane's levels, computed once per plane."""
    return plane.once(("local", window), lambda: statistics(plane.double, window))


def covariance(x: Local, y: Local, window: str) -> Array:
    """Covariance (E[xy] - E[x]E[y]) in every window."""
    return separable(x.image * y.image, WINDOWS[window], border="valid") - x.mean * y.mean


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
