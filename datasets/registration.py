"""How far a pair's second source seems shifted against the first, and how clear that is. Shifts of whole pixels only.

Phase correlation (Kuglin and Hines, 1975) of gradient magnitudes, which visible and infrared pictures share where their
levels do not. Scale, rotation and parallax are not estimated: with them, the shift is that of the larger part.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.gray import gray_double
from tcmoa_bench.types import Image

#: Shifts up to so many pixels are looked for (a quarter of the shorter side in small pictures).
REACH = 32
#: A peak of the correlation is clear that stands so many standard deviations above the rest, and so many times as high as
#: the next one. Of shifts planted in real pairs, the clear ones are found to within 1.5 pixels
#: (tests/datasets/test_registration.py).
CLEAR = 5.0
CLEAR_OF_NEXT = 1.05
#: Clear shifts from here on are worth a look.
LARGE = 2.0

_SMOOTH = 1.5
#: Between plain correlation (0) and phase correlation (1): noise of one source alone counts less than with 1.
_WHITENING = 0.5
#: Standard deviation in pixels by which the correlation is smoothed.
_BLUR = 1.0
#: Rows and columns around the peak that are its own.
_OWN = 5


@dataclass(frozen=True)
class Shift:
    """Where B lies against A.

    Attributes:
        pair: The pair's name.
        down, right: Pixels by which B's content lies lower and further to the right than A's.
        trust: Height of the correlation's peak above the rest, in standard deviations of the rest.
        margin: Height of the peak over that of the next one.
    """

    pair: str
    down: int
    right: int
    trust: float
    margin: float

    @property
    def size(self) -> float:
        """Length of the shift in pixels."""
        return float(np.hypot(self.down, self.right))

    @property
    def is_clear(self) -> bool:
        """Whether the estimate can be believed."""
        return self.trust >= CLEAR and self.margin >= CLEAR_OF_NEXT


def estimate(pair: str, a: Image, b: Image) -> Shift | None:
    """The shift between two pictures of one size; None where they are too small or one is flat.

    Args:
        pair: Name for the result.
        a: `uint8`, `H x W` or `H x W x 3`.
        b: Likewise, same height and width.
    """
    height, width = a.shape[:2]
    reach = min(REACH, min(height, width) // 4)
    if reach < 2 * _OWN:
        return None
    first, second = (np.fft.rfft2(_edges(image)) for image in (a, b))
    product = second * np.conj(first)
    size = np.abs(product)
    if not size.any():
        return None
    down = np.fft.fftfreq(height)[:, None]
    right = np.fft.rfftfreq(width)[None]
    smooth = np.exp(-2 * (np.pi * _BLUR) ** 2 * (down**2 + right**2))
    surface = np.fft.irfft2(product / (size + 1e-9) ** _WHITENING * smooth, s=(height, width))
    near = np.roll(surface, (reach, reach), (0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    row, column = (int(place) for place in np.unravel_index(near.argmax(), near.shape))
    rest = np.ones(near.shape, bool)
    rest[max(0, row - _OWN) : row + _OWN + 1, max(0, column - _OWN) : column + _OWN + 1] = False
    peak, others = float(near[row, column]), near[rest]
    spread, following = float(others.std()), float(others.max())
    trust = (peak - float(others.mean())) / spread if spread else 0.0
    return Shift(pair, row - reach, column - reach, trust, peak / following if following > 0 else np.inf)


def _gradient(image: Image) -> NDArray[np.float64]:
    """Gradient magnitude of the smoothed gray picture, on a logarithmic scale."""
    gray = cv2.GaussianBlur(gray_double(image), (0, 0), _SMOOTH)
    across, along = (cv2.Sobel(gray, cv2.CV_64F, *order) for order in ((1, 0), (0, 1)))
    return np.asarray(np.log1p(np.hypot(across, along)), np.float64)


def _edges(image: Image) -> NDArray[np.float64]:
    """Gradients without their mean, faded out towards the border, which would correlate with itself."""
    gradient = _gradient(image)
    window = np.outer(*(np.hanning(length) for length in gradient.shape))
    return np.asarray((gradient - gradient.mean()) * window, np.float64)


def overlay(a: Image, b: Image, shift: Shift) -> Image:
    """A's edges in red and B's in cyan, as they are and with the shift undone, side by side: where both fall
    together, edges are gray.

    Returns:
        `uint8`, `H x (2 W + 4) x 3`.
    """
    red, cyan = (_shown(_gradient(image)) for image in (a, b))
    moved = np.roll(cyan, (-shift.down, -shift.right), (0, 1))
    parts = [np.stack([red, other, other], axis=2) for other in (cyan, moved)]
    gap = np.full((red.shape[0], 4, 3), 255, np.uint8)
    return np.concatenate([parts[0], gap, parts[1]], axis=1)


def _shown(gradient: NDArray[np.float64]) -> Image:
    top = float(np.percentile(gradient, 99.5)) or 1.0
    return np.asarray(np.clip(gradient / top * 255, 0, 255), np.uint8)


def worst_first(shifts: list[Shift]) -> list[Shift]:
    """Clear shifts by their size, the largest first, then what is not clear."""
    return sorted(shifts, key=lambda shift: (not shift.is_clear, -shift.size))
