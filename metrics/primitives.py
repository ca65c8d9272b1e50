"""The few array operations that all formulas share, with MATLAB's borders, on OpenCV kernels in float64.

Everything here is a pure function of arrays. Sums over images never go through BLAS: its result depends on
the number of threads in the last bits, and scores must not.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from functools import cache, reduce
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Floating = TypeVar("Floating", bound=np.floating)

#: OpenCV's name of what lies beyond the border.
BORDERS = {
    "zero": cv2.BORDER_CONSTANT,  # filter2, conv2, imfilter by default
    "replicate": cv2.BORDER_REPLICATE,  # imfilter(..., 'replicate')
    "symmetric": cv2.BORDER_REFLECT,  # imfilter(..., 'symmetric'): the edge pixel is repeated
    "mirror": cv2.BORDER_REFLECT_101,  # the edge pixel is not repeated
}

#: The 256 gray levels, to weigh histograms with.
LEVELS: Array = np.arange(256.0)

#: [1 2 1] across, [1 0 -1] along: the Sobel pair without its divisor.
SMOOTH: Array = np.array([1.0, 2.0, 1.0])
DIFFER: Array = np.array([-1.0, 0.0, 1.0])


@cache
def gaussian(size: int, sigma: float) -> Array:
    """One-dimensional Gaussian window of `size` taps that sums to 1.

    Its outer product with itself is MATLAB's `fspecial('gaussian', size, sigma)`. The array is read-only.
    """
    position = np.arange(size) - (size - 1) / 2
    window: NDArray[np.float64] = np.exp(-(position**2) / (2 * sigma**2))
    window /= window.sum()
    window.setflags(write=False)
    return window


@cache
def box(size: int) -> Array:
    """One-dimensional mean window of `size` taps. The array is read-only."""
    window = np.full(size, 1.0 / size)
    window.setflags(write=False)
    return window


def correlate(image: NDArray[np.generic], kernel: Array, border: str = "zero") -> Array:
    """Two-dimensional correlation (MATLAB's `filter2`, `imfilter`), float64.

    Args:
        image: `H x W`, any real dtype.
        kernel: Window; the anchor is MATLAB's, `floor((size + 1) / 2)` counted from 1.
        border: `valid` (no border: the result shrinks by `size - 1`), or `zero`, `replicate`, `symmetric`,
            `mirror` (same size).

    Returns:
        float64; empty in `valid` mode if the image is smaller than the window.
    """
    image = _as_float(image)
    rows, columns = kernel.shape
    if border == "valid":
        if image.shape[0] < rows or image.shape[1] < columns:
            return _empty(image, rows, columns)
        full = cv2.filter2D(image, cv2.CV_64F, kernel, anchor=_anchor(kernel), borderType=cv2.BORDER_CONSTANT)
        return _inner(full, rows, columns)
    filtered: NDArray[np.float64] = cv2.filter2D(
        image, cv2.CV_64F, kernel, anchor=_anchor(kernel), borderType=BORDERS[border]
    )
    return filtered


def separable(
    image: NDArray[np.generic], down: Array, across: Array | None = None, border: str = "zero"
) -> Array:
    """Correlation with the outer product of two one-dimensional windows, float64.

    Args:
        image: `H x W`, any real dtype.
        down: Window along the columns of the image (vertical).
        across: Window along its rows (horizontal); the same as `down` if not given.
        border: As in `correlate`.
    """
    image = _as_float(image)
    across = down if across is None else across
    anchor = ((len(across) - 1) // 2, (len(down) - 1) // 2)
    if border == "valid":
        if image.shape[0] < len(down) or image.shape[1] < len(across):
            return _empty(image, len(down), len(across))
        full = cv2.sepFilter2D(image, cv2.CV_64F, across, down, anchor=anchor, borderType=cv2.BORDER_CONSTANT)
        return _inner(full, len(down), len(across))
    filtered: NDArray[np.float64] = cv2.sepFilter2D(
        image, cv2.CV_64F, across, down, anchor=anchor, borderType=BORDERS[border]
    )
    return filtered


def _as_float(image: NDArray[np.generic]) -> Array:
    return image.astype(np.float64, copy=False)


def _anchor(kernel: Array) -> tuple[int, int]:
    return (kernel.shape[1] - 1) // 2, (kernel.shape[0] - 1) // 2


def _inner(full: Array, rows: int, columns: int) -> Array:
    top, left = (rows - 1) // 2, (columns - 1) // 2
    return full[top : full.shape[0] - (rows - 1 - top), left : full.shape[1] - (columns - 1 - left)]


def _empty(image: Array, rows: int, columns: int) -> Array:
    return np.empty((max(image.shape[0] - rows + 1, 0), max(image.shape[1] - columns + 1, 0)))


def sobel(image: NDArray[np.generic], border: str = "zero") -> tuple[Array, Array]:
    """Sobel differences (across, down) without divisor; exact in any order of summation on integers."""
    return separable(image, SMOOTH, DIFFER, border), separable(image, DIFFER, SMOOTH, border)


def conv2_in_matlab_order(image: Array, kernel: Array, border: str = "zero") -> Array:
    """`conv2(image, kernel, 'same')` for a 3x3 kernel, adding the products in MATLAB's order.

    The order (bottom-right neighbour first, upwards, then the next column to the left) decides the last bit,
    and exact comparisons of gradients in the references amplify that bit (METRICS section 8).
    """
    height, width = image.shape
    padded = cv2.copyMakeBorder(image, 1, 1, 1, 1, BORDERS[border], value=0.0)
    total = np.zeros_like(image)
    for q in range(3):
        for p in range(3):
            if kernel[p, q]:
                total += kernel[p, q] * padded[2 - p : 2 - p + height, 2 - q : 2 - q + width]
    return total


def gradient(image: NDArray[Floating]) -> tuple[NDArray[Floating], NDArray[Floating]]:
    """MATLAB's `gradient` (across, down): central differences, one-sided at the borders."""
    across, down = np.empty_like(image), np.empty_like(image)
    np.subtract(image[:, 2:], image[:, :-2], out=across[:, 1:-1])
    across[:, 1:-1] *= 0.5
    across[:, 0] = image[:, 1] - image[:, 0]
    across[:, -1] = image[:, -1] - image[:, -2]
    np.subtract(image[2:], image[:-2], out=down[1:-1])
    down[1:-1] *= 0.5
    down[0] = image[1] - image[0]
    down[-1] = image[-1] - image[-2]
    return across, down


def halve(image: Array) -> Array:
    """Half the size: mean of 2x2 blocks; a last odd row or column is averaged with itself."""
    height, width = image.shape
    if height % 2 or width % 2:
        image = cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REFLECT)
    rows = image[::2] + image[1::2]
    return (rows[:, ::2] + rows[:, 1::2]) * 0.25


