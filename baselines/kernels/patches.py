"""8x8 patches of an image as columns, and back by averaging where they overlap."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tcmoa_bench.baselines.kernels.numeric import Float64Array

SIDE = 8


def extract(x: Float64Array, step: int = 1) -> Float64Array:
    """All 8x8 patches from the top-left, `rows x columns x 64`, each flattened column by column."""
    windows = sliding_window_view(x, (SIDE, SIDE))[::step, ::step]
    return windows.transpose(0, 1, 3, 2).reshape(*windows.shape[:2], SIDE * SIDE)


def overlap_sum(patches: Float64Array, shape: tuple[int, ...], step: int = 1) -> Float64Array:
    """Sum of patches laid back to their places in an image of the given shape."""
    total = np.zeros(shape)
    rows, columns = patches.shape[:2]
    for index in range(SIDE * SIDE):
        y, x = index % SIDE, index // SIDE
        total[y : y + step * rows : step, x : x + step * columns : step] += patches[..., index]
    return total


def overlap_count(rows: int, columns: int, shape: tuple[int, ...], step: int = 1) -> Float64Array:
    """Number of patches over each pixel."""
    down, across = (np.zeros(length) for length in shape)
    for offset in range(SIDE):
        down[offset : offset + step * rows : step] += 1
        across[offset : offset + step * columns : step] += 1
    return down[:, None] * across
