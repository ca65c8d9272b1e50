"""Fourth-order diffusion fusion (FPDE).

Paper: Bavirisetti, Xiao, Liu, "Multi-sensor image fusion based on fourth order partial differential
equations", FUSION 2017; the authors' MATLAB code as in VIFB. Bases are whole grey levels there, and so
is half of each, which makes their mean up to one level too bright.
"""

from __future__ import annotations

import numpy as np

from tcmoa_bench.baselines.kernels.covariance import principal_weights
from tcmoa_bench.baselines.kernels.diffusion import diffuse
from tcmoa_bench.baselines.kernels.fuser import on_parts
from tcmoa_bench.baselines.kernels.numeric import Float64Array, u8

ITERATIONS, STEP, KAPPA = 15, 0.9, 4.0
#: A gradient reaches one row; a step takes four of them, one of the other.
REACH = 4


def combine(
    visible: tuple[Float64Array, Float64Array], infrared: tuple[Float64Array, Float64Array]
) -> Float64Array:
    """Fuse the bases and details of two planes on 0..255, unrounded."""
    (base_1, detail_1), (base_2, detail_2) = infrared, visible
    weight_1, weight_2 = principal_weights(detail_1, detail_2)
    base = np.minimum(np.floor(base_1 / 2 + 0.5) + np.floor(base_2 / 2 + 0.5), 255)
    return weight_1 * detail_1 + weight_2 * detail_2 + base


def split(x: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Base in whole grey levels, and detail, of a plane."""
    base = u8(diffuse(step, x, REACH, ITERATIONS)).astype(np.float64)
    return base, x - base


def step(x: Float64Array) -> Float64Array:
    """A step of fourth-order diffusion (You, Kaveh 2000): curvature is damped where it is small."""
    curved_x, curved_y = (_second(x, axis) for axis in (1, 0))
    damping = 1 / (1 + (curved_x**2 + curved_y**2) / KAPPA**2)
    return x - STEP * (_second(damping * curved_x, 1) + _second(damping * curved_y, 0))


def _second(x: Float64Array, axis: int) -> Float64Array:
    """The derivative along an axis, of the derivative along it."""
    return _twice_gradient(_twice_gradient(x, axis), axis) / 4


def _twice_gradient(x: Float64Array, axis: int) -> Float64Array:
    """Differences of both neighbours along an axis; at its ends, of the last two pixels, doubled."""
    result = np.zeros_like(x)
    if x.shape[axis] == 1:
        return result
    along, differences = x.swapaxes(0, axis), result.swapaxes(0, axis)
    np.subtract(along[2:], along[:-2], out=differences[1:-1])
    differences[0], differences[-1] = 2 * (along[1] - along[0]), 2 * (along[-1] - along[-2])
    return result


build = on_parts(split, split, combine)
