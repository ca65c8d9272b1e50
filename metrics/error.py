"""Errors against the sources: MSE and PSNR."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from tcmoa_bench.metrics.scene import Plane

LEVELS = np.arange(256.0)
SQUARED_DIFFERENCES: NDArray[np.float64] = (LEVELS[:, None] - LEVELS[None, :]) ** 2


def squared_error(x: Plane, y: Plane) -> float:
    """Sum of squared differences of levels: exact, from the joint histogram that MI needs too."""
    return float((y.joint_counts(x) * SQUARED_DIFFERENCES).sum())


def mean_squared_error(x: Plane, y: Plane) -> float:
    """Mean squared difference of levels, 0..65025."""
    return squared_error(x, y) / x.levels.size


def psnr(mse: float, peak: float = 255.0) -> float:
    """20 log10(peak / sqrt(MSE)) in dB; infinite for MSE 0."""
    return 20 * math.log10(peak / math.sqrt(mse)) if mse > 0 else math.inf
