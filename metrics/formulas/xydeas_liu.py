"""Edge preservation QG of Z. Liu (`metricXydeas.m`) and of MFIF-Metrics, relatives of Qabf with other constants."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.primitives import sobel
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]

#: What stands for a difference or a gradient of 0 in the code of both.
GUARD = 1e-5


class Sigmoid(NamedTuple):
    """gain / (1 + exp(slope (x - centre)))."""

    gain: float
    slope: float
    centre: float

    def __call__(self, x: Array) -> Array:
        """The curve's value at every element."""
        curve = np.exp(self.slope * (x - self.centre))
        curve += 1.0
        return np.divide(self.gain, curve, out=curve)


class Edges(NamedTuple):
    """Gradient strength (at least 1e-5) and orientation (-pi/2..pi/2; 0 in flat pixels)."""

    strength: Array
    angle: Array


def edges(plane: Plane) -> Edges:
    """Edges of a plane by zero-padded Sobel, computed once per plane."""

    def compute() -> Edges:
        across, down = sobel(plane.double)
        strength = np.sqrt(across * across + down * down)
        strength[strength == 0] = GUARD
        across[across == 0] = GUARD
        down /= across
        return Edges(strength, np.arctan(down, out=down))

    return plane.once("guarded edges", compute)


def preservation(
    source: Edges, fused: Edges, strength: Sigmoid, alignment: Sigmoid, folded: bool, guarded: bool
) -> Array:
    """How well each pixel's edge of a source survives in the fused image.

    Args:
        source: Edges of one source.
        fused: Edges of the fused image.
        strength: Curve of the ratio of the gradients, weaker over stronger.
        alignment: Curve of the alignment of the orientations.
        folded: Alignment is |2 |da| / pi - 1| (Liu), so that opposite orientations agree, not 1 - 2 |da| / pi.
        guarded: Whether a gradient of 0 in the fused image has become 1e-5 already. The code does that after
            it has compared the fused image with A, and before it compares it with B.
    """
    ratio = np.minimum(source.strength, fused.strength)
    ratio /= np.maximum(source.strength, fused.strength)
    if not guarded:
        ratio[(fused.strength == GUARD) & (source.strength != GUARD)] = 0.0
    aligned = np.abs(source.angle - fused.angle)
    aligned *= -2.0 / math.pi
    aligned += 1.0
    return strength(ratio) * alignment(np.abs(aligned, out=aligned) if folded else aligned)


def qg_liu(a: Plane, b: Plane, fused: Plane) -> float:
    """Mean over the pixels of (Q_AF g_A + Q_BF g_B) / (g_A + g_B), curves of slope 10 and 20 about 0.5 and 0.75."""
    x, y, f = edges(a), edges(b), edges(fused)
    curves = Sigmoid(1.0, -10.0, 0.5), Sigmoid(1.0, -20.0, 0.75)
    kept = preservation(x, f, *curves, folded=True, guarded=False) * x.strength
    kept += preservation(y, f, *curves, folded=True, guarded=True) * y.strength
    kept /= x.strength + y.strength
    return float(kept.mean())


def qg_mfif(a: Plane, b: Plane, fused: Plane) -> float:
    """sum(Q_AF g_A + Q_BF g_B) / sum(g_A + g_B) with the curves of Xydeas and Petrovic."""
    x, y, f = edges(a), edges(b), edges(fused)
    curves = Sigmoid(0.9994, -15.0, 0.5), Sigmoid(0.9879, -22.0, 0.8)
    kept = preservation(x, f, *curves, folded=False, guarded=False) * x.strength
    kept += preservation(y, f, *curves, folded=False, guarded=True) * y.strength
    return float(kept.sum()) / float((x.strength + y.strength).sum())
