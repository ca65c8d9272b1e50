"""Fusion artefacts Nabf (Shreyamsha Kumar 2013): edges of the fused image that neither source has."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.xydeas import Edges

Array = NDArray[np.float64]

STRONG = 2.0  # gradients below this count as noise and weigh WEAK_WEIGHT
WEAK_WEIGHT = 0.001
EXPONENT = 1.5


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
    return plane.once(("nabf edges", scale), lambda: nabf_edges(plane.on(scale)))


def _preservation(source: Edges, fused: Edges) -> Array:
    least = np.minimum(source.strength, fused.strength)
    most = np.maximum(source.strength, fused.strength)
    ratio = np.divide(least, most, out=np.zeros_like(least), where=least > 0)
    alignment = np.abs(np.abs(source.angle - fused.angle) - math.pi / 2) * (2 / math.pi)
    strength_kept = 0.9999 / (1.0 + np.exp(-19.0 * (ratio - 0.5)))
    return np.sqrt(strength_kept * (0.9995 / (1.0 + np.exp(-22.0 * (alignment - 0.5)))))


def _weight(source: Edges) -> Array:
    return np.where(source.strength >= STRONG, source.strength**EXPONENT, WEAK_WEIGHT)


def nabf(fused: Edges, a: Edges, b: Edges) -> float:
    """Share of edge weight lost where the fused image's gradient exceeds both sources'; 0 is best.

    sum over {gF > gA, gF > gB} of (1 - Q_AF) w_A + (1 - Q_BF) w_B, over sum (w_A + w_B).
    """
    weight_a, weight_b = _weight(a), _weight(b)
    artefact = (fused.strength > a.strength) & (fused.strength > b.strength)
    lost = (1 - _preservation(a, fused)) * weight_a + (1 - _preservation(b, fused)) * weight_b
    return float(lost[artefact].sum() / (weight_a + weight_b).sum())
