"""The 3 x 3 windows of a feature map, read as distributions over their nine positions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Windows handled at a time (at least one row of them): their tables then stay in the second-level cache.
BLOCK = 4096


@dataclass(frozen=True)
class Windows:
    """N windows, position-major; positions run down the columns, from left to right.

    Attributes:
        raw: The map's values, `9 x N`.
        scaled: Values min-max scaled to 0..1; constant windows are all ones.
        pdf: `scaled` over its sum: a distribution over the positions 1..9.
        cdf: Its cumulative sums without the last (which is 1), `8 x N`.
        entropy: Entropy of `pdf` in nats, `N`.
        variance: Variance of the position under `pdf`, `N`; rounding can leave it slightly negative.
        spread: Norm of `pdf - 1/9`, `N`.
        constant: Whether all nine values are equal, `N`.
        single: Whether only one scaled value is not zero, `N`.
    """

    raw: Array
    scaled: Array
    pdf: Array
    cdf: Array
    entropy: Array
    variance: Array
    spread: Array
    constant: Mask
    single: Mask

    @classmethod
    def of(cls, raw: Array) -> Windows:
        """Windows from their values, `9 x N`."""
        least = raw.min(axis=0)
        extent = raw.max(axis=0) - least
        constant = extent == 0
        scaled = raw - least
        extent[constant] = 1.0
        scaled /= extent
        scaled[:, constant] = 1.0
        pdf = scaled / scaled.sum(axis=0)
        cdf = pdf[:8].copy()
        mean, square = pdf[0].copy(), pdf[0].copy()
        for i in range(1, 9):
            if i < 8:
                cdf[i] += cdf[i - 1]
            moment = (i + 1) * pdf[i]
            mean += moment
            moment *= i + 1
            square += moment
        return cls(
            raw,
            scaled,
            pdf,
            cdf,
            entropy=-(pdf * logarithm(pdf)).sum(axis=0),
            variance=square - mean**2,
            spread=np.sqrt((pdf * pdf).sum(axis=0) - 1 / 9),
            constant=constant,
            single=np.count_nonzero(pdf, axis=0) == 1,
        )


def logarithm(x: Array) -> Array:
    """log|x|, and a large negative number for 0.

    OpenCV's logarithm is vectorised in float64 where NumPy's is not: three times as fast, as exact.
    """
    return cv2.log(np.abs(x) + 1e-300).reshape(x.shape)


def blocks(plane: NDArray[np.generic]) -> Iterator[Array]:
    """Values of all 3 x 3 windows of a map, some rows of windows at a time, each `9 x N` float64."""
    h, w = plane.shape
    step = max(1, BLOCK // (w - 2))
    for top in range(0, h - 2, step):
        rows = min(step, h - 2 - top)
        raw = np.empty((9, rows, w - 2))
        for position in range(9):
            column, row = divmod(position, 3)
            raw[position] = plane[top + row : top + row + rows, column : column + w - 2]
        yield raw.reshape(9, -1)


def patterns(plane: Mask) -> NDArray[np.int64]:
    """All 3 x 3 windows of a binary map as numbers 0..511: position p is bit p."""
    h, w = plane.shape
    number = np.zeros((h - 2, w - 2), dtype=np.int64)
    for position in range(9):
        column, row = divmod(position, 3)
        number |= plane[row : row + h - 2, column : column + w - 2].astype(np.int64) << position
    return number.ravel()


def binary_windows(numbers: NDArray[np.int64]) -> Array:
    """The windows that `patterns` numbered, `9 x N` of zeros and ones."""
    return ((numbers >> np.arange(9)[:, None]) & 1).astype(np.float64)
