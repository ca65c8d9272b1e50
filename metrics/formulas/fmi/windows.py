"""The 3 x 3 windows of a feature map, read as distributions over their nine positions."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Windows handled at a time: few enough for their tables to stay in the cache, enough to hide NumPy's call overhead.
BLOCK = 4096

TINY = 1e-300
POSITIONS = np.arange(1.0, 10.0)[:, None]


class Scratch:
    """Named work arrays of `rows x n`, `n` at most `BLOCK`, that live through a whole computation.

    Fresh arrays of this size would cost more in page faults than the arithmetic in them.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, Array] = {}

    def __call__(self, name: str, rows: int, n: int) -> Array:
        """The work array `name`; what it holds is undefined."""
        if name not in self._arrays:
            self._arrays[name] = np.empty((rows, BLOCK))
        return self._arrays[name][:, :n]


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
    def of(cls, raw: Array, scratch: Scratch) -> Windows:
        """Windows from their values, `9 x N`; they last until `scratch` is used for others."""
        n = raw.shape[1]
        scaled, pdf, cdf, work = (
            scratch(*of, n) for of in (("scaled", 9), ("pdf", 9), ("cdf", 8), ("work", 9))
        )
        least = raw.min(axis=0)
        extent = raw.max(axis=0) - least
        constant = extent == 0
        extent[constant] = 1.0
        np.subtract(raw, least, out=scaled)
        scaled /= extent
        scaled[:, constant] = 1.0
        np.divide(scaled, scaled.sum(axis=0), out=pdf)
        cdf[0] = pdf[0]
        for i in range(1, 8):
            np.add(cdf[i - 1], pdf[i], out=cdf[i])
        spread = np.sqrt(np.square(pdf, out=work).sum(axis=0) - 1 / 9)
        entropy = -np.multiply(pdf, logarithm(pdf, out=work), out=work).sum(axis=0)
        mean = np.multiply(pdf, POSITIONS, out=work).sum(axis=0)
        work *= POSITIONS
        return cls(
            raw,
            scaled,
            pdf,
            cdf,
            entropy,
            variance=work.sum(axis=0) - mean**2,
            spread=spread,
            constant=constant,
            single=np.add.reduce(scaled != 0, axis=0, dtype=np.uint8) == 1,
        )


def logarithm(x: Array, out: Array | None = None) -> Array:
    """log|x|, and a large negative number for 0.

    OpenCV's logarithm is vectorised in float64 where NumPy's is not: three times as fast, as exact.
    """
    out = np.abs(x, out=out)
    out += TINY
    return cv2.log(out, out).reshape(x.shape)


def raw_windows(plane: Array, start: int, scratch: Scratch) -> Array:
    """The values of up to `BLOCK` consecutive windows of a map, `9 x N`.

    Windows are counted along the rows as if they could start in every column: the last two of each row
    wrap around (see `inside`).

    Args:
        plane: `H x W`, C-contiguous.
        start: Number of the first window.
        scratch: Where the values go.
    """
    width, flat = plane.shape[1], plane.ravel()
    n = min(BLOCK, count(plane) - start)
    raw = scratch("raw", 9, n)
    for position in range(9):
        column, row = divmod(position, 3)
        first = start + row * width + column
        raw[position] = flat[first : first + n]
    return raw


def count(plane: NDArray[np.generic]) -> int:
    """How many windows `raw_windows` counts in a map, the wrapped ones included."""
    height, width = plane.shape
    return (height - 2) * width - 2


def inside(width: int, start: int, n: int) -> Mask:
    """Which of the windows from `start` on do not wrap around the right border."""
    return np.arange(start, start + n) % width < width - 2


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
