"""Fusion artefacts Nabf (Shreyamsha Kumar 2013): edges of the fused image that neither source has."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.blocks import row_blocks
from tcmoa_bench.metrics.formulas.xydeas import Edges, plane_edges, sigmoid
from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.scene import Plane

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


def nabf(fused: Plane, a: Plane, b: Plane) -> float:
    """Share of edge weight lost where the fused image's gradient exceeds both sources'; 0 is best.

    sum over {gF > gA, gF > gB} of (1 - Q_AF) w_A + (1 - Q_BF) w_B, over sum (w_A + w_B).

    Args:
        fused: The image that is looked at for artefacts.
        a: Source A.
        b: Source B.
    """
    lost = there = 0.0
    for f, *sources in zip(*(_parts(plane) for plane in (fused, a, b)), strict=True):
        for rows in row_blocks(f.edges.strength.shape):
            of_fused, of_a, of_b = (part.rows(rows) for part in (f, *sources))
            artefact = (of_fused.strength > of_a.strength) & (of_fused.strength > of_b.strength)
            for source in (of_a, of_b):
                weight = _weight(source)
                there += float(weight.sum())
                lost += float((_loss(source, of_fused) * weight)[artefact].sum())
    return lost / there


@once
def _plane_edges(plane: Plane) -> Edges:
    return nabf_edges(plane.values)


class Part(NamedTuple):
    """Edges of a part of an image, and what their strengths are to be multiplied with."""

    edges: Edges
    factor: float = 1.0

    def rows(self, rows: slice) -> Edges:
        """Some rows, strengths multiplied."""
        return Edges(self.edges.strength[rows] * self.factor, self.edges.angle[rows])


def _parts(plane: Plane) -> list[Part]:
    """The edges of a plane in parts that cover it: the whole, or the inside that Qabf shares and four lines.

    Inside, Qabf's strengths are 8 times as large, and its orientations are mirrored, which the absolute difference
    of orientations does not see.
    """
    image = plane.values
    if plane.full != 1:
        return [Part(_plane_edges(plane))]
    shared = plane_edges(plane)
    cuts = [
        (shared, np.s_[1:-1, 1:-1], 0.125),
        (nabf_edges(image[:2]), np.s_[:1, :], 1.0),
        (nabf_edges(image[-2:]), np.s_[-1:, :], 1.0),
        (nabf_edges(image[:, :2]), np.s_[1:-1, :1], 1.0),
        (nabf_edges(image[:, -2:]), np.s_[1:-1, -1:], 1.0),
    ]
    return [Part(Edges(edges.strength[cut], edges.angle[cut]), factor) for edges, cut, factor in cuts]
