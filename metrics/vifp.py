"""Pixel-domain visual information fidelity (Sheikh and Bovik 2006; `vifp_mscale`)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tcmoa_bench.metrics.primitives import gaussian, separable
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]

SCALES = (17, 9, 5, 3)
EPS = 1e-10
NOISE = 2.0


class Scale(NamedTuple):
    """One image at one scale: the filtered and decimated image, its local mean and variance."""

    image: Array
    mean: Array
    variance: Array


def pyramid(plane: Plane, saturate: bool = False) -> list[Scale]:
    """The four scales of a plane with their local statistics, computed once per plane.

    Args:
        plane: Levels 0..255.
        saturate: Squares at the finest scale stop at 255, as MATLAB's uint8 arithmetic makes them.
    """
    return [_scale(plane, index, saturate) for index in range(len(SCALES))]


def _image(plane: Plane, index: int) -> Array:
    if index == 0:
        return plane.double
    window = gaussian(SCALES[index], SCALES[index] / 5)
    return plane.once(
        ("vifp image", index),
        lambda: np.ascontiguousarray(separable(_image(plane, index - 1), window, border="valid")[::2, ::2]),
    )


def _scale(plane: Plane, index: int, saturate: bool) -> Scale:
    image = _image(plane, index)
    window = gaussian(SCALES[index], SCALES[index] / 5)
    mean = plane.once(("vifp mean", index), lambda: separable(image, window, border="valid"))

    def variance() -> Array:
        square = np.minimum(image * image, 255.0) if saturate and index == 0 else image * image
        return np.maximum(separable(square, window, border="valid") - mean * mean, 0.0)

    return Scale(image, mean, plane.once(("vifp variance", index, saturate and index == 0), variance))


def channel_gain(
    source: Scale, fused: Scale, index: int, saturate: bool = False
) -> tuple[Array, Array, Array]:
    """The distortion channel from a source to the fused image at one scale.

    Returns:
        gain `g`, source variance and noise variance `sv`, after all threshold steps of the reference.
    """
    product = source.image * fused.image
    if saturate and index == 0:
        np.minimum(product, 255.0, out=product)
    window = gaussian(SCALES[index], SCALES[index] / 5)
    covariance = separable(product, window, border="valid") - source.mean * fused.mean
    gain = covariance / (source.variance + EPS)
    noise = fused.variance - gain * covariance
    flat_source, flat_fused = source.variance < EPS, fused.variance < EPS
    gain[flat_source] = 0.0
    noise[flat_source] = fused.variance[flat_source]
    variance = np.where(flat_source, 0.0, source.variance)
    gain[flat_fused] = 0.0
    noise[flat_fused] = 0.0
    negative = gain < 0
    noise[negative] = fused.variance[negative]
    gain[negative] = 0.0
    np.maximum(noise, EPS, out=noise)
    return gain, variance, noise


def vifp(source: Plane, fused: Plane, saturate: bool = False) -> float:
    """Information that the fused image keeps of one source: sum log(1 + g^2 s/(sv + 2)) / sum log(1 + s/2).

    Four scales, Gaussian windows of 17, 9, 5, 3 taps with sigma N/5, no border. Scales to which the image is
    too small add nothing; NaN if the source is constant.

    Args:
        source: Reference.
        fused: Distorted image.
        saturate: As in `pyramid`, also for the product at the finest scale.
    """
    kept = total = 0.0
    for index, (x, y) in enumerate(zip(pyramid(source, saturate), pyramid(fused, saturate), strict=True)):
        gain, variance, noise = channel_gain(x, y, index, saturate)
        kept += float(np.log1p(gain * gain * variance / (noise + NOISE)).sum())
        total += float(np.log1p(variance / NOISE).sum())
    return kept / total if total else math.nan
