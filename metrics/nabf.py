"""Fusion artefacts Nabf (Shreyamsha Kumar 2013): edges of the fused image that neither source has."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.primitives import row_blocks
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.xydeas import Edges, plane_edges, sigmoid

Array = NDArray[np.float64]

STRONG = 2.0  # gradients below this count as noise and weigh WEAK_WEIGHT, others their power 1.5
WEAK_WEIGHT = 0.001


def nabf_edges(image: Array) -> Edges:
    """Gradient strength and orientation by Sobel/8 with mirrored border; orientation pi/2 where both are 0.

    The products are added down the columns first. On images in [0, 1] this order decides exact comparisons of
    gradients, and with them the third digit of Nabf.
    """
    x = cv2.copyMakeBorder(image, 1, 1, 1, 1, cv2.BORDER_REFLECT_101)
    smooth = x[:-2] + 2 * x[1:-1]
    smooth += x[2:]
    across = (smooth[:, 2:] - smooth[:, :-2]) / 8
    differ = x[2:] - x[:-2]
    down = differ[:, :-2] + 2 * differ[:, 1:-1]
    down += differ[:, 2:]
    down /= 8
    strength = np.sqrt(across * across + down * down)
    with np.errstate(divide="ignore", invalid="ignore"):
        angle = np.arctan(down / across)
    angle[strength == 0] = math.pi / 2
    return Edges(strength, angle)


def plane_nabf_edges(plane: Plane, scale: str) -> Edges:
    """`nabf_edges` of a plane on `0..1` or `0..255`, computed once per plane."""

    def compute() -> Edges:
        if scale == "0..1":
            return nabf_edges(plane.unit)
        # Inside, Qabf's edges are the same but for mirrored orientations, which |difference| does not see.
        shared = plane_edges(plane, scale)
        result = Edges(shared.strength / 8, shared.angle.copy())
        for rim, strip in _RIM:
            patch = nabf_edges(plane.double[strip])
            result.strength[rim], result.angle[rim] = patch.strength[rim], patch.angle[rim]
        return result

    return plane.once(("nabf edges", scale), compute)


_ALL = slice(None)
#: The four border lines of an image, and the strips that decide them.
_RIM: list[tuple[tuple[int | slice, int | slice], tuple[slice, slice]]] = [
    ((0, _ALL), (slice(2), _ALL)),
    ((-1, _ALL), (slice(-2, None), _ALL)),
    ((_ALL, 0), (_ALL, slice(2))),
    ((_ALL, -1), (_ALL, slice(-2, None))),
]


def _loss(source: Edges, fused: Edges) -> Array:
    """1 - Q: how badly each pixel's edge of a source survives in the fused image."""
    ratio = np.minimum(source.strength, fused.strength)
    most = np.maximum(source.strength, fused.strength)
    np.divide(ratio, most, out=ratio, where=ratio > 0)
    alignment = source.angle - fused.angle
    np.abs(alignment, out=alignment)
    alignment -= math.pi / 2
    np.abs(alignment, out=alignment)
    alignment *= 2 / math.pi
    kept = sigmoid(ratio, 19.0, 0.5)
    kept *= sigmoid(alignment, 22.0, 0.5)
    np.divide(0.9999 * 0.9995, kept, out=kept)
    return 1.0 - np.sqrt(kept, out=kept)


def _weight(source: Edges) -> Array:
    strength = source.strength
    return np.where(strength >= STRONG, strength * np.sqrt(strength), WEAK_WEIGHT)


def nabf(fused: Edges, a: Edges, b: Edges) -> float:
    """Share of edge weight lost where the fused image's gradient exceeds both sources'; 0 is best.

    sum over {gF > gA, gF > gB} of (1 - Q_AF) w_A + (1 - Q_BF) w_B, over sum (w_A + w_B).
    """
    lost = there = 0.0
    for rows in row_blocks(fused.strength.shape):
        f, *sources = (Edges(x.strength[rows], x.angle[rows]) for x in (fused, a, b))
        artefact = (f.strength > sources[0].strength) & (f.strength > sources[1].strength)
        for source in sources:
            weight = _weight(source)
            there += float(weight.sum())
            lost += float((_loss(source, f) * weight)[artefact].sum())
    return lost / there
