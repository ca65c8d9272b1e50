"""Fast bilateral filter on a coarse grid of position and value.

Paper: Paris, Durand, "A fast approximation of the bilateral filter using a signal processing approach",
ECCV 2006; the authors' reference implementation (borders of the grid stay empty, weights in float32).
"""

from __future__ import annotations

from itertools import product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.baselines.kernels.numeric import Float64Array
from tcmoa_bench.baselines.kernels.threads import strips

MARGIN = 2
#: Rows of cells between two readings of the grid.
BAND = 8

Index: TypeAlias = NDArray[np.intp]
#: Total of a cell's pixels and, as the imaginary part, their count: every step treats both alike.
Cells: TypeAlias = NDArray[np.complex128]


def fast_bilateral(x: Float64Array, sigma_space: float, sigma_range: float) -> Float64Array:
    """Bilateral filter.

    The grid (down x across x value) is filled, blurred and read from top to bottom: a few of its rows stay
    in cache, while the whole has several times as many cells as the image has pixels.

    Args:
        x: `H x W`, `float64`, 0..1.
        sigma_space: Cell size of the grid in pixels.
        sigma_range: Cell size of the grid in grey values.
    """
    value = (x - x.min()) / sigma_range
    down, across = (np.arange(n) / sigma_space for n in x.shape)
    rows, columns, depth = (int(places.max()) + 5 for places in (down, across, value))
    nearest, (below, _) = _nearest(down), _below(down)
    result = np.empty_like(x)
    blurred = np.zeros((BAND + 1, columns, depth), np.complex128)
    waiting = [(blurred[0].copy(), blurred[0].copy())] * 2
    for top in range(0, rows + 1, BAND):
        pixels = slice(*np.searchsorted(nearest, (top, top + BAND)))
        places = nearest[pixels, None] - top, _nearest(across), _nearest(value[pixels])
        blurred[0] = blurred[-1]
        for number, row in enumerate(_fill(x[pixels], places, (BAND, columns, depth))):
            row = _blur(_blur(row, depth), depth)
            for turn, (before, middle) in enumerate(waiting):
                waiting[turn], row = (middle, row), _weigh(before, middle, row)
                if turn == 0 and top + number == rows:
                    row[:] = 0  # the outermost cells hold nothing
            blurred[number + 1] = _blur(_blur(row, 1), 1)
        first = top - 3  # a row waits for the two below it, and one was kept
        pixels = slice(*np.searchsorted(below, (first, first + BAND)))
        for strip in strips(x[pixels].shape):
            places_of_strip = down[pixels][strip] - first, across, value[pixels][strip]
            result[pixels][strip] = _interpolate(blurred, *places_of_strip)
    return result


def _nearest(place: Float64Array) -> Index:
    """The cell nearest to a place on an axis."""
    return (place + 0.5).astype(np.intp) + MARGIN


def _below(place: Float64Array) -> tuple[Index, Float64Array]:
    """The cell below a place on an axis, and how far the place is on the way to the next, as in float32."""
    place = place + MARGIN
    cell = place.astype(np.intp)
    return cell, (place - cell).astype(np.float32).astype(np.float64)


def _fill(x: Float64Array, places: tuple[Index, Index, Index], shape: tuple[int, int, int]) -> Cells:
    """Totals and counts of the pixels in each cell."""
    index = ((places[0] * shape[1] + places[1]) * shape[2] + places[2]).ravel()
    cells = np.empty(shape, np.complex128)
    cells.real = np.bincount(index, x.ravel(), cells.size).reshape(shape)
    cells.imag = np.bincount(index, minlength=cells.size).reshape(shape)
    return cells


def _blur(row: Cells, step: int) -> Cells:
    """[1 2 1] along the axis on which neighbours are `step` apart; the outermost cells hold nothing."""
    flat, blurred = row.reshape(-1), np.empty_like(row)
    inner = blurred.reshape(-1)[step:-step]
    _weigh(flat[: -2 * step], flat[step:-step], flat[2 * step :], out=inner)
    blurred[0] = blurred[-1] = blurred[:, -1] = 0
    return blurred


def _weigh(before: Cells, middle: Cells, after: Cells, out: Cells | None = None) -> Cells:
    """[1 2 1]; the factor 1/4 cancels where totals are divided by counts."""
    total = np.add(middle, middle, out=out)
    total += before
    total += after
    return total


def _interpolate(cells: Cells, down: Float64Array, across: Float64Array, value: Float64Array) -> Float64Array:
    """Quotient of total and count at each pixel, both interpolated along the three axes."""
    (row, part_down), (column, part_across), (level, part_value) = map(_below, (down, across, value))
    flat, (_, columns, depth) = cells.reshape(-1), cells.shape
    index = (row[:, None] * columns + column) * depth + level
    # A pixel's total and count lie side by side and get the same weight.
    parts = part_down[:, None], np.repeat(part_across, 2), np.repeat(part_value, 2, axis=1)
    shares = [(1 - part, part) for part in parts]
    sums = np.zeros(parts[2].shape)
    for i, j in product((0, 1), repeat=2):
        in_plane = shares[0][i] * shares[1][j]
        for k in (0, 1):
            corner = flat[(i * columns + j) * depth + k :].take(index, mode="clip").view(np.float64)
            corner *= in_plane * shares[2][k]
            sums += corner
    return sums[:, 0::2] / sums[:, 1::2]
