"""Rounding and filters that classical methods share, with MATLAB's conventions for halves and borders."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

#: An image or a plane in floating point, mostly levels on 0..255; what its shape is, each function says.
Float64Array: TypeAlias = NDArray[np.float64]

#: Border names to OpenCV's: edge value, mirror with the edge repeated, mirror without it, zeros.
BORDERS = {
    "replicate": cv2.BORDER_REPLICATE,
    "symmetric": cv2.BORDER_REFLECT,
    "mirror": cv2.BORDER_REFLECT_101,
    "zero": cv2.BORDER_CONSTANT,
}

#: Ranges and peaks below this are rounding noise, which must not be blown up to full contrast.
NEGLIGIBLE = 1e-9


def u8(x: Float64Array) -> NDArray[np.uint8]:
    """Round finite values to `uint8` as MATLAB does: halves go away from zero, the rest saturates."""
    return np.clip(np.floor(x + 0.5), 0, 255).astype(np.uint8)


def gaussian_taps(size: int, sigma: float) -> Float64Array:
    """Centred 1-D Gaussian of odd length with sum 1; its outer product is MATLAB's `fspecial`."""
    x = np.arange(size) - (size - 1) / 2
    taps = np.exp(-(x**2) / (2 * sigma**2))
    return taps / taps.sum()


def separable(x: Float64Array, across: Float64Array, down: Float64Array, border: str) -> Float64Array:
    """Correlate rows with `across` and columns with `down`; same size, any number of channels.

    Args:
        x: `H x W` or `H x W x C`, `float64`.
        across: Odd number of taps along x.
        down: Odd number of taps along y.
        border: A name of `BORDERS`.
    """
    return cv2.sepFilter2D(x, cv2.CV_64F, across, down, borderType=BORDERS[border])


def gaussian(x: Float64Array, size: int, sigma: float, border: str) -> Float64Array:
    """Gaussian filter with a `size x size` window, same size out."""
    taps = gaussian_taps(size, sigma)
    return separable(x, taps, taps, border)


def mean_filter(x: Float64Array, size: int, border: str) -> Float64Array:
    """Mean over a `size x size` window (odd), same size out."""
    return cv2.blur(x, (size, size), borderType=BORDERS[border])


def laplacian_magnitude(x: Float64Array) -> Float64Array:
    """Magnitude of the 4-neighbour Laplacian `[0 1 0; 1 -4 1; 0 1 0]`, edges repeated."""
    kernel = np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
    return np.abs(cv2.filter2D(x, cv2.CV_64F, kernel, borderType=cv2.BORDER_REPLICATE))


def share(part: Float64Array, whole: Float64Array) -> Float64Array:
    """Quotient of part and whole; one half where the whole is 0: sources without activity count alike.

    The authors' codes leave 0/0 there, which turns black in the `uint8` result.
    """
    return np.divide(part, whole, out=np.full_like(whole, 0.5), where=whole != 0)


def stretch(x: Float64Array) -> Float64Array:
    """Stretch an image's range to 0..1; a constant image (but for rounding) becomes 0."""
    low, high = x.min(), x.max()
    return (x - low) / (high - low) if high - low > NEGLIGIBLE else np.zeros_like(x)
