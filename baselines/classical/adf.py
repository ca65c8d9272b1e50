"""Anisotropic diffusion fusion (ADF): diffused bases are averaged, details weighted by their covariance.

Paper: Bavirisetti, Dhuli, "Fusion of infrared and visible sensor images based on anisotropic diffusion
and Karhunen-Loeve transform", IEEE Sensors J. 16(1), 2016; the authors' MATLAB code as in VIFB.
"""

from __future__ import annotations

import cv2
import numpy as np

from tcmoa_bench.baselines.kernels.covariance import principal_weights
from tcmoa_bench.baselines.kernels.diffusion import diffuse
from tcmoa_bench.baselines.kernels.fuser import on_parts
from tcmoa_bench.baselines.kernels.numeric import Float64Array

ITERATIONS, STEP, KAPPA = 10, 0.15, 30.0


def combine(
    visible: tuple[Float64Array, Float64Array], infrared: tuple[Float64Array, Float64Array]
) -> Float64Array:
    """Fuse the bases and details of two planes on 0..255, unrounded."""
    (base_1, detail_1), (base_2, detail_2) = infrared, visible
    weight_1, weight_2 = principal_weights(detail_1, detail_2)
    return weight_1 * detail_1 + weight_2 * detail_2 + (base_1 + base_2) / 2


def split(x: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Diffused base and detail of a plane."""
    base = diffuse(step, x, 1, ITERATIONS)
    return base, x - base


def step(x: Float64Array) -> Float64Array:
    """A step of Perona-Malik diffusion over 8 neighbours with the exponential conductance.

    Neighbours outside the image count as 0, as in the authors' code, so borders darken slightly.
    """
    framed = cv2.copyMakeBorder(x, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    height, width = framed.shape
    change = np.zeros_like(framed)
    # Each flow between two neighbours is computed once and leaves one pixel for the other.
    for down, right in ((1, 0), (0, 1), (1, 1), (1, -1)):
        here = np.s_[: height - down, max(0, -right) : width - max(0, right)]
        there = np.s_[down:, max(0, right) : width - max(0, -right)]
        difference = framed[there] - framed[here]
        flow = difference / KAPPA
        flow *= flow
        np.exp(np.negative(flow, out=flow), out=flow)
        flow *= difference
        flow /= down + abs(right)
        change[here] += flow
        change[there] -= flow
    return x + STEP * change[1:-1, 1:-1]


build = on_parts(split, split, combine)
