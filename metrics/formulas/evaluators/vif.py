"""VIF of the Python evaluators: `vifp` on any size, and IVIF_ZOO's own window."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.formulas.evaluators.single import Single, image
from tcmoa_bench.metrics.formulas.vifp import EPS, NOISE, SCALES, vifp
from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.primitives import gaussian, separable
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]
Floats = NDArray[np.floating]

#: From this size on, every scale holds more than one window.
REGULAR = 41


def visual_information(source: Plane, fused: Plane) -> float:
    """`vifp` of a source and the fused image, as SciPy's 'valid' convolution gives it on small images too.

    There the code convolves the window with an image that is smaller than it: a number without meaning.

    Returns:
        NaN if the source is constant.

    Raises:
        ValueError: One side is smaller than a window and the other is not, where the code raises as well.
    """
    if min(source.shape) >= REGULAR:
        return vifp(source, fused)
    kept = there = 0.0
    x, y = source.double, fused.double
    for index, size in enumerate(SCALES):
        window = np.outer(gaussian(size, size / 5), gaussian(size, size / 5))
        if index:
            x, y = (_valid(z, window)[::2, ::2] for z in (x, y))
        mean_x, mean_y = _valid(x, window), _valid(y, window)
        variance_x = np.maximum(_valid(x * x, window) - mean_x * mean_x, 0)
        variance_y = np.maximum(_valid(y * y, window) - mean_y * mean_y, 0)
        joint = _valid(x * y, window) - mean_x * mean_y
        of_both, of_source = _information(variance_x, variance_y, joint)
        kept, there = kept + of_both, there + of_source
    return kept / there if there else math.nan


def _valid(levels: Array, window: Array) -> Array:
    smaller = [side <= size for side, size in zip(levels.shape, window.shape, strict=True)]
    if any(smaller) and not all(smaller):
        height, width = levels.shape
        raise ValueError(
            f"VIF of images whose one side alone is smaller than a window ({height}x{width} at one scale) has no "
            f"value; use images of at least {REGULAR}x{REGULAR} pixels"
        )
    from scipy.signal import convolve2d  # half a second to import, which every command would wait for

    return convolve2d(levels, window, mode="valid")


def _information(variance_x: Floats, variance_y: Floats, joint: Floats) -> tuple[float, float]:
    """Sums of log10(1 + g^2 vx / (sv + 2)) and of log10(1 + vx / 2), after all threshold steps of `vifp`."""
    gain = joint / (variance_x + EPS)
    noise = variance_y - gain * joint
    flat_x, flat_y = variance_x < EPS, variance_y < EPS
    gain[flat_x] = 0
    noise[flat_x] = variance_y[flat_x]
    variance_x = np.where(flat_x, 0, variance_x)
    gain[flat_y] = 0
    noise[flat_y] = 0
    opposed = gain < 0
    noise[opposed] = variance_y[opposed]
    gain[opposed] = 0
    noise[noise <= EPS] = EPS
    kept = np.log10(1 + gain * gain * variance_x / (noise + NOISE)).sum()
    return float(kept), float(np.log10(1 + variance_x / NOISE).sum())


def off_centre_information(source: Plane, fused: Plane) -> float:
    """IVIF_ZOO's VIF: `vifp` in float32 with windows that lie half a pixel to a pixel off their centre, zero border.

    Returns:
        NaN if the source is black.
    """
    kept = there = 0.0
    for index in range(len(SCALES)):
        x, y = _off_centre_scale(source, index), _off_centre_scale(fused, index)
        joint = _same(x.image * y.image, _off_centre_window(SCALES[index])) - x.mean * y.mean
        of_both, of_source = _information(x.variance, y.variance, joint)
        kept, there = kept + of_both, there + of_source
    return kept / there if there else math.nan


class OffCentre(NamedTuple):
    """One image at one scale, with its local mean and variance, in float32."""

    image: Single
    mean: Single
    variance: Single


@once
def _off_centre_scale(plane: Plane, index: int) -> OffCentre:
    window = _off_centre_window(SCALES[index])
    if index:
        finer = _off_centre_scale(plane, index - 1).image
        x = np.ascontiguousarray(_same(finer, window)[::2, ::2])
    else:
        x = image(plane, "float32")
    mean = _same(x, window)
    return OffCentre(x, mean, np.maximum(_same(x * x, window) - mean * mean, 0))


@cache
def _off_centre_window(size: int) -> Array:
    """One factor of the window: a Gaussian on `size` points from -(size // 2) - 1 to size // 2.

    The two-dimensional window sums to 1 in float32 only; its true sum shows in flat areas and is kept.
    """
    position = np.linspace(-(size // 2) - 1, size // 2, size, dtype=np.float32)
    factor = np.exp(-(position**2) / np.float32(2 * (size / 5) ** 2))
    window = np.outer(factor, factor)
    window /= window.sum()
    exact = factor.astype(np.float64)
    return exact / exact.sum() * math.sqrt(window.sum(dtype=np.float64))


def _same(levels: Single, window: Array) -> Single:
    return separable(levels, window).astype(np.float32)
