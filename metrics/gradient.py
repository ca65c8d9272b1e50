"""Measures of the fused image's own detail: average gradient, spatial frequency, edge intensity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tcmoa_bench.metrics.primitives import dot, gradient, sobel

Array = NDArray[np.float64]


def average_gradient(image: Array) -> float:
    """Average gradient, sum sqrt((gx^2 + gy^2) / 2) / ((h-1)(w-1)), with MATLAB's central differences.

    Args:
        image: float64 `H x W`; the result is in its units.
    """
    across, down = gradient(image)
    np.square(across, out=across)
    np.square(down, out=down)
    across += down
    across *= 0.5
    height, width = image.shape
    return float(np.sqrt(across, out=across).sum() / ((height - 1) * (width - 1)))


def spatial_frequency(image: Array, over_all: bool = False) -> float:
    """sqrt(mean squared row difference + mean squared column difference) (Eskicioglu and Fisher 1995).

    Args:
        image: float64 `H x W`.
        over_all: Divide both sums by h*w (VIFB, MEFB, Liu) instead of by their numbers of differences (Tang).
    """
    height, width = image.shape
    across, down = image[:, 1:] - image[:, :-1], image[1:] - image[:-1]
    n_across, n_down = (height * width,) * 2 if over_all else (across.size, down.size)
    return float(np.sqrt(dot(across, across) / n_across + dot(down, down) / n_down))


def edge_intensity(image: Array) -> float:
    """Mean Sobel gradient magnitude, replicated border, no divisor."""
    across, down = sobel(image, "replicate")
    return float(np.sqrt(across * across + down * down).mean())
