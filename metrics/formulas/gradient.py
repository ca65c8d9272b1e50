"""Measures of the fused image's own detail: average gradient, spatial frequency, edge intensity."""

from __future__ import annotations

import math
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.blocks import row_blocks
from tcmoa_bench.metrics.primitives import BORDERS, gradient
from tcmoa_bench.metrics.settings import Border

Array = NDArray[np.float64]


def average_gradient(image: Array) -> float:
    """Average gradient, sum sqrt((gx^2 + gy^2) / 2) / ((h-1)(w-1)), with MATLAB's central differences.

    Args:
        image: float64 `H x W`; the result is in its units.
    """
    across, down = gradient(image)
    total = 0.0
    for rows in row_blocks(image.shape):
        x, y = across[rows], down[rows]
        total += float(np.sqrt(x * x + y * y).sum())
    height, width = image.shape
    return total / (np.sqrt(2.0) * (height - 1) * (width - 1))


#: What sums of squared differences are divided by: all pixels (VIFB, MEFB, Liu) or the differences there are (Tang).
Divisor = Literal["hw", "differences"]


def spatial_frequency(image: NDArray[np.generic], divisor: Divisor = "differences") -> float:
    """sqrt(mean squared row difference + mean squared column difference) (Eskicioglu and Fisher 1995).

    Args:
        image: `H x W`, uint8 (exact and fastest) or float64; the result is in its units.
        divisor: Of both sums.
    """
    height, width = image.shape
    across = cv2.norm(image[:, 1:], image[:, :-1], cv2.NORM_L2SQR)
    down = cv2.norm(image[1:], image[:-1], cv2.NORM_L2SQR)
    if divisor == "hw":
        return math.sqrt((across + down) / (height * width))
    return math.sqrt(across / (height * (width - 1)) + down / ((height - 1) * width))


def edge_intensity(levels: NDArray[np.uint8], border: Border = "replicate") -> float:
    """Mean Sobel gradient magnitude, no divisor."""
    across, down = (
        cv2.Sobel(levels, cv2.CV_16S, x, 1 - x, borderType=BORDERS[border]).astype(np.float64) for x in (1, 0)
    )
    return float(cv2.magnitude(across, down).mean())
