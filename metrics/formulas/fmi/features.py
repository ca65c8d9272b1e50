"""The five feature maps of FMI."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, get_args

import numpy as np
import pywt
from numpy.typing import NDArray
from scipy.fft import dctn

from tcmoa_bench.blocks import row_blocks

Feature = Literal["none", "gradient", "edge", "dct", "wavelet"]
FEATURES: tuple[Feature, ...] = get_args(Feature)

Plane = NDArray[np.float64]


def feature_map(plane: NDArray[np.generic], feature: Feature) -> NDArray[np.generic]:
    """Feature map of one plane.

    Args:
        plane: `H x W`, any numeric dtype.
        feature: One of `FEATURES`.

    Returns:
        `H x W` bool for `edge`; `H+61 x W+61` (odd sizes one less) float64 for `wavelet`; else `H x W` float64.
    """
    return _MAPS[feature](np.asarray(plane, dtype=np.float64))


def levels(plane: Plane) -> Plane:
    """The levels themselves."""
    return plane


def horizontal_gradient(plane: Plane) -> Plane:
    """MATLAB's first output of `gradient`: central differences along x, one-sided at the borders."""
    return np.gradient(plane, axis=1)


def sobel_edges(plane: Plane) -> NDArray[np.bool_]:
    """MATLAB's `edge(plane, 'sobel')`: thinned Sobel edges above four times the mean squared gradient.

    The exact comparisons between neighbours make the order of additions matter on levels that are not integers:
    the nine products are added from the bottom-right neighbour upwards, then column by column to the left.
    """
    padded = np.pad(plane, 1, mode="edge")
    strength = np.empty_like(plane)
    lies_across, lies_down = np.empty(plane.shape, dtype=bool), np.empty(plane.shape, dtype=bool)
    slack = 100 * np.finfo(np.float64).eps
    for rows in row_blocks(plane.shape):
        horizontal, vertical = _differences(padded[rows.start : rows.stop + 2])
        across, down = np.abs(horizontal), np.abs(vertical)
        np.greater_equal(across, down - slack, out=lies_across[rows])
        np.greater_equal(down, across - slack, out=lies_down[rows])
        horizontal *= horizontal
        vertical *= vertical
        np.add(horizontal, vertical, out=strength[rows])
    # A peak is at least its left (upper) neighbour and more than its right (lower) one; a missing neighbour is passed.
    lies_across[:, 1:] &= strength[:, :-1] <= strength[:, 1:]
    lies_across[:, :-1] &= strength[:, :-1] > strength[:, 1:]
    lies_down[1:] &= strength[:-1] <= strength[1:]
    lies_down[:-1] &= strength[:-1] > strength[1:]
    lies_across |= lies_down
    lies_across &= strength > 4 * strength.mean()
    return lies_across


def _differences(padded: Plane) -> tuple[Plane, Plane]:
    """Sobel differences (along the rows, along the columns) over 8 of all but the outermost pixels."""
    h, w = padded.shape[0] - 2, padded.shape[1] - 2
    horizontal, vertical, product = np.zeros((h, w)), np.zeros((h, w)), np.empty((h, w))
    smooth, step = (1.0, 2.0, 1.0), (1.0, 0.0, -1.0)
    for column in (2, 1, 0):
        for row in (2, 1, 0):
            neighbour = padded[row : row + h, column : column + w]
            if step[row]:
                vertical += np.multiply(step[row] * smooth[column] / 8, neighbour, out=product)
            if step[column]:
                horizontal += np.multiply(smooth[row] * step[column] / 8, neighbour, out=product)
    return horizontal, vertical


def cosine(plane: Plane) -> Plane:
    """MATLAB's `dct2` of the whole plane (orthonormal DCT-II)."""
    return dctn(plane, norm="ortho")


def wavelet(plane: Plane) -> Plane:
    """One level of the discrete Meyer wavelet, `[cA cH; cV cD]`, min-max scaled to 0..1 as a whole."""
    along_rows = (np.ascontiguousarray(half.T) for half in _decimated(plane.T))
    bands = np.block([list(_decimated(half)) for half in along_rows])
    least, most = bands.min(), bands.max()
    return (bands - least) / (most - least) if most > least else bands


@lru_cache(maxsize=1)
def _meyer() -> tuple[Plane, Plane]:
    filters = pywt.Wavelet("dmey")
    return np.array(filters.dec_lo), np.array(filters.dec_hi)


def _decimated(plane: Plane) -> tuple[Plane, Plane]:
    """Every second value of the low and the high pass down the columns, half-point symmetric at the ends.

    Taps are added one by one in ascending order: in saturated areas the detail bands are rounding noise, and the
    windows' scaling makes that noise count.
    """
    low, high = _meyer()
    reach = len(low) - 1
    length, width = (plane.shape[0] + reach) // 2, plane.shape[1]
    padded = np.pad(np.ascontiguousarray(plane), ((reach, reach), (0, 0)), mode="symmetric")
    halves = np.zeros((length, width)), np.zeros((length, width))
    for rows in row_blocks((length, width)):
        totals = [half[rows] for half in halves]
        product = np.empty_like(totals[0])
        for total, taps in zip(totals, (low, high), strict=True):
            for k, tap in enumerate(taps):
                start = reach + 1 - k + 2 * rows.start
                reached = padded[start : start + 2 * len(total) : 2]
                total += np.multiply(tap, reached, out=product)
    return halves


_MAPS = {
    "none": levels,
    "gradient": horizontal_gradient,
    "edge": sobel_edges,
    "dct": cosine,
    "wavelet": wavelet,
}