_STRIP = 1 << 24  # OpenCV counts in float32, which is exact up to here


def histogram(levels: NDArray[np.uint8]) -> Array:
    """Counts of the 256 levels, as float64."""
    flat = np.ascontiguousarray(levels).reshape(1, -1)
    strips = range(0, flat.shape[1], _STRIP)
    return sum(
        (
            cv2.calcHist([flat[:, i : i + _STRIP]], [0], None, [256], [0, 256]).ravel().astype(np.float64)
            for i in strips
        ),
        np.zeros(256),
    )


def joint_histogram(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Array:
    """Counts of pairs of levels, `256 x 256` float64: rows are the first image's levels."""
    x, y = (np.ascontiguousarray(z).reshape(1, -1) for z in (first, second))
    strips = [slice(i, i + _STRIP) for i in range(0, x.shape[1], _STRIP)]
    return sum(
        (
            cv2.calcHist([x[:, s], y[:, s]], [0, 1], None, [256, 256], [0, 256, 0, 256]).astype(np.float64)
            for s in strips
        ),
        np.zeros((256, 256)),
    )


def dot(x: Array, y: Array) -> float:
    """Sum of the products of two images, in one pass and independent of the number of threads."""
    return float(np.einsum("ij,ij->", x, y))


def stretch(image: Array) -> Array:
    """Min-max stretch to 0..255, rounded half away from zero (`normalize1` of the Z. Liu family).

    A constant image becomes NaN unless it is zero, which is passed through: as in the reference.
    """
    least, most = image.min(), image.max()
    if least == 0 and most == 0:
        return image
    with np.errstate(invalid="ignore", divide="ignore"):
        stretched: NDArray[np.float64] = np.floor((image - least) / (most - least) * 255.0 + 0.5)
    return stretched


def add_up(values: Iterable[float]) -> float:
    """Sum of a few numbers in their order. The built-in `sum` rounds in another way from Python 3.12 on."""
    return reduce(operator.add, values, 0.0)
