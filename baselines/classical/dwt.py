"""Discrete wavelet transform fusion (DWT): Haar, 4 levels, local maximum and majority.

Paper: Li, Manjunath, Mitra, "Multisensor image fusion using the wavelet transform", GMIP 57(3), 1995;
toolbox of Liu, Liu, Wang, Information Fusion 24, 2015. The toolbox works only for sizes divisible by 16;
here other sizes are extended by their last row and column, and the result is cut. The Haar steps are
exact (halves of sums), where MATLAB's rounding breaks ties of coefficients at random.
"""

from __future__ import annotations

import numpy as np

from tcmoa_bench.baselines.kernels.fuser import on_planes
from tcmoa_bench.baselines.kernels.numeric import Float64Array
from tcmoa_bench.baselines.kernels.selection import select

LEVELS = 4


def dwt(a: Float64Array, b: Float64Array) -> Float64Array:
    """Fuse two planes on 0..255, unrounded."""
    height, width = a.shape
    multiple = 2**LEVELS
    widths = ((0, -height % multiple), (0, -width % multiple))
    fused = _fuse(np.pad(b, widths, mode="edge"), np.pad(a, widths, mode="edge"), LEVELS)
    return fused[:height, :width]


def _fuse(first: Float64Array, second: Float64Array, levels: int) -> Float64Array:
    if levels == 0:
        return (first + second) / 2
    low_1, *details_1 = _analyse(first)
    low_2, *details_2 = _analyse(second)
    details = [select(p, q) for p, q in zip(details_1, details_2, strict=True)]
    return _synthesise(_fuse(low_1, low_2, levels - 1), *details)


def _analyse(x: Float64Array) -> tuple[Float64Array, ...]:
    """Bands of the 2x2 blocks `[p q; r s]`: low, then differences of rows, of columns, and diagonal."""
    return _haar(x[::2, ::2], x[::2, 1::2], x[1::2, ::2], x[1::2, 1::2])


def _synthesise(*bands: Float64Array) -> Float64Array:
    x = np.empty((2 * bands[0].shape[0], 2 * bands[0].shape[1]))
    x[::2, ::2], x[::2, 1::2], x[1::2, ::2], x[1::2, 1::2] = _haar(*bands)
    return x


def _haar(p: Float64Array, q: Float64Array, r: Float64Array, s: Float64Array) -> tuple[Float64Array, ...]:
    """The orthonormal 4-point Haar transform, which is its own inverse."""
    return (p + q + r + s) / 2, (p + q - r - s) / 2, (p - q + r - s) / 2, (p - q - r + s) / 2


build = on_planes(dwt)
