"""Errors against the sources: MSE and PSNR."""

from __future__ import annotations

import math

from tcmoa_bench.metrics.formulas.correlation import product_sum
from tcmoa_bench.metrics.scene import Plane


def squared_error(x: Plane, y: Plane) -> int:
    """Sum of squared differences of levels, exactly."""
    return product_sum(x, x) + product_sum(y, y) - 2 * product_sum(x, y)


def mean_squared_error(x: Plane, y: Plane) -> float:
    """Mean squared difference of levels, 0..65025."""
    return squared_error(x, y) / x.levels.size


def psnr(mse: float, peak: float = 255.0) -> float:
    """20 log10(peak / sqrt(MSE)) in dB; infinite for MSE 0."""
    return 20 * math.log10(peak / math.sqrt(mse)) if mse > 0 else math.inf
