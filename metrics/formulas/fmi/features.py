"""The five feature maps of FMI."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, get_args

import numpy as np
import pywt
from numpy.typing import NDArray
from scipy.fft import dctn

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
    h, w = plane.shape
    padded = np.pad(plane, 1, mode="edge")
    vertical, horizontal = np.zeros_like(plane), np.zeros_like(plane)
    smooth, step = (1.0, 2.0, 1.0), (1.0, 0.0, -1.0)
    for column in (2, 1, 0):
        for row in (2, 1, 0):
            neighbour = padded[row : row + h, column : column + w]
            if step[row]:
                vertical += (step[row] * smooth[column] / 8) * neighbour
            if step[column]:
                horizontal += (smooth[row] * step[column] / 8) * neighbour
    strength = horizontal**2 + vertical**2
    across, down = np.abs(horizontal), np.abs(vertical)
    slack = 100 * np.finfo(np.float64).eps
    peak = (across >= down - slack) & _is_peak(strength) | (down >= across - slack) & _is_peak(strength.T).T
    return peak & (strength > 4 * strength.mean())


def _is_peak(strength: Plane) -> NDArray[np.bool_]:
    """Where a value is at least its left neighbour and more than its right one; a missing neighbour is passed."""
    peak = np.ones(strength.shape, dtype=bool)
    peak[:, 1:] &= strength[:, :-1] <= strength[:, 1:]
    peak[:, :-1] &= strength[:, :-1] > strength[:, 1:]
    return peak


def cosine(plane: Plane) -> Plane:
    """MATLAB's `dct2` of the whole plane (orthonormal DCT-II)."""
    return dctn(plane, norm="ortho")


def wavelet(plane: Plane) -> Plane:
    """One level of the discrete Meyer wavelet, `[cA cH; cV cD]`, min-max scaled to 0..1 as a whole."""
    low, high = _meyer()
    along_rows = [np.ascontiguousarray(_decimated(plane.T, taps).T) for taps in (low, high)]
    bands = np.block([[_decimated(half, taps) for taps in (low, high)] for half in along_rows])
    least, most = bands.min(), bands.max()
    return (bands - least) / (most - least) if most > least else bands


@lru_cache(maxsize=1)
def _meyer() -> tuple[Plane, Plane]:
    filters = pywt.Wavelet("dmey")
    return np.array(filters.dec_lo), np.array(filters.dec_hi)


def _decimated(plane: Plane, taps: Plane) -> Plane:
    """Every second value of the convolution down the columns, half-point symmetric at the ends.

    Taps are added one by one in ascending order: in saturated areas the detail bands are rounding noise, and the
    windows' scaling makes that noise count.
    """
    reach = len(taps) - 1
    length = (plane.shape[0] + reach) // 2
    padded = np.pad(np.ascontiguousarray(plane), ((reach, reach), (0, 0)), mode="symmetric")
    total, product = np.zeros((length, plane.shape[1])), np.empty((length, plane.shape[1]))
    for k, tap in enumerate(taps):
        start = reach + 1 - k
        total += np.multiply(tap, padded[start : start + 2 * length : 2], out=product)
    return total


_MAPS = {
    "none": levels,
    "gradient": horizontal_gradient,
    "edge": sobel_edges,
    "dct": cosine,
    "wavelet": wavelet,
}
