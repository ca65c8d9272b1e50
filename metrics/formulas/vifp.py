"""Pixel-domain visual information fidelity (Sheikh and Bovik 2006; `vifp_mscale`)."""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.blocks import row_blocks
from tcmoa_bench.metrics.primitives import gaussian, separable
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]

SCALES = (17, 9, 5, 3)
EPS = 1e-10
NOISE = 2.0


class Scale(NamedTuple):
    """One image at one scale: filtered and decimated, its local mean, its local variance (0 if below 1e-10)."""

    image: Array
    mean: Array
    variance: Array


def pyramid(plane: Plane, saturate: bool = False) -> list[Scale]:
    """The four scales of a plane with their local statistics, computed once per plane.

    Args:
        plane: Levels 0..255.
        saturate: Squares at the finest scale stop at 255, as MATLAB's uint8 arithmetic makes them.
    """
    return [scale(plane, index, saturate) for index in range(len(SCALES))]


def scale(plane: Plane, index: int, saturate: bool = False) -> Scale:
    """Scale `index` of `pyramid`, 0 being the finest."""
    saturate = saturate and index == 0
    image = _image(plane, index)
    window = gaussian(SCALES[index], SCALES[index] / 5)
    mean = plane.once(("vifp mean", index), lambda: separable(image, window, border="valid"))

    def variance() -> Array:
        square = separable(_product(image, image, saturate), window, border="valid")
        square -= mean * mean
        square[square < EPS] = 0.0
        return square

    return Scale(image, mean, plane.once(("vifp variance", index, saturate), variance))


def _image(plane: Plane, index: int) -> Array:
    if index == 0:
        return plane.double
    window = gaussian(SCALES[index], SCALES[index] / 5)
    return plane.once(
        ("vifp image", index),
        lambda: np.ascontiguousarray(separable(_image(plane, index - 1), window, border="valid")[::2, ::2]),
    )


def _product(x: Array, y: Array, saturate: bool) -> Array:
    product = x * y
    return np.minimum(product, 255.0, out=product) if saturate else product


def covariance(source: Scale, fused: Scale, index: int, saturate: bool = False) -> Array:
    """Local covariance of a source and the fused image at scale `index`."""
    window = gaussian(SCALES[index], SCALES[index] / 5)
    product = _product(source.image, fused.image, saturate and index == 0)
    result = separable(product, window, border="valid")
    result -= source.mean * fused.mean
    return result


def gain_and_noise(joint: Array, source: Array, fused: Array) -> tuple[Array, Array]:
    """The distortion channel: gain g and noise variance sv, after all threshold steps of the reference.

    Where an image is flat or the covariance negative, the source says nothing about the fused image: the
    gain is 0 and the fused image's variance is all noise.

    Args:
        joint: Covariance.
        source: Variance of the source, 0 where it is flat.
        fused: Variance of the fused image, 0 where it is flat.
    """
    joint = np.maximum(joint, 0.0)
    joint *= source > 0
    joint *= fused > 0
    gain = joint / (source + EPS)
    joint *= gain
    return gain, np.maximum(fused - joint, EPS, out=joint)


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
    for index in range(len(SCALES)):
        x, y = scale(source, index, saturate), scale(fused, index, saturate)
        kept += _kept(covariance(x, y, index, saturate), x.variance, y.variance)
        key = ("vifp information", index, saturate and index == 0)
        total += source.once(key, partial(_prior_information, x.variance))
    return kept / total if total else math.nan


def _kept(joint: Array, source: Array, fused: Array) -> float:
    total = 0.0
    for rows in row_blocks(joint.shape):
        gain, noise = gain_and_noise(joint[rows], source[rows], fused[rows])
        gain *= gain
        gain *= source[rows]
        noise += NOISE
        gain /= noise
        total += _information(gain)
    return total


def _prior_information(variance: Array) -> float:
    """Sum of log(1 + variance / 2): what the source itself holds."""
    return _information(variance / NOISE)


def _information(ratio: Array) -> float:
    """Sum of log(1 + ratio)."""
    return float(cv2.log(1.0 + ratio).sum()) if ratio.size else 0.0
