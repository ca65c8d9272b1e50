"""Edge preservation Qabf (Xydeas and Petrovic 2000) with zero-padded Sobel, and its equality bug."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tcmoa_bench.metrics.primitives import DIFFER, SMOOTH, conv2_in_matlab_order, sobel
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]


class Edges(NamedTuple):
    """Gradient strength and orientation (-pi/2..pi/2) at every pixel."""

    strength: Array
    angle: Array


def edges(across: Array, down: Array) -> Edges:
    """Strength and orientation from Sobel differences; orientation pi/2 where the horizontal one is 0."""
    strength = np.sqrt(across * across + down * down)
    with np.errstate(divide="ignore", invalid="ignore"):
        angle = np.arctan(down / across)
    angle[across == 0] = math.pi / 2
    return Edges(strength, angle)


def plane_edges(plane: Plane, scale: str = "0..255") -> Edges:
    """Edges of a plane by zero-padded Sobel, computed once per plane.

    Args:
        plane: The plane.
        scale: `0..255`, where every order of summation is exact, or `0..1`, where MATLAB's is followed.
    """

    def compute() -> Edges:
        if scale == "0..255":
            across, down = sobel(plane.double)
            return edges(-across, down)  # conv2 flips its kernel, so that one difference changes its sign
        down_kernel = np.outer(DIFFER, SMOOTH)
        image = plane.on(scale)
        across = conv2_in_matlab_order(image, down_kernel.T)
        return edges(across, conv2_in_matlab_order(image, -down_kernel))

    return plane.once(("xydeas edges", scale), compute)


def preservation(source: Edges, fused: Edges, equality_bug: bool) -> Array:
    """How well each pixel's edge of a source survives in the fused image, 0..0.975.

    Args:
        source: Edges of one source.
        fused: Edges of the fused image.
        equality_bug: Where both gradients are equal, the strength ratio is the gradient itself instead of 1.
    """
    least = np.minimum(source.strength, fused.strength)
    most = np.maximum(source.strength, fused.strength)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = least / most
    equal = least == most
    ratio[equal] = fused.strength[equal] if equality_bug else 1.0
    alignment = 1.0 - np.abs(source.angle - fused.angle) / (math.pi / 2)
    strength_kept = 0.9994 / (1.0 + np.exp(-15.0 * (ratio - 0.5)))
    return strength_kept * (0.9879 / (1.0 + np.exp(-22.0 * (alignment - 0.8))))


def qabf(a: Edges, b: Edges, fused: Edges, equality_bug: bool = True) -> float:
    """Edge preservation averaged over both sources, weighted by their gradient strengths; ideal 0.975.

    NaN if neither source has an edge.
    """
    kept = (
        preservation(a, fused, equality_bug) * a.strength + preservation(b, fused, equality_bug) * b.strength
    )
    total = float((a.strength + b.strength).sum())
    return float(kept.sum()) / total if total else math.nan
