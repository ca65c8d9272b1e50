"""Qp: how well phase congruency and its moments survive fusion.

Zhao, Laganiere and Liu, "Performance assessment of combinative pixel-level image fusion based on an absolute
feature measurement" (2007); equals Liu's `metricZhao.m`, MEFB's `metricsQp.m` and MFIF-Metrics' `metricsQp.m`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.formulas.phase import Grid, Phase, phase_congruency
from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.primitives import gaussian, separable
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.settings import checked

Array = NDArray[np.float64]

WINDOW, SIGMA = 11, 1.5
REACH = WINDOW // 2
THRESHOLD = 0.1
STABILISER = 1e-4

#: Pixels handled at a time.
STRIP = 1 << 16


class Local(NamedTuple):
    """A feature map with its mean and variance under the Gaussian window."""

    image: Array
    mean: Array
    variance: Array


def qp(a: Phase, b: Phase, f: Phase) -> float:
    """Product of the mean local correlations of congruency, edge and corner maps with the sources'.

    Args:
        a: `phase_congruency` of source A.
        b: Of source B.
        f: Of the fused image.

    Returns:
        At most 1 (ideal); NaN if neither source has a feature.
    """
    height, width = f.congruency.shape
    rows = max(1, STRIP // width)
    sums, count = np.zeros(len(Phase._fields)), 0
    for top in range(0, height, rows):
        # Each strip is worked on with the rows around it that its windows reach.
        first = max(0, top - REACH)
        around = slice(first, top + rows + REACH)
        inner = slice(top - first, top - first + rows)
        kept, pixels = _preserved(inner, *(Phase(*(feature[around] for feature in x)) for x in (a, b, f)))
        sums += kept
        count += pixels
    return math.prod(sums / count) if count else math.nan


@checked
def plane_qp(a: Plane, b: Plane, fused: Plane, *, grid: Grid = "liu") -> float:
    """`qp` of three planes; each plane's phase congruency is computed once."""
    return qp(*(plane_phase(plane, grid) for plane in (a, b, fused)))


def plane_phase(plane: Plane, grid: Grid = "liu") -> Phase:
    """`phase_congruency` of a plane, computed once per plane."""
    if not any(n % 2 for n in plane.shape):
        grid = "liu"  # the grids differ on odd sizes only: even planes share one result
    return _plane_phase(plane, grid)


@once
def _plane_phase(plane: Plane, grid: Grid) -> Phase:
    return phase_congruency(plane.values, grid)


def _preserved(inner: slice, a: Phase, b: Phase, f: Phase) -> tuple[list[float], int]:
    """For each feature the sum over the inner rows of the best masked correlation, and the pixels with a feature."""
    with_a, with_b = a.congruency > THRESHOLD, b.congruency > THRESHOLD
    masks = with_a, with_b, with_a | with_b
    stronger = a.congruency > b.congruency
    sums = []
    for of_a, of_b, of_f in zip(a, b, f, strict=True):
        local_f = _local(of_f)
        maps = zip(masks, (of_a, of_b, np.where(stronger, of_a, of_b)), strict=True)
        best = np.maximum.reduce([mask * _correlation(_local(mask * image), local_f) for mask, image in maps])
        sums.append(float(best[inner].sum()))
    return sums, int(np.count_nonzero(masks[2][inner]))


def _correlation(x: Local, f: Local) -> Array:
    covariance = _mean(x.image * f.image)
    covariance -= x.mean * f.mean
    covariance += STABILISER
    spread = x.variance * f.variance
    np.sqrt(np.abs(spread, out=spread), out=spread)
    spread += STABILISER
    covariance /= spread
    return covariance


def _local(image: Array) -> Local:
    mean = _mean(image)
    return Local(image, mean, _mean(image * image) - mean * mean)


def _mean(image: Array) -> Array:
    return separable(image, gaussian(WINDOW, SIGMA), border="zero")
