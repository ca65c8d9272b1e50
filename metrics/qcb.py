"""Human perception metric Qcb (Chen and Blum 2009; `metricChenBlum.m` of Z. Liu and his successors)."""

from __future__ import annotations

from functools import cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from tcmoa_bench.metrics.primitives import separable

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
    height, width = image.shape
    v = height / 30 * 2 * scipy.fft.fftfreq(height)[:, None]
    u = width / 30 * 2 * scipy.fft.rfftfreq(width)[None, :]

    def gaussian(scale: float) -> Array:
        return np.exp(-((v / scale) ** 2)) * np.exp(-((u / scale) ** 2))

    spectrum = scipy.fft.rfft2(image, workers=1)
    spectrum *= gaussian(15.387) - 0.7622 * gaussian(1.3456)
    return scipy.fft.irfft2(spectrum, s=image.shape, workers=1, overwrite_x=True)


def masked_contrast(image: Array) -> Array:
    """Local contrast after masking, |C|^3 / (C^2 + 1e-4).

    C is the ratio of two Gaussian means (sigma 2 and 4, 31 x 31, zero border) of the image seen through the
    contrast sensitivity, minus 1.

    Args:
        image: float64 `H x W` on 0..255, stretched to that range (`primitives.stretch`).

    Returns:
        float64 `H x W`, all NaN where the image is zero throughout.
    """
    seen = contrast_sensitivity(image)
    contrast = separable(seen, _window(2.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        contrast /= separable(seen, _window(4.0))
    contrast -= 1.0
    np.abs(contrast, out=contrast)
    square = contrast * contrast
    contrast *= square
    square += 1e-4
    contrast /= square
    return contrast


def qcb(a: Array, b: Array, fused: Array) -> float:
    """Contrast that the fused image preserves of each source, weighted by the sources' squared contrasts.

    Args:
        a: Masked contrast of source A (`masked_contrast`).
        b: Of source B.
        fused: Of the fused image.

    Returns:
        0..1, ideal 1; NaN if both sources, or a source and the fused image, lack contrast in some pixel.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        kept_a = np.minimum(a, fused) / np.maximum(a, fused)
        kept_b = np.minimum(b, fused) / np.maximum(b, fused)
        weight_a, weight_b = a * a, b * b
        total = weight_a + weight_b
        return float(((weight_a * kept_a + weight_b * kept_b) / total).mean())
