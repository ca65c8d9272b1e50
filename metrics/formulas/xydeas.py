"""Edge preservation Qabf (Xydeas and Petrovic 2000) by Sobel, with what toolboxes make of equal gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.blocks import row_blocks
from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.primitives import BORDERS, DIFFER, SMOOTH, conv2_in_matlab_order
from tcmoa_bench.metrics.scene import Plane, Unrounded
from tcmoa_bench.metrics.settings import Border

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


@once
def plane_edges(plane: Plane, border: Border = "zero") -> Edges:
    """Edges of a plane by Sobel, computed once per plane.

    On whole levels every order of summation is exact. On 0..1 MATLAB's order is followed, on unrounded gray levels
    Octave's, which the golden values were made with.
    """
    kernel = np.outer(DIFFER, SMOOTH)
    if isinstance(plane, Unrounded):
        across, down = (_conv2_in_octave_order(plane.values, k, border) for k in (kernel.T, -kernel))
    elif plane.full == 1:
        across, down = (
            cv2.Sobel(plane.levels, cv2.CV_16S, x, 1 - x, borderType=BORDERS[border]).astype(np.float64)
            for x in (1, 0)
        )
        np.negative(across, out=across)  # conv2 flips its kernel, so that one difference changes its sign
    else:
        across, down = (conv2_in_matlab_order(plane.values, k, border) for k in (kernel.T, -kernel))
    return edges(across, down)


def _conv2_in_octave_order(image: Array, kernel: Array, border: Border) -> Array:
    """Octave's `conv2(image, kernel, 'same')`: MATLAB's order but with the kernel's last column first.

    On unrounded gray levels the order decides which gradients are exactly equal or zero, and with that up to
    0.4 % of Qabf.
    """
    return conv2_in_matlab_order(np.ascontiguousarray(image[:, ::-1]), kernel[:, ::-1], border)[:, ::-1]


#: What stands for the ratio of two equal gradients: the gradient itself (Tang), 1 (the paper), or so much that its
#: curve is at its top (VIFB, MEFB).
Equal = Literal["gradient", "one", "full"]
#: At 100 the curve is 1 to the last bit.
RATIO = {"one": 1.0, "full": 100.0}


def preservation(source: Edges, fused: Edges, equal: Equal) -> Array:
    """How well each pixel's edge of a source survives in the fused image, 0..0.975.

    Args:
        source: Edges of one source.
        fused: Edges of the fused image.
        equal: What stands for the ratio of two equal gradients.
    """
    ratio = np.minimum(source.strength, fused.strength)
    most = np.maximum(source.strength, fused.strength)
    same = ratio == most
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio /= most
    np.copyto(ratio, fused.strength if equal == "gradient" else RATIO[equal], where=same)
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


def qabf(sources: Sequence[Edges], fused: Edges, equal: Equal) -> float:
    """Edge preservation averaged over the sources, weighted by their gradient strengths; ideal 0.975.

    NaN if no source has an edge.
    """
    kept = there = 0.0
    for rows in row_blocks(fused.strength.shape):
        f = Edges(fused.strength[rows], fused.angle[rows])
        for source in sources:
            s = Edges(source.strength[rows], source.angle[rows])
            kept += float((preservation(s, f, equal) * s.strength).sum())
            there += float(s.strength.sum())
    return kept / there if there else math.nan
