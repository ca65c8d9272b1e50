"""Laplacian and ratio pyramids.

Papers: Burt, Adelson, "The Laplacian pyramid as a compact image code", IEEE Trans. Comm. 31(4), 1983;
Toet, "Image fusion by a ratio of low-pass pyramid", Pattern Recognition Letters 9, 1989. Parameters and
borders are those of the toolbox of Liu, Liu, Wang, Information Fusion 24, 2015 (after Rockinger): 4
levels, taps [1 4 6 4 1]/16, coefficients by local maximum and majority, the infrared source first.
"""

from __future__ import annotations

import cv2
import numpy as np

from tcmoa_bench.baselines.kernels.colour import JointKernel, Kernel, Pairs, jointly
from tcmoa_bench.baselines.kernels.fuser import on_images
from tcmoa_bench.baselines.kernels.numeric import Float64Array
from tcmoa_bench.baselines.kernels.selection import select
from tcmoa_bench.baselines.kernels.threads import each

LEVELS = 4
TAPS = np.array([1.0, 4, 6, 4, 1]) / 16
#: Keeps the ratio pyramid's quotients finite.
EPSILON = 1e-6

#: How the coarsest images are fused.
BaseRule = JointKernel


def mean_base(planes: list[Float64Array], pairs: Pairs) -> list[Float64Array]:
    """Means of two coarsest images."""
    return [(planes[p] + planes[q]) / 2 for p, q in pairs]


def pyramid_fusion(
    planes: list[Float64Array], pairs: Pairs, *, ratio: bool, base: BaseRule = mean_base
) -> list[Float64Array]:
    """Fuse planes pairwise, level by level.

    Args:
        planes: `H x W` each, `float64`, 0..255; at least 33 pixels a side.
        pairs: Which two of the planes are fused; coefficients of the second win ties.
        ratio: Divide by the expanded coarser image (ratio pyramid) instead of subtracting it.
        base: How the coarsest images are fused.

    Returns:
        Unrounded results on about 0..255, one for each pair; a ratio pyramid goes far beyond in dark regions.
    """
    return _fuse(planes, pairs, LEVELS, ratio, base)


def _fuse(
    planes: list[Float64Array], pairs: Pairs, levels: int, ratio: bool, base: BaseRule
) -> list[Float64Array]:
    """Fuse the remaining levels."""
    if levels == 0:
        return base(planes, pairs)
    coarse, details = zip(*each(lambda plane: _split(plane, ratio), planes), strict=True)
    chosen = each(lambda pair: select(details[pair[0]], details[pair[1]]), pairs)
    fused = _fuse(list(coarse), pairs, levels - 1, ratio, base)
    return each(lambda parts: _join(*parts, planes[0].shape, ratio), zip(fused, chosen, strict=True))


def _join(coarse: Float64Array, detail: Float64Array, shape: tuple[int, ...], ratio: bool) -> Float64Array:
    """The finer image of the given shape."""
    expanded = expand(coarse)
    finer = (expanded + EPSILON) * detail if ratio else expanded + detail
    return finer[: shape[0], : shape[1]]


def _split(x: Float64Array, ratio: bool) -> tuple[Float64Array, Float64Array]:
    """Coarser image and detail of one level; an odd side is completed by a mirrored line."""
    x = np.pad(x, ((0, x.shape[0] % 2), (0, x.shape[1] % 2)), mode="reflect")
    coarse = np.ascontiguousarray(_smooth(x, TAPS)[::2, ::2])
    expanded = expand(coarse)
    return coarse, x / (expanded + EPSILON) if ratio else x - expanded


def expand(coarse: Float64Array) -> Float64Array:
    """Image of twice the size: zeros between the pixels, then the doubled taps."""
    spread = np.zeros((2 * coarse.shape[0], 2 * coarse.shape[1]))
    spread[::2, ::2] = coarse
    return _smooth(spread, 2 * TAPS)


def _smooth(x: Float64Array, taps: Float64Array) -> Float64Array:
    """Separable filter; mirrored sides, but zeros in the four corner blocks, as the toolbox has it."""
    extended = np.pad(x, 2, mode="reflect")
    for rows in (slice(2), slice(-2, None)):
        for columns in (slice(2), slice(-2, None)):
            extended[rows, columns] = 0
    return cv2.sepFilter2D(extended, cv2.CV_64F, taps, taps)[2:-2, 2:-2]


def pyramid_kernel(*, ratio: bool, base: BaseRule = mean_base) -> Kernel:
    """Kernel for images; infrared comes first."""
    return jointly(
        lambda planes, pairs: pyramid_fusion(planes, [(q, p) for p, q in pairs], ratio=ratio, base=base)
    )


build_lp = on_images(pyramid_kernel(ratio=False))
build_rp = on_images(pyramid_kernel(ratio=True))
