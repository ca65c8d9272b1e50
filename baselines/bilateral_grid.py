"""Fast bilateral filter on a coarse grid of position and value.

Paper: Paris, Durand, "A fast approximation of the bilateral filter using a signal processing approach",
ECCV 2006; the authors' reference implementation (borders of the grid stay empty, weights in float32).
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.baselines.colour import Plane

MARGIN = 2


def fast_bilateral(x: Plane, sigma_space: float, sigma_range: float) -> Plane:
    """Bilateral filter.

    Args:
        x: `H x W`, `float64`, 0..1.
        sigma_space: Cell size of the grid in pixels.
        sigma_range: Cell size of the grid in grey values.
    """
    height, width = x.shape
    value = (x - x.min()) / sigma_range
    across, down = np.arange(width) / sigma_space, np.arange(height)[:, None] / sigma_space
    cells = [np.floor(c + 0.5).astype(np.int64) + MARGIN for c in (down, across, value)]
    shape = tuple(int(np.floor(c.max())) + 5 for c in (down, across, value))
    flat = ((cells[0] * shape[1] + cells[1]) * shape[2] + cells[2]).ravel()
    size = int(np.prod(shape))
    totals = np.bincount(flat, x.ravel(), size).astype(np.float64).reshape(shape)
    counts = np.bincount(flat, minlength=size).astype(np.float64).reshape(shape)
    where = [np.broadcast_to(c + MARGIN, x.shape) for c in (down, across, value)]
    sampled = _interpolate([_blur(totals), _blur(counts)], where)
    return sampled[0] / sampled[1]


def _blur(grid: Plane) -> Plane:
    """Twice [1 2 1]/4 along every axis, on inner cells; the outermost cells hold nothing."""
    for axis in (1, 0, 2):
        for _ in range(2):
            blurred = np.zeros_like(grid)
            inner = np.s_[1:-1, 1:-1, 1:-1]
            before, after = ([slice(1, -1)] * 3 for _ in range(2))
            before[axis], after[axis] = slice(None, -2), slice(2, None)
            blurred[inner] = (grid[tuple(before)] + 2 * grid[inner] + grid[tuple(after)]) / 4
            grid = blurred
    return grid


def _interpolate(grids: list[Plane], where: list[Plane]) -> list[Plane]:
    """Trilinear interpolation of several grids at the same places, with float32 fractions."""
    shape = grids[0].shape
    low: list[NDArray[np.int64]] = [
        np.clip(c.astype(np.int64), 0, n - 1) for c, n in zip(where, shape, strict=True)
    ]
    high = [np.minimum(c + 1, n - 1) for c, n in zip(low, shape, strict=True)]
    part = [(c - c0).astype(np.float32).astype(np.float64) for c, c0 in zip(where, low, strict=True)]
    results = [np.zeros(where[0].shape) for _ in grids]
    for corner in product((0, 1), repeat=3):
        weight = np.ones(where[0].shape)
        index = []
        for is_high, c0, c1, f in zip(corner, low, high, part, strict=True):
            weight = weight * (f if is_high else 1 - f)
            index.append(c1 if is_high else c0)
        flat = (index[0] * shape[1] + index[1]) * shape[2] + index[2]
        for result, grid in zip(results, grids, strict=True):
            result += weight * grid.ravel()[flat]
    return results
