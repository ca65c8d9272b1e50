"""Correlation measures of whole images."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from tcmoa_bench.metrics.primitives import dot

Array = NDArray[np.float64]


def pearson(x: Array, y: Array) -> float:
    """Pearson correlation of two images (MATLAB's `corr2`); NaN if one is constant."""
    x, y = x - x.mean(), y - y.mean()
    power = dot(x, x) * dot(y, y)
    return dot(x, y) / math.sqrt(power) if power > 0 else math.nan


def scd(a: Array, b: Array, fused: Array) -> float:
    """Sum of the correlations of differences, r(F - B, A) + r(F - A, B) (Aslantas and Bendes 2015).

    Free of scale, in -2..2. NaN if a difference or a source is constant.
    """
    return pearson(fused - b, a) + pearson(fused - a, b)
