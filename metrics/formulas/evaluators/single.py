"""Statistics of images as NumPy forms them: CDDFuse's Evaluator, Tang's Python port, IVIF_ZOO."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.primitives import gradient
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.settings import Arithmetic

Floats = NDArray[np.floating]
Single = NDArray[np.float32]
DTYPES: Mapping[Arithmetic, type[np.floating]] = {"float32": np.float32, "float64": np.float64}


@once
def image(plane: Plane, arithmetic: Arithmetic) -> Floats:
    """A plane on its scale in a number format."""
    levels: Floats = plane.levels.astype(DTYPES[arithmetic])
    return levels if plane.full == 1 else levels / levels.dtype.type(plane.full)


def standard_deviation(image: Floats) -> float:
    """Population standard deviation, in the image's units."""
    return float(image.std())


def spatial_frequency(image: Floats, rooted: bool) -> float:
    """sqrt(mean squared column difference + mean squared row difference), in the image's units.

    Args:
        image: `H x W`, at least 2 x 2.
        rooted: Take the roots of both means first and square them again, which moves the last bit.
    """
    across, down = (np.square(np.diff(image, axis=axis)).mean() for axis in (1, 0))
    if rooted:
        across, down = (np.square(np.sqrt(mean)) for mean in (across, down))
    return float(np.sqrt(across + down))


def average_gradient(image: Floats, over_all: bool) -> float:
    """Mean of sqrt((gx^2 + gy^2) / 2), central differences, one-sided at the borders; in the image's units.

    Args:
        image: `H x W`, at least 2 x 2.
        over_all: Divide the sum by h w instead of by (h - 1)(w - 1).
    """
    across, down = gradient(image)
    strength = np.sqrt((across * across + down * down) / 2)
    if over_all:
        return float(strength.mean())
    height, width = image.shape
    return float(strength.sum() / ((height - 1) * (width - 1)))


def mean_squared_error(x: Floats, y: Floats) -> np.floating:
    """Mean squared difference, in squared units of the images."""
    return np.square(x - y).mean()


def correlation(x: Floats, y: Floats) -> np.floating:
    """Pearson correlation; NaN if an image is constant."""
    x, y = x - x.mean(), y - y.mean()
    with np.errstate(invalid="ignore", divide="ignore"):
        return (x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum())


def mean_correlation(a: Floats, b: Floats, fused: Floats) -> float:
    """Mean of r(A, F) and r(B, F); NaN if an image is constant."""
    return float((correlation(a, fused) + correlation(b, fused)) / 2)


def difference_correlation(a: Floats, b: Floats, fused: Floats) -> float:
    """Sum of the correlations of differences, r(A, F - B) + r(B, F - A); NaN if one of them is constant."""
    return float(correlation(a, fused - b) + correlation(b, fused - a))


def edge_intensity(image: Floats) -> float:
    """Mean Sobel magnitude, no divisor, zero border: the image's frame counts as an edge."""
    across, down = sobel(image)
    return float(np.sqrt(across * across + down * down).mean())


def sobel(image: Floats) -> tuple[Floats, Floats]:
    """Sobel differences (across: right minus left, down: lower minus upper), zero border, no divisor.

    On whole levels every sum is exact in float32.
    """
    x = np.pad(image, 1)
    smooth = x[:-2] + 2 * x[1:-1] + x[2:]
    differ = x[2:] - x[:-2]
    return smooth[:, 2:] - smooth[:, :-2], differ[:, :-2] + 2 * differ[:, 1:-1] + differ[:, 2:]


def decibel(error: float, peak: float) -> float:
    """10 log10(peak^2 / error); infinite without an error, minus infinite without a peak."""
    if error == 0:
        return math.inf
    return 10 * math.log10(peak * peak / error) if peak else -math.inf
