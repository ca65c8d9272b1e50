"""Qy and Qcb as IVIF_ZOO computes them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.primitives import gaussian, separable
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]
Single = NDArray[np.float32]


def qy(a: Plane, b: Plane, fused: Plane) -> float:
    """Yang's structural measure with windows whose seven rows are all the same Gaussian: they sum to 7, not 1.

    On levels 0..255 with constants that are meant for 0..1, zero border. The local variances come out negative;
    values lie near 1, above it as well.
    """
    of_sources, of_x, of_y = (_similarity(*pair) for pair in ((b, a), (b, fused), (a, fused)))
    variance_x, variance_y = _window_moments(b).variance, _window_moments(a).variance
    weight = variance_x / (variance_x + variance_y + 1e-10)
    alike = of_sources >= 0.75
    return float(np.where(alike, weight * of_x + (1 - weight) * of_y, np.maximum(of_x, of_y)).mean())


def _similarity(x: Plane, y: Plane) -> Array:
    (mean_x, variance_x), (mean_y, variance_y) = _window_moments(x), _window_moments(y)
    joint = _window_sum(x.double * y.double) - mean_x * mean_y
    c1, c2 = 1e-4, 9e-4
    upper = (2 * mean_x * mean_y + c1) * (2 * joint + c2)
    return upper / ((mean_x * mean_x + mean_y * mean_y + c1) * (variance_x + variance_y + c2))


class WindowMoments(NamedTuple):
    """Weighted sum of a plane in each window, and that of its square minus the sum's square."""

    mean: Array
    variance: Array


@once
def _window_moments(plane: Plane) -> WindowMoments:
    mean = _window_sum(plane.double)
    return WindowMoments(mean, _window_sum(plane.double * plane.double) - mean * mean)


def _window_sum(image: Array) -> Array:
    return separable(image, np.ones(7), gaussian(7, 1.5))


def qcb(a: Plane, b: Plane, fused: Plane) -> float:
    """Chen and Blum's measure with frequencies in cycles per pixel times h / 30: a filter that is nearly flat.

    Images are stretched to 0..1; the filter is formed in float32, all else in float64.

    Returns:
        NaN if an image is constant, or where two contrasts are both 0.
    """
    of_a, of_b, of_f = (_masked_contrast(plane) for plane in (a, b, fused))
    power_a, power_b = of_a * of_a, of_b * of_b
    both = power_a + power_b + 1e-10
    with np.errstate(divide="ignore", invalid="ignore"):
        kept_a, kept_b = (np.where(s < of_f, s / of_f, of_f / s) for s in (of_a, of_b))
    return float((power_a / both * kept_a + power_b / both * kept_b).mean())


def _stretched(plane: Plane) -> Array:
    image = plane.double
    with np.errstate(divide="ignore", invalid="ignore"):
        return (image - image.min()) / (image.max() - image.min())


@once
def _masked_contrast(plane: Plane) -> Array:
    image = _stretched(plane)
    seen = scipy.fft.ifft2(scipy.fft.fft2(image) * _sensitivity(*image.shape)).real
    narrow, wide = (separable(seen, _density(sigma)) for sigma in (2.0, 4.0))
    contrast = narrow / (wide + 1e-10) - 1
    return np.abs(contrast) ** 3 / (contrast * contrast + 1e-4)


def _density(sigma: float) -> Array:
    position = np.arange(-15, 16)
    return np.exp(-(position**2) / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma)


@lru_cache(maxsize=2)
def _sensitivity(height: int, width: int) -> Array:
    """exp(-(r / 15.387)^2) - 0.7622 exp(-(r / 1.3456)^2), every step rounded to float32."""
    v, u = _frequencies(height)[:, None], _frequencies(width)[None, :]
    r = np.sqrt(u * u + v * v)

    def gaussian_of(scale: float) -> Single:
        ratio = r / np.float32(scale)
        return np.exp(-(ratio * ratio))

    difference = gaussian_of(15.387) - np.float32(0.7622) * gaussian_of(1.3456)
    return difference.astype(np.float64)


def _frequencies(count: int) -> Single:
    signed = np.fft.ifftshift(np.arange(count) - count // 2).astype(np.float32)
    return signed * np.float32(1 / count) * np.float32(count / 30)
