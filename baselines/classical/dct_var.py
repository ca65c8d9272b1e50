"""Block variance in the DCT domain, for multi-focus pairs: DCT_Var, and DCT_Var_CV with a consistency check.

Paper: Haghighat, Aghagolzadeh, Seyedarabi, "Multi-focus image fusion for visual sensor networks in DCT
domain", Computers & Electrical Engineering 37(5), 2011; the authors' MATLAB code. The variance of a block
is the energy of its AC coefficients, computed in the pixel domain here (Parseval). Rows and columns that
fill no whole 8x8 block are not decoded there and stay at 128.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.baselines.kernels.fuser import on_planes
from tcmoa_bench.baselines.kernels.numeric import Float64Array, mean_filter

BLOCK = 8


def dct_var(a: Float64Array, b: Float64Array) -> Float64Array:
    """Fuse two gray planes on 0..255, unrounded: per block the source of larger variance."""
    return _compose(a, b, _variance(a) > _variance(b))


def dct_var_cv(a: Float64Array, b: Float64Array) -> Float64Array:
    """DCT_Var after two passes of a 7x7 mean over the map of choices."""
    votes = np.where(_variance(a) > _variance(b), -1.0, 1.0)
    for _ in range(2):
        votes = mean_filter(votes, 7, "symmetric")
    return _compose(a, b, votes <= 0)


def _blocks(x: Float64Array) -> Float64Array:
    """Whole blocks from the top-left, as `rows x 8 x columns x 8`."""
    rows, columns = x.shape[0] // BLOCK, x.shape[1] // BLOCK
    return x[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)


def _variance(x: Float64Array) -> Float64Array:
    return _blocks(x).var(axis=(1, 3))


def _compose(a: Float64Array, b: Float64Array, take_a: NDArray[np.bool_]) -> Float64Array:
    fused = np.full(a.shape, 128.0)
    chosen = np.where(take_a[:, None, :, None], _blocks(a), _blocks(b))
    fused[: chosen.shape[0] * BLOCK, : chosen.shape[2] * BLOCK] = chosen.reshape(chosen.shape[0] * BLOCK, -1)
    return fused


build = on_planes(dct_var, policies=("gray", "luma"))
build_cv = on_planes(dct_var_cv, policies=("gray", "luma"))
