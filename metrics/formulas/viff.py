"""Visual information fidelity for fusion, VIFF (Han, Cai, Cao and Xu 2013; `VIFF_Public.m`)."""

from __future__ import annotations

import cv2
import numpy as np

from tcmoa_bench.blocks import row_blocks
from tcmoa_bench.metrics.formulas.vifp import SCALES, covariance, gain_and_noise, scale
from tcmoa_bench.metrics.primitives import add_up
from tcmoa_bench.metrics.scene import Plane

NOISE = 0.005 * 255**2
WEIGHTS = (1 / 2.15, 0.0, 0.15 / 2.15, 1 / 2.15)
#: Added to the information of every pixel, in common logarithms.
FLOOR = 1e-7 * np.log(10)


def viff(a: Plane, b: Plane, fused: Plane) -> float:
    """Information kept of the better preserved source at every pixel, over four scales.

    Weighted sum over the scales of sum log10(1 + g^2 s/(sv + 325.125)) / sum log10(1 + s/325.125), where g, s
    and sv are of the source with the smaller gain g (B in ties).

    Returns:
        0 upwards; NaN if the image is too small for four scales (under about 41 pixels).
    """
    if not scale(fused, len(SCALES) - 1).mean.size:
        return float("nan")
    return add_up(weight * _ratio(a, b, fused, index) for index, weight in enumerate(WEIGHTS) if weight)


def _ratio(a: Plane, b: Plane, fused: Plane, index: int) -> float:
    """Information kept over information there is, at one scale."""
    scale_a, scale_b, scale_f = (scale(plane, index) for plane in (a, b, fused))
    joint_a, joint_b = covariance(scale_a, scale_f, index), covariance(scale_b, scale_f, index)
    kept = there = 0.0
    for rows in row_blocks(joint_a.shape):
        fused_variance = scale_f.variance[rows]
        gain_a, noise_a = gain_and_noise(joint_a[rows], scale_a.variance[rows], fused_variance)
        gain_b, noise_b = gain_and_noise(joint_b[rows], scale_b.variance[rows], fused_variance)
        from_a = gain_a < gain_b
        gain, noise = np.where(from_a, gain_a, gain_b), np.where(from_a, noise_a, noise_b)
        variance = np.where(from_a, scale_a.variance[rows], scale_b.variance[rows])
        kept += float(cv2.log(1.0 + gain * gain * variance / (noise + NOISE)).sum())
        there += float(cv2.log(1.0 + variance / NOISE).sum())
    floor = FLOOR * joint_a.size
    return (kept + floor) / (there + floor)
