"""MATLAB's imresize: bicubic or bilinear, antialiased when shrinking, symmetric border."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from tcmoa_bench.baselines.kernels.numeric import Float64Array, u8


def cubic(x: Float64Array) -> Float64Array:
    """Keys' kernel with a = -0.5, support 4."""
    x = np.abs(x)
    return np.where(
        x <= 1, (1.5 * x - 2.5) * x**2 + 1, np.where(x <= 2, ((2.5 - 0.5 * x) * x - 4) * x + 2, 0)
    )


def linear(x: Float64Array) -> Float64Array:
    """Triangle, support 2."""
    return np.maximum(1 - np.abs(x), 0)


_SUPPORT: dict[Callable[[Float64Array], Float64Array], float] = {cubic: 4.0, linear: 2.0}


def resize(
    x: Float64Array,
    size: tuple[int, int],
    kernel: Callable[[Float64Array], Float64Array] = cubic,
    *,
    levels: bool = False,
) -> Float64Array:
    """Resize a plane.

    Args:
        x: `H x W`, `float64`.
        size: Height and width of the result.
        kernel: `cubic` or `linear`.
        levels: Round to `uint8` levels after each of the two passes, as MATLAB does for `uint8` images.
    """
    passes = sorted(((new / old, axis) for axis, (new, old) in enumerate(zip(size, x.shape, strict=True))))
    for _, axis in passes:
        weights = _weights(x.shape[axis], size[axis], kernel)
        x = weights @ x if axis == 0 else (weights @ x.T).T
        if levels:
            x = u8(x).astype(np.float64)
    return np.ascontiguousarray(x)


@lru_cache(maxsize=32)
def _weights(old: int, new: int, kernel: Callable[[Float64Array], Float64Array]) -> scipy.sparse.csr_array:
    """`new x old` matrix of interpolation weights."""
    scale = new / old
    stretch = min(scale, 1.0)
    support = _SUPPORT[kernel] / stretch
    centres = (np.arange(new) + 1) / scale + 0.5 * (1 - 1 / scale)
    left = np.floor(centres - support / 2)
    columns: NDArray[np.int64] = (left[:, None] + np.arange(int(np.ceil(support)) + 2)).astype(np.int64)
    weights = kernel(stretch * (centres[:, None] - columns))
    weights = weights / weights.sum(axis=1, keepdims=True)
    mirrored = (columns - 1) % (2 * old)
    mirrored = np.minimum(mirrored, 2 * old - 1 - mirrored)
    rows = np.repeat(np.arange(new), columns.shape[1])
    return scipy.sparse.csr_array((weights.ravel(), (rows, mirrored.ravel())), shape=(new, old))
