"""Qp: how well phase congruency and its moments survive fusion.

Zhao, Laganiere and Liu, "Performance assessment of combinative pixel-level image fusion based on an absolute
feature measurement" (2007); equals Liu's `metricZhao.m`, MEFB's `metricsQp.m` and MFIF-Metrics' `metricsQp.m`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tcmoa_bench.metrics.phase import Grid, Phase, phase_congruency
from tcmoa_bench.metrics.primitives import gaussian, separable
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]

WINDOW, SIGMA = 11, 1.5
THRESHOLD = 0.1
STABILISER = 1e-4


class Reference(NamedTuple):
    """One feature map of the sources, zero outside its mask, with its local statistics."""

    image: Array
    mean: Array
    variance: Array


class Sources(NamedTuple):
    """What Qp needs of the sources.

    Attributes:
        masks: Where A, B, and either of them has congruency above 0.1.
        features: For congruency, edge and corner: A's, B's and the stronger source's map.
    """

    masks: tuple[NDArray[np.bool_], ...]
    features: tuple[tuple[Reference, ...], ...]


def qp(a: Phase, b: Phase, f: Phase) -> float:
    """Product of the mean local correlations of congruency, edge and corner maps with the sources'.

    Args:
        a: `phase_congruency` of source A.
        b: Of source B.
        f: Of the fused image.

    Returns:
        At most 1 (ideal); NaN if neither source has a feature.
    """
    return qp_of_sources(sources(a, b), f)


def plane_qp(a: Plane, b: Plane, fused: Plane, grid: Grid = "liu") -> float:
    """`qp` of three planes; each plane's phase congruency is computed once."""
    return qp(*(plane_phase(plane, grid) for plane in (a, b, fused)))


def plane_phase(plane: Plane, grid: Grid = "liu") -> Phase:
    """`phase_congruency` of a plane's levels, computed once per plane."""
    return plane.once(("phase", grid), lambda: phase_congruency(plane.double, grid))


def sources(a: Phase, b: Phase) -> Sources:
    """The sources' part of `qp`, for many fused images."""
    with_a, with_b = a.congruency > THRESHOLD, b.congruency > THRESHOLD
    masks = with_a, with_b, with_a | with_b
    stronger = a.congruency > b.congruency
    features = tuple(
        tuple(
            _reference(image * mask)
            for mask, image in zip(masks, (of_a, of_b, np.where(stronger, of_a, of_b)), strict=True)
        )
        for of_a, of_b in zip(a, b, strict=True)
    )
    return Sources(masks, features)


def qp_of_sources(given: Sources, f: Phase) -> float:
    """`qp` with the sources' part from `sources`."""
    count = np.count_nonzero(given.masks[2])
    if not count:
        return math.nan
    return math.prod(
        _preserved(references, given.masks, _reference(image)) / count
        for references, image in zip(given.features, f, strict=True)
    )


def _preserved(
    references: tuple[Reference, ...], masks: tuple[NDArray[np.bool_], ...], f: Reference
) -> float:
    """Sum over the pixels of the best of the three masked correlations."""
    best = np.maximum.reduce([mask * _correlation(x, f) for mask, x in zip(masks, references, strict=True)])
    return float(best.sum())


def _correlation(x: Reference, f: Reference) -> Array:
    covariance = _local(x.image * f.image) - x.mean * f.mean
    return (covariance + STABILISER) / (np.sqrt(np.abs(x.variance * f.variance)) + STABILISER)


def _reference(image: Array) -> Reference:
    mean = _local(image)
    return Reference(image, mean, _local(image * image) - mean * mean)


def _local(image: Array) -> Array:
    return separable(image, gaussian(WINDOW, SIGMA), border="zero")
