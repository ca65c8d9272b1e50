"""Structural similarity (Wang, Bovik, Sheikh and Simoncelli 2004)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from tcmoa_bench.metrics.primitives import gaussian, separable
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]

WINDOW, SIGMA = 11, 1.5


def local_moments(plane: Plane, border: str) -> tuple[Array, Array]:
    """Local mean and variance under the 11-tap Gaussian window (sigma 1.5), computed once per plane."""

    def compute() -> tuple[Array, Array]:
        x, window = plane.double, gaussian(WINDOW, SIGMA)
        mean = separable(x, window, border=border)
        return mean, separable(x * x, window, border=border) - mean * mean

    return plane.once(("ssim moments", border), compute)


def ssim(x: Plane, y: Plane, *, peak: float, border: str) -> float:
    """Mean SSIM of two planes on levels 0..255, K = 0.01 and 0.03.

    Args:
        x: First plane.
        y: Second plane.
        peak: Dynamic range L; 255 for levels. MATLAB's `ssim` takes 1 for doubles whatever their range.
        border: `valid` or `replicate`.

    Returns:
        -1..1; NaN if the image is smaller than the window and border is `valid`.
    """
    (mean_x, variance_x), (mean_y, variance_y) = local_moments(x, border), local_moments(y, border)
    if not mean_x.size:
        return math.nan
    mean_xy = mean_x * mean_y
    covariance = separable(x.double * y.double, gaussian(WINDOW, SIGMA), border=border) - mean_xy
    c1, c2 = (0.01 * peak) ** 2, (0.03 * peak) ** 2
    luminance = (2 * mean_xy + c1) / (mean_x * mean_x + mean_y * mean_y + c1)
    structure = (2 * covariance + c2) / (variance_x + variance_y + c2)
    return float((luminance * structure).mean())
