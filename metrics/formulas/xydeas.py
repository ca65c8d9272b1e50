"""Edge preservation Qabf (Xydeas and Petrovic 2000) with zero-padded Sobel, and its equality bug."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.blocks import row_blocks
from tcmoa_bench.metrics.primitives import DIFFER, SMOOTH, conv2_in_matlab_order
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]


class Edges(NamedTuple):
    """Gradient strength and orientation (-pi/2..pi/2) at every pixel."""

    strength: Array
    angle: Array


def edges(across: Array, down: Array) -> Edges:
    """Strength and orientation from Sobel differences; orientation pi/2 where the horizontal one is 0."""
    strength, angle = np.empty_like(across), np.empty_like(across)
    with np.errstate(divide="ignore", invalid="ignore"):
        for rows in row_blocks(across.shape):
            x, y = across[rows], down[rows]
            np.sqrt(x * x + y * y, out=strength[rows])
            np.arctan(y / x, out=angle[rows])
            angle[rows][x == 0] = math.pi / 2
    return Edges(strength, angle)


def plane_edges(plane: Plane, scale: str = "0..255") -> Edges:
    """Edges of a plane by zero-padded Sobel, computed once per plane.

    Args:
        plane: The plane.
        scale: `0..255`, where every order of summation is exact, or `0..1`, where MATLAB's is followed.
    """

    def compute() -> Edges:
        if scale == "0..255":
            across, down = (
                cv2.Sobel(plane.levels, cv2.CV_16S, x, 1 - x, borderType=cv2.BORDER_CONSTANT).astype(
                    np.float64
                )
                for x in (1, 0)
            )
            np.negative(across, out=across)  # conv2 flips its kernel, so that one difference changes its sign
            return edges(across, down)
        kernel = np.outer(DIFFER, SMOOTH)
        image = plane.on(scale)
        return edges(conv2_in_matlab_order(image, kernel.T), conv2_in_matlab_order(image, -kernel))

    return plane.once(("xydeas edges", scale), compute)


def preservation(source: Edges, fused: Edges, equality_bug: bool) -> Array:
    """How well each pixel's edge of a source survives in the fused image, 0..0.975.

    Args:
        source: Edges of one source.
        fused: Edges of the fused image.
        equality_bug: Where both gradients are equal, the strength ratio is the gradient itself instead of 1.
    """
    ratio = np.minimum(source.strength, fused.strength)
    most = np.maximum(source.strength, fused.strength)
    equal = ratio == most
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio /= most
    if equality_bug:
        np.copyto(ratio, fused.strength, where=equal)
    else:
        ratio[equal] = 1.0
    alignment = source.angle - fused.angle
    np.abs(alignment, out=alignment)
    alignment *= -2 / math.pi
    alignment += 1.0
    result = sigmoid(ratio, 15.0, 0.5)
    result *= sigmoid(alignment, 22.0, 0.8)
    np.divide(0.9994 * 0.9879, result, out=result)
    return result


def sigmoid(x: Array, steepness: float, middle: float) -> Array:
    """1 + exp(-steepness (x - middle)), the denominator of a logistic function; `x` is overwritten."""
    x -= middle
    x *= -steepness
    x = cv2.exp(x)
    x += 1.0
    return x


def qabf(a: Edges, b: Edges, fused: Edges, equality_bug: bool = True) -> float:
    """Edge preservation averaged over both sources, weighted by their gradient strengths; ideal 0.975.

    NaN if neither source has an edge.
    """
    kept = there = 0.0
    for rows in row_blocks(fused.strength.shape):
        f = Edges(fused.strength[rows], fused.angle[rows])
        for source in (a, b):
            s = Edges(source.strength[rows], source.angle[rows])
            kept += float((preservation(s, f, equality_bug) * s.strength).sum())
            there += float(s.strength.sum())
    return kept / there if there else math.nan
