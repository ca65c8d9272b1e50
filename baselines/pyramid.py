"""Laplacian and ratio pyramids.

Papers: Burt, Adelson, "The Laplacian pyramid as a compact image code", IEEE Trans. Comm. 31(4), 1983;
Toet, "Image fusion by a ratio of low-pass pyramid", Pattern Recognition Letters 9, 1989. Parameters and
borders are those of the toolbox of Liu, Liu, Wang, Information Fusion 24, 2015 (after Rockinger): 4
levels, taps [1 4 6 4 1]/16, coefficients by local maximum and majority, the infrared source first.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from tcmoa_bench.baselines.colour import Plane
from tcmoa_bench.baselines.kernel import on_planes
from tcmoa_bench.baselines.selection import select

LEVELS = 4
TAPS = np.array([1.0, 4, 6, 4, 1]) / 16
#: Keeps the ratio pyramid's quotients finite.
EPSILON = 1e-6

BaseRule = Callable[[Plane, Plane], Plane]


def mean_base(p: Plane, q: Plane) -> Plane:
    """Mean of the two coarsest images."""
    return (p + q) / 2


def pyramid_fusion(first: Plane, second: Plane, *, ratio: bool, base: BaseRule = mean_base) -> Plane:
    """Fuse two planes level by level.

    Args:
        first: `H x W`, `float64`, 0..255; at least 33 pixels a side.
        second: The other source.
        ratio: Divide by the expanded coarser image (ratio pyramid) instead of subtracting it.
        base: How the two coarsest images are fused.

    Returns:
        Unrounded result on about 0..255; a ratio pyramid goes far beyond in dark regions.
    """
    details: list[Plane] = []
    sizes: list[tuple[int, ...]] = []
    for _ in range(LEVELS):
        sizes.append(first.shape)
        (first, detail_1), (second, detail_2) = _split(first, ratio), _split(second, ratio)
        details.append(select(detail_1, detail_2))
    fused = base(first, second)
    for detail, (height, width) in zip(reversed(details), reversed(sizes), strict=True):
        coarse = expand(fused)
        fused = ((coarse + EPSILON) * detail if ratio else coarse + detail)[:height, :width]
    return fused


def _split(x: Plane, ratio: bool) -> tuple[Plane, Plane]:
    """Coarser image and detail of one level; an odd side is completed by a mirrored line."""
    x = np.pad(x, ((0, x.shape[0] % 2), (0, x.shape[1] % 2)), mode="reflect")
    coarse = np.ascontiguousarray(_smooth(x, TAPS)[::2, ::2])
    expanded = expand(coarse)
    return coarse, x / (expanded + EPSILON) if ratio else x - expanded


def expand(coarse: Plane) -> Plane:
    """Image of twice the size: zeros between the pixels, then the doubled taps."""
    spread = np.zeros((2 * coarse.shape[0], 2 * coarse.shape[1]))
    spread[::2, ::2] = coarse
    return _smooth(spread, 2 * TAPS)


def _smooth(x: Plane, taps: Plane) -> Plane:
    """Separable filter; mirrored sides, but zeros in the four corner blocks, as the toolbox has it."""
    extended = np.pad(x, 2, mode="reflect")
    for rows in (slice(2), slice(-2, None)):
        for columns in (slice(2), slice(-2, None)):
            extended[rows, columns] = 0
    return cv2.sepFilter2D(extended, cv2.CV_64F, taps, taps)[2:-2, 2:-2]


def laplacian(a: Plane, b: Plane) -> Plane:
    """Laplacian pyramid (LP) of two planes, unrounded."""
    return pyramid_fusion(b, a, ratio=False)


def ratio(a: Plane, b: Plane) -> Plane:
    """Ratio pyramid (RP) of two planes, unrounded."""
    return pyramid_fusion(b, a, ratio=True)


build_lp = on_planes(laplacian)
build_rp = on_planes(ratio)
