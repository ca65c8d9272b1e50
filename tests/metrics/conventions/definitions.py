"""What the papers' formulas share, written once more without the engine: images, windows, moments, filters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tcmoa_bench.metrics import score

Array = NDArray[np.float64]
Formula = Callable[[Array, Array, Array], float]
Triple = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]

#: MATLAB's rgb2gray: the first row of the inverse of the NTSC matrix.
LUMA = np.linalg.inv([[1, 0.956, 0.621], [1, -0.272, -0.647], [1, -1.106, 1.703]])[0]


def texture(seed: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Smoothed noise on all levels from 0 to 255, never flat over a window."""
    noise = np.pad(np.random.default_rng(seed).random(shape), [(1, 1), (1, 1), *[(0, 0)] * (len(shape) - 2)])
    smooth = sliding_window_view(noise, (3, 3), axis=(0, 1)).mean(axis=(-2, -1))
    return ((smooth - smooth.min()) / np.ptp(smooth) * 255).round().astype(np.uint8)


def blend(a: NDArray[np.uint8], b: NDArray[np.uint8], seed: int = 9) -> NDArray[np.uint8]:
    """A fused image that is nearer to B, with noise of its own so that no two gradients agree by design."""
    noise = np.random.default_rng(seed).integers(-9, 10, a.shape)
    return np.clip(0.35 * a + 0.65 * b + noise, 0, 255).round().astype(np.uint8)


def gray_pair(shape: tuple[int, int]) -> Triple:
    """Two gray sources and a blend of them."""
    a, b = texture(1, shape), texture(2, shape)
    return a, b, blend(a, b)


def colour_pair(shape: tuple[int, int]) -> Triple:
    """A visible image in colour, an infrared one in gray and dark, a fused image in colour."""
    a, b = texture(3, (*shape, 3)), texture(4, shape) // 2
    return a, b, blend(a, np.repeat(b[..., None], 3, axis=2))


def saturated_pair(shape: tuple[int, int]) -> Triple:
    """A is overexposed in a corner, where F is B, a lone bright pixel included; elsewhere F has a flat patch."""
    a, b = texture(5, shape), texture(6, shape)
    height, width = shape
    corner = np.s_[: height // 2, : width // 2]
    b[2:8, 2:8], b[4, 4] = 30, 200
    fused = blend(a, b)
    a[corner], fused[corner] = 255, b[corner]
    fused[height // 3 : -height // 4, width // 2 : -2] = 40
    return a, b, fused


def levels(image: NDArray[np.uint8]) -> Array:
    """Gray levels, rounded half up as MATLAB does for uint8."""
    return image.astype(float) if image.ndim == 2 else np.floor(image @ LUMA + 0.5)


def agree(metric: str, formula: Formula, images: Triple, rel: float) -> None:
    """`metric@textbook` of three images is what the paper's formula makes of their gray levels."""
    found = score(*images, [f"{metric}@textbook"])[f"{metric}@textbook"]
    assert found.value == pytest.approx(formula(*map(levels, images)), rel=rel), found.reason


def gaussian(size: int, sigma: float) -> Array:
    """A window that sums to 1."""
    offsets = np.arange(size) - (size - 1) / 2
    window = np.exp(-(offsets[:, None] ** 2 + offsets[None] ** 2) / (2 * sigma**2))
    return window / window.sum()


def windows(image: Array, weights: Array) -> Array:
    """All windows of the weights' size inside the image, `rows x columns x n x n`."""
    return sliding_window_view(image, weights.shape)


def mean(image: Array, weights: Array) -> Array:
    """Weighted mean in every window."""
    return (windows(image, weights) * weights).sum(axis=(2, 3))


def covariance(x: Array, y: Array, weights: Array) -> Array:
    """Weighted covariance in every window, from the deviations themselves."""
    x, y = (windows(z, weights) - mean(z, weights)[..., None, None] for z in (x, y))
    return (weights * x * y).sum(axis=(2, 3))


def regression(joint: Array, variance: Array, of_fused: Array) -> Array:
    """Gain of the channel from a source to the fused image: none where they run opposite, or one of them is flat."""
    related = (joint > 0) & (variance > 1e-10) & (of_fused > 1e-10)
    return np.where(related, joint / np.where(related, variance, 1), 0)


def convolved(image: Array, kernel: list[list[float]], border: str = "constant") -> Array:
    """True convolution with a 3 x 3 kernel, same size."""
    flipped = np.array(kernel)[::-1, ::-1]
    return (sliding_window_view(np.pad(image, 1, mode=border), (3, 3)) * flipped).sum(axis=(2, 3))


ACROSS = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
DOWN = [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]


def sobel(image: Array, border: str = "constant") -> tuple[Array, Array]:
    """Sobel's two differences without a divisor."""
    return convolved(image, ACROSS, border), convolved(image, DOWN, border)


def halved(image: Array) -> Array:
    """Mean of 2 x 2 blocks; a last odd row or column is averaged with itself."""
    height, width = image.shape
    even = np.pad(image, ((0, height % 2), (0, width % 2)), mode="edge")
    return (even[::2, ::2] + even[::2, 1::2] + even[1::2, ::2] + even[1::2, 1::2]) / 4


def stretched(image: Array) -> Array:
    """Least level to 0, largest to 255, rounded half up."""
    return np.floor((image - image.min()) / (image.max() - image.min()) * 255 + 0.5)


def centred_frequencies(n: int) -> Array:
    """Frequencies of an axis of n pixels, from -1 up to (not including) 1, in the order of the FFT."""
    return np.fft.ifftshift((np.arange(n) - n // 2) * 2 / n)
