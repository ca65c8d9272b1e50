"""Ratio of spatial frequency error QSF (Zheng, Essock, Hansen and Haun 2007; `metricZheng.m` of Z. Liu)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.primitives import add_up, dot
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]

#: Weight of each direction: diagonal neighbours are farther away.
DIAGONAL = 1 / math.sqrt(2)
WEIGHTS = (1.0, 1.0, DIAGONAL, DIAGONAL)


def differences(image: Array) -> tuple[Array, Array, Array, Array]:
    """Differences of neighbours across, down, and along the two diagonals."""
    return (
        image[:, 1:] - image[:, :-1],
        image[1:] - image[:-1],
        image[1:, 1:] - image[:-1, :-1],
        image[1:, :-1] - image[:-1, 1:],
    )


def _frequency(directions: tuple[Array, ...], size: int) -> float:
    return math.sqrt(add_up(w * dot(d, d) / size for w, d in zip(WEIGHTS, directions, strict=True)))


@once
def reference_frequency(a: Plane, b: Plane) -> float:
    """Spatial frequency of the larger of both sources' absolute differences, computed once per pair."""
    pairs = zip(differences(a.values), differences(b.values), strict=True)
    return _frequency(tuple(np.maximum(np.abs(x), np.abs(y)) for x, y in pairs), a.values.size)


def qsf(a: Plane, b: Plane, fused: Plane) -> float:
    r"""(SF_F - SF_R) / SF_R, R the larger of both sources' differences in four directions.

    Returns:
        -1 upwards: 0 is ideal, below is too smooth, above is too sharp (or noisy); NaN if R is flat.

    $$\frac{\mathrm{SF}_F-\mathrm{SF}_R}{\mathrm{SF}_R}$$
    """
    reference = reference_frequency(a, b)
    if not reference:
        return math.nan
    return (_frequency(differences(fused.values), fused.values.size) - reference) / reference
