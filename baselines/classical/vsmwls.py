"""Saliency maps for the base, weighted least squares for the details (VSMWLS).

Paper: Ma, Zhou, Wang, Zong, "Infrared and visible image fusion based on visual saliency map and weighted
least square optimization", Infrared Physics & Technology 82, 2017; the authors' MATLAB code as in VIFB.
The linear system of the optimisation is diagonal in that code, so it is solved pixel by pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tcmoa_bench.baselines.kernels.fuser import on_parts
from tcmoa_bench.baselines.kernels.guided import box_mean, filter_by, moments
from tcmoa_bench.baselines.kernels.numeric import Float64Array, gaussian, mean_filter, stretch, u8
from tcmoa_bench.baselines.kernels.threads import in_strips

SCALES = (2, 4, 8)
LAST_SIGMA = 2
PULL = 0.01


@dataclass(frozen=True)
class Parts:
    """Base, details (finest first) and saliency of one plane."""

    base: Float64Array
    details: list[Float64Array]
    saliency: Float64Array


def combine(visible: Parts, infrared: Parts) -> Float64Array:
    """Fuse the parts of two planes, on 0..255, unrounded."""
    base_1, details_1 = infrared.base, infrared.details
    base_2, details_2 = visible.base, visible.details
    fused = in_strips(_mix_bases, base_1, base_2, infrared.saliency, visible.saliency)
    for level, (p, q) in enumerate(zip(details_1, details_2, strict=True)):
        choice = (np.abs(p) < np.abs(q)).astype(np.float64)
        if level == 0:
            fused += np.where(choice, q, p)
            continue
        choice, mean = gaussian(choice, 13, 2, "symmetric"), mean_filter(q, 7, "replicate")
        in_strips(_add_detail, fused, choice, p, q, mean, out=fused)
    return 255 * fused


def _mix_bases(
    base_1: Float64Array, base_2: Float64Array, saliency_1: Float64Array, saliency_2: Float64Array
) -> Float64Array:
    lead = 0.5 * (saliency_1 - saliency_2)
    return (0.5 + lead) * base_1 + (0.5 - lead) * base_2


def _add_detail(
    fused: Float64Array, choice: Float64Array, p: Float64Array, q: Float64Array, mean: Float64Array
) -> Float64Array:
    mixed = choice * q + (1 - choice) * p
    strength = PULL / (np.abs(mean) + 1e-6)
    return fused + (mixed + strength * p) / (1 + strength)


def analyse(x: Float64Array) -> Parts:
    """Decompose a plane on 0..255 by rolling guidance."""
    smoother = [x / 255]
    for sigma in SCALES:
        smoother.append(_rolling_guidance(smoother[-1], sigma))
    smoother.append(_blur(smoother[-1], LAST_SIGMA))
    return Parts(smoother[-1], [fine - coarse for fine, coarse in pairwise(smoother)], saliency(x))


def _rolling_guidance(x: Float64Array, sigma: int) -> Float64Array:
    """Zhang, Shen, Xu, Jia 2014, with the guided filter inside."""
    guide, mean = _blur(x, sigma), box_mean(x, sigma)
    for _ in range(4):
        product = guide * x
        box_mean(product, sigma, product)
        guide = filter_by(moments(guide, sigma), mean, product, sigma, 0.05**2)
    return guide


def _blur(x: Float64Array, sigma: int) -> Float64Array:
    return gaussian(x, 6 * sigma + 1, sigma, "replicate")


def saliency(x: Float64Array) -> Float64Array:
    """Sum of distances of a pixel's grey level to all others, stretched to 0..1 (Zhai, Shah 2006)."""
    levels = u8(x)
    grey = np.arange(256)
    table = np.abs(grey[:, None] - grey) @ np.bincount(levels.ravel(), minlength=256).astype(np.float64)
    return stretch(table[levels])


build = on_parts(analyse, analyse, combine)
