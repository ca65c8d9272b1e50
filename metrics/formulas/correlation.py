"""Correlation measures of whole images, from exact integer sums of their levels."""

from __future__ import annotations

import math

from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.primitives import dot
from tcmoa_bench.metrics.scene import Plane


@once
def product_sum(x: Plane, y: Plane) -> int:
    """Sum of the products of levels, exactly: the partial sums stay below 2^53. Computed once per two planes."""
    return int(dot(x.double, y.double))


def covariance_sum(x: Plane, y: Plane) -> int:
    """n^2 times the covariance of the levels (the variance if `x` is `y`), exactly."""
    return x.levels.size * product_sum(x, y) - x.total * y.total


def pearson(x: Plane, y: Plane) -> float:
    """Pearson correlation of two planes (MATLAB's `corr2`), of no unit; NaN if one is constant."""
    return _ratio(covariance_sum(x, y), covariance_sum(x, x), covariance_sum(y, y))


def scd(a: Plane, b: Plane, fused: Plane, flat: float = math.nan, equal: float = math.nan) -> float:
    """Sum of the correlations of differences, r(F - B, A) + r(F - A, B) (Aslantas and Bendes 2015).

    Free of scale, in -2..2. NaN if a difference is constant, or a source is.

    Args:
        a: Source A.
        b: Source B.
        fused: Fused image.
        flat: The term of a constant source that is not black, instead of NaN.
        equal: The term of a constant difference, as where the fused image equals a source, instead of NaN.
    """
    return sum(_difference_correlation(*pair, fused, flat, equal) for pair in ((a, b), (b, a)))


def _difference_correlation(kept: Plane, other: Plane, fused: Plane, flat: float, equal: float) -> float:
    """r(F - other, kept)."""
    joint = covariance_sum(kept, fused) - covariance_sum(kept, other)
    difference = (
        covariance_sum(fused, fused) + covariance_sum(other, other) - 2 * covariance_sum(other, fused)
    )
    power = covariance_sum(kept, kept)
    if difference and not power and kept.total:
        return flat
    if power and not difference:
        return equal
    return _ratio(joint, difference, power)


def _ratio(joint: int, variance_x: int, variance_y: int) -> float:
    power = math.sqrt(variance_x) * math.sqrt(variance_y)
    return joint / power if power else math.nan
