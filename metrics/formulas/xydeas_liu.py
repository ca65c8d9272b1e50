"""Edge preservation QG of Z. Liu (`metricXydeas.m`) and of MFIF-Metrics, relatives of Qabf with other constants."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.primitives import sobel
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.settings import checked

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


@once
def edges(plane: Plane) -> Edges:
    """Edges of a plane by zero-padded Sobel, computed once per plane."""
    across, down = sobel(plane.values)
    strength = np.sqrt(across * across + down * down)
    strength[strength == 0] = GUARD
    across[across == 0] = GUARD
    down /= across
    return Edges(strength, np.arctan(down, out=down))


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


@checked
def qg(
    a: Plane,
    b: Plane,
    fused: Plane,
    *,
    slopes: Literal["10,20", "15,22"],
    over: Literal["pixels", "image"],
) -> float:
    r"""Edge preservation Q_AF of A and Q_BF of B, weighted by the sources' gradients g_A and g_B.

    Args:
        a: Source A.
        b: Source B.
        fused: Fused image.
        slopes: Of the curves of strength and of orientation: Liu's, where opposite orientations agree, or the paper's.
        over: The mean of the pixels' ratios, or one ratio of the sums over the image.

    $$\frac{\sum_{x,y}\left(Q_{AF}\,g_A+Q_{BF}\,g_B\right)}{\sum_{x,y}\left(g_A+g_B\right)}$$
    """
    x, y, f = edges(a), edges(b), edges(fused)
    strength, alignment, folded = CURVES[slopes]
    kept = preservation(x, f, strength, alignment, folded, guarded=False) * x.strength
    kept += preservation(y, f, strength, alignment, folded, guarded=True) * y.strength
    there = x.strength + y.strength
    return float((kept / there).mean()) if over == "pixels" else float(kept.sum()) / float(there.sum())


#: Curves of the gradients' ratio and of the orientations' alignment, and whether the alignment is folded.
CURVES = {
    "10,20": (Sigmoid(1.0, -10.0, 0.5), Sigmoid(1.0, -20.0, 0.75), True),
    "15,22": (Sigmoid(0.9994, -15.0, 0.5), Sigmoid(0.9879, -22.0, 0.8), False),
}
