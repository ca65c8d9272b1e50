"""Human perception metric Qcb (Chen and Blum 2009; `metricChenBlum.m` of Z. Liu and his successors)."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from tcmoa_bench.blocks import row_blocks
from tcmoa_bench.metrics.formulas.levels import Stretch, stretched
from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.primitives import separable
from tcmoa_bench.metrics.scene import FULL, Plane
from tcmoa_bench.metrics.settings import checked

Array = NDArray[np.float64]

_RADIUS = 15


@cache
def _window(sigma: float) -> Array:
    """One factor of the 31 x 31 Gaussian with the density's factor 1/(2 pi sigma^2): it does not sum to 1."""
    position = np.arange(-_RADIUS, _RADIUS + 1)
    window = np.exp(-(position**2) / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma)
    window.setflags(write=False)
    return window


def contrast_sensitivity(image: Array) -> Array:
    """Filter an image with the eye's contrast sensitivity, a difference of Gaussians in frequency.

    exp(-(r/15.387)^2) - 0.7622 exp(-(r/1.3456)^2) with r in units of 30 pixels; periodic borders.
    """
    spectrum = scipy.fft.rfft2(image, workers=1)
    spectrum *= _sensitivity(*image.shape)
    return scipy.fft.irfft2(spectrum, s=image.shape, workers=1, overwrite_x=True)


@lru_cache(maxsize=2)
def _sensitivity(height: int, width: int) -> Array:
    v = height / 30 * 2 * scipy.fft.fftfreq(height)[:, None]
    u = width / 30 * 2 * scipy.fft.rfftfreq(width)[None, :]

    def gaussian(scale: float) -> Array:
        return np.exp(-((v / scale) ** 2)) * np.exp(-((u / scale) ** 2))

    return gaussian(15.387) - 0.7622 * gaussian(1.3456)


def masked_contrast(image: Array) -> Array:
    """Local contrast after masking, |C|^3 / (C^2 + 1e-4).

    C is the ratio of two Gaussian means (sigma 2 and 4, 31 x 31, zero border) of the image seen through the
    contrast sensitivity, minus 1.

    Args:
        image: float64 `H x W` on 0..255, stretched to that range.

    Returns:
        float64 `H x W`, all NaN where the image is zero throughout.
    """
    seen = contrast_sensitivity(image)
    narrow, wide = separable(seen, _window(2.0)), separable(seen, _window(4.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        for rows in row_blocks(image.shape):
            contrast, square = narrow[rows], wide[rows]
            contrast /= square
            contrast -= 1.0
            np.square(contrast, out=square)
            np.abs(contrast, out=contrast)
            contrast *= square
            square += 1e-4
            contrast /= square
    return narrow


@once
def contrast_of(plane: Plane, stretch: Stretch = "0-255", divisor: float = 1.0) -> Array:
    """`masked_contrast` of a plane, computed once per plane; arguments as in `levels.stretched`."""
    return masked_contrast(stretched(plane, stretch, divisor))


@checked
def qcb(
    a: Plane, b: Plane, fused: Plane, *, stretch: Stretch, scale: Literal["0..255", "0..1"] = "0..255"
) -> float:
    """Preserved contrast min(C_S, C_F) / max(C_S, C_F), averaged over the sources by their squared contrasts.

    Args:
        a: Source A.
        b: Source B.
        fused: Fused image.
        stretch: `0-255` (each image on its own, as in the references) or `none`.
        scale: What the code brings levels to before the stretch (`0..1`: it divides them by 255), so that rounding
            ties fall differently.

    Returns:
        0..1, ideal 1; NaN if two of the images, or all of one, lack contrast in some pixel.
    """
    contrasts = [contrast_of(plane, stretch, FULL[scale]) for plane in (a, b, fused)]
    total = 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        for rows in row_blocks(fused.shape):
            x, y, f = (contrast[rows] for contrast in contrasts)
            weight_a, weight_b = x * x, y * y
            weights = weight_a + weight_b
            weight_a *= np.minimum(x, f) / np.maximum(x, f)
            weight_b *= np.minimum(y, f) / np.maximum(y, f)
            weight_a += weight_b
            weight_a /= weights
            total += float(weight_a.sum())
    return total / fused.levels.size
