"""Cross bilateral filter fusion (CBF): each source is smoothed under the other's edges.

Paper: Shreyamsha Kumar, "Image fusion based on pixel significance using cross bilateral filter", SIViP 9,
2015; the author's MATLAB code. What the filter removes from a source measures its significance.
"""

from __future__ import annotations

import numpy as np

from tcmoa_bench.baselines.kernels.fuser import on_planes
from tcmoa_bench.baselines.kernels.numeric import Float64Array, separable

RADIUS, SIGMA_SPACE, SIGMA_RANGE = 5, 1.8, 25.0
WINDOW = 5
SMALLEST = 2.0**-52


def cbf(a: Float64Array, b: Float64Array) -> Float64Array:
    """Fuse two planes on 0..255, unrounded."""
    weight_1, weight_2 = (significance(x) for x in details(b, a))
    return (b * weight_1 + a * weight_2) / (weight_1 + weight_2)


def details(first: Float64Array, second: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Each image minus its cross bilateral filter with the other image as guide.

    Summed as differences from the centre, which are exactly 0 where an image is flat.
    """
    padded_1, padded_2 = (np.pad(x, RADIUS, mode="reflect") for x in (first, second))
    sums = [np.zeros_like(first) for _ in range(4)]
    for dy in range(-RADIUS, RADIUS + 1):
        for dx in range(-RADIUS, RADIUS + 1):
            window = np.s_[RADIUS + dy :, RADIUS + dx :]
            change_1, change_2 = (
                padded[window][: x.shape[0], : x.shape[1]] - x
                for padded, x in ((padded_1, first), (padded_2, second))
            )
            near = (dy**2 + dx**2) / (2 * SIGMA_SPACE**2)
            weight_1, weight_2 = (np.exp(-(c**2) / (2 * SIGMA_RANGE**2) - near) for c in (change_2, change_1))
            sums[0] -= weight_1 * change_1
            sums[1] += weight_1
            sums[2] -= weight_2 * change_2
            sums[3] += weight_2
    return sums[0] / sums[1], sums[2] / sums[3]


def significance(detail: Float64Array) -> Float64Array:
    """Sum of the sample variances of the columns and of the rows of 5x5 windows (mirrored borders).

    The author sums the eigenvalues of the two covariance matrices, which are their traces.
    """
    line, point = np.ones(WINDOW), np.ones(1)
    total = np.zeros_like(detail)
    for across, down in ((line, point), (point, line)):
        sums = separable(detail, across, down, "mirror")
        squares = separable(detail * detail, across, down, "mirror")
        variance = np.maximum(squares - sums * sums / WINDOW, 0) / (WINDOW - 1)
        total += separable(variance, down, across, "mirror")
    return np.where(total == 0, SMALLEST, total)


build = on_planes(cbf)
