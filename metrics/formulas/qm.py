"""Wavelet-based quality QM (Wang and Liu 2008; `metricWang.m` of Z. Liu)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]

#: Exponents of the fine and of the coarse level.
EXPONENTS = (2 / 3, 1 / 3)


class Details(NamedTuple):
    """The three detail bands of one level, each half the size of the image before."""

    bands: tuple[Array, Array, Array]
    energy: Array


def haar(image: Array) -> tuple[Array, tuple[Array, Array, Array]]:
    """One level of the orthonormal Haar transform; a last odd row or column is dropped.

    Returns:
        Approximation and the three detail bands.
    """
    height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    p, q = image[0:height:2, 0:width:2], image[0:height:2, 1:width:2]
    r, s = image[1:height:2, 0:width:2], image[1:height:2, 1:width:2]
    top, bottom, left, right = p + q, r + s, p - q, r - s
    return (top + bottom) / 2, ((top - bottom) / 2, (left + right) / 2, (left - right) / 2)


@once
def details(plane: Plane) -> list[Details]:
    """Detail bands and their energy at two levels, computed once per plane."""
    found, image = [], plane.values
    for _ in EXPONENTS:
        image, bands = haar(image)
        p, q, r = bands
        found.append(Details(bands, p * p + q * q + r * r))
    return found


def _kept(source: Details, fused: Details) -> Array:
    p, q, r = (np.exp(-np.abs(x - y)) for x, y in zip(source.bands, fused.bands, strict=True))
    return p + q + r


def qm(a: Plane, b: Plane, fused: Plane) -> float:
    """Product over two Haar levels of the energy-weighted mean of sum exp(-|difference|) over three bands.

    Returns:
        0..3 (ideal 3, not 1); NaN if the sources have no detail at a level.
    """
    value = 1.0
    for x, y, f, exponent in zip(details(a), details(b), details(fused), EXPONENTS, strict=True):
        total = float((x.energy + y.energy).sum())
        if not total:
            return float("nan")
        value *= (float((_kept(x, f) * x.energy + _kept(y, f) * y.energy).sum()) / total) ** exponent
    return value
