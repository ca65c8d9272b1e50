"""Pixel-domain visual information fidelity (Sheikh and Bovik 2006; `vifp_mscale`)."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.blocks import row_blocks
from tcmoa_bench.metrics.memo import once
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
    return Scale(_image(plane, index), _mean(plane, index), _variance(plane, index, saturate and index == 0))


def _window(index: int) -> Array:
    return gaussian(SCALES[index], SCALES[index] / 5)


def _image(plane: Plane, index: int) -> Array:
    return plane.values if index == 0 else _decimated(plane, index)


@once
def _decimated(plane: Plane, index: int) -> Array:
    filtered = separable(_image(plane, index - 1), _window(index), border="valid")
    return np.ascontiguousarray(filtered[::2, ::2])


@once
def _mean(plane: Plane, index: int) -> Array:
    return separable(_image(plane, index), _window(index), border="valid")


@once
def _variance(plane: Plane, index: int, saturate: bool) -> Array:
    image, mean = _image(plane, index), _mean(plane, index)
    square = separable(_product(image, image, saturate), _window(index), border="valid")
    square -= mean * mean
    square[square < EPS] = 0.0
    return square


def _product(x: Array, y: Array, saturate: bool) -> Array:
    product = x * y
    return np.minimum(product, 255.0, out=product) if saturate else product


def covariance(source: Scale, fused: Scale, index: int, saturate: bool = False) -> Array:
    """Local covariance of a source and the fused image at scale `index`."""
    product = _product(source.image, fused.image, saturate and index == 0)
    result = separable(product, _window(index), border="valid")
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
        total += _prior_information(source, index, saturate and index == 0)
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


@once
def _prior_information(source: Plane, index: int, saturate: bool) -> float:
    """Sum of log(1 + variance / 2): what the source itself holds."""
    return _information(_variance(source, index, saturate) / NOISE)


def _information(ratio: Array) -> float:
    """Sum of log(1 + ratio)."""
    return float(cv2.log(1.0 + ratio).sum()) if ratio.size else 0.0
