"""Laplacian and ratio pyramids.

Papers: Burt, Adelson, "The Laplacian pyramid as a compact image code", IEEE Trans. Comm. 31(4), 1983;
Toet, "Image fusion by a ratio of low-pass pyramid", Pattern Recognition Letters 9, 1989. Parameters and
borders are those of the toolbox of Liu, Liu, Wang, Information Fusion 24, 2015 (after Rockinger): 4
levels, taps [1 4 6 4 1]/16, coefficients by local maximum and majority, the infrared source first. The toolbox's
filters leave their corner blocks zero, which brightens corners of unlike sources; option `border=mirror` mirrors them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np

from tcmoa_bench.baselines.kernels.colour import JointKernel, Pairs, jointly
from tcmoa_bench.baselines.kernels.fuser import Builder, KernelFuser, chosen, on_images
from tcmoa_bench.baselines.kernels.numeric import Float64Array
from tcmoa_bench.baselines.kernels.selection import select
from tcmoa_bench.baselines.kernels.threads import each
from tcmoa_bench.types import FuserOptions, FuserRecord

LEVELS = 4
TAPS = np.array([1.0, 4, 6, 4, 1]) / 16
#: Keeps the ratio pyramid's quotients finite.
EPSILON = 1e-6
#: What the filters see outside the image: as the toolbox, or mirrored in the corners too.
BORDERS = ("toolbox", "mirror")

#: How the coarsest images are fused.
BaseRule = JointKernel

#: A separable filter: an image and the taps.
Smooth = Callable[[Float64Array, Float64Array], Float64Array]


def mean_base(planes: list[Float64Array], pairs: Pairs) -> list[Float64Array]:
    """Means of two coarsest images."""
    return [(planes[p] + planes[q]) / 2 for p, q in pairs]


def pyramid_fusion(
    planes: list[Float64Array],
    pairs: Pairs,
    *,
    ratio: bool,
    base: BaseRule = mean_base,
    border: str = BORDERS[0],
) -> list[Float64Array]:
    """Fuse planes pairwise, level by level.

    Args:
        planes: `H x W` each, `float64`, 0..255; at least 33 pixels a side.
        pairs: Which two of the planes are fused; coefficients of the second win ties.
        ratio: Divide by the expanded coarser image (ratio pyramid) instead of subtracting it.
        base: How the coarsest images are fused.
        border: One of `BORDERS`.

    Returns:
        Unrounded results on about 0..255, one for each pair; a ratio pyramid goes far beyond in dark regions.
    """
    smooth = _smooth if border == BORDERS[0] else _smooth_mirrored
    return _fuse(planes, pairs, LEVELS, ratio, base, smooth)


def _fuse(
    planes: list[Float64Array], pairs: Pairs, levels: int, ratio: bool, base: BaseRule, smooth: Smooth
) -> list[Float64Array]:
    """Fuse the remaining levels."""
    if levels == 0:
        return base(planes, pairs)
    coarse, details = zip(*each(lambda plane: _split(plane, ratio, smooth), planes), strict=True)
    chosen = each(lambda pair: select(details[pair[0]], details[pair[1]]), pairs)
    fused = _fuse(list(coarse), pairs, levels - 1, ratio, base, smooth)
    return each(lambda parts: _join(*parts, planes[0].shape, ratio, smooth), zip(fused, chosen, strict=True))


def _join(
    coarse: Float64Array, detail: Float64Array, shape: tuple[int, ...], ratio: bool, smooth: Smooth
) -> Float64Array:
    """The finer image of the given shape."""
    expanded = _expand(coarse, smooth)
    finer = (expanded + EPSILON) * detail if ratio else expanded + detail
    return finer[: shape[0], : shape[1]]


def _split(x: Float64Array, ratio: bool, smooth: Smooth) -> tuple[Float64Array, Float64Array]:
    """Coarser image and detail of one level; an odd side is completed by a mirrored line."""
    x = np.pad(x, ((0, x.shape[0] % 2), (0, x.shape[1] % 2)), mode="reflect")
    coarse = np.ascontiguousarray(smooth(x, TAPS)[::2, ::2])
    expanded = _expand(coarse, smooth)
    return coarse, x / (expanded + EPSILON) if ratio else x - expanded


def _expand(coarse: Float64Array, smooth: Smooth) -> Float64Array:
    """Image of twice the size: zeros between the pixels, then the doubled taps."""
    spread = np.zeros((2 * coarse.shape[0], 2 * coarse.shape[1]))
    spread[::2, ::2] = coarse
    return smooth(spread, 2 * TAPS)


def _smooth(x: Float64Array, taps: Float64Array) -> Float64Array:
    """Separable filter; mirrored sides, but zeros in the four corner blocks, as the toolbox has it."""
    extended = np.pad(x, 2, mode="reflect")
    for rows in (slice(2), slice(-2, None)):
        for columns in (slice(2), slice(-2, None)):
            extended[rows, columns] = 0
    return cv2.sepFilter2D(extended, cv2.CV_64F, taps, taps)[2:-2, 2:-2]


def _smooth_mirrored(x: Float64Array, taps: Float64Array) -> Float64Array:
    """Separable filter; mirrored on all sides."""
    return cv2.sepFilter2D(x, cv2.CV_64F, taps, taps, borderType=cv2.BORDER_REFLECT_101)


def on_pyramid(*, ratio: bool, base: BaseRule = mean_base) -> Builder:
    """A fuser's `build` for a pyramid, with the option `border`; infrared comes first."""

    def build(record: FuserRecord, options: FuserOptions) -> KernelFuser:
        border, others = chosen(record, options, "border", BORDERS)
        fusion = partial(pyramid_fusion, ratio=ratio, base=base, border=border)
        kernel = jointly(lambda planes, pairs: fusion(planes, [(q, p) for p, q in pairs]))
        return on_images(kernel)(record, others)

    return build


build_lp = on_pyramid(ratio=False)
build_rp = on_pyramid(ratio=True)
