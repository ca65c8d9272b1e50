"""Qabf and Nabf as the Python evaluators compute them."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.formulas.evaluators.single import DTYPES, Single, image, sobel
from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.settings import Arithmetic, checked

Floats = NDArray[np.floating]
Edges = tuple[Single, Floats]


@once
def _edges(plane: Plane, dtype: type[np.floating]) -> Edges:
    """Strength in float32, and angle atan(down / across), pi/2 where `across` is 0, kept in `dtype`."""
    across, down = sobel(image(plane, "float32"))
    np.negative(across, out=across)  # a true convolution mirrors the kernel: it shows where `across` is 0
    strength = np.sqrt(across * across + down * down)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Rounded once: NumPy's own arctan in float32 depends on the processor.
        angle = np.arctan((down / across).astype(np.float64)).astype(np.float32).astype(dtype)
    angle[across == 0] = dtype(math.pi / 2)
    return strength, angle


def _preservation(source: Edges, fused: Edges, dtype: type[np.floating]) -> Floats:
    (g_s, a_s), (g_f, a_f) = source, fused
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(g_f > g_s, g_s / g_f, np.where(g_f < g_s, g_f / g_s, g_f))
    half_turn = dtype(math.pi / 2)
    alignment = 1 - np.abs(a_s - a_f) / half_turn
    strength = np.float32(0.9994) / (1 + np.exp(np.float32(-15) * (ratio - np.float32(0.5))))
    orientation = dtype(0.9879) / (1 + np.exp(dtype(-22) * (alignment - dtype(0.8))))
    return strength * orientation


@checked
def qabf(a: Plane, b: Plane, fused: Plane, *, angles: Arithmetic) -> float:
    r"""Edge preservation (Xydeas and Petrovic 2000), zero-padded Sobel, 0..0.975.

    Where both gradients are equal the gradient itself stands for their ratio, as in the MATLAB code.

    Args:
        a: Source A.
        b: Source B.
        fused: Fused image.
        angles: `float32`: everything in single precision; `float64`: angles, their preservation and the numerator in
            double.

    Returns:
        NaN if neither source has an edge.

    $$\frac{\sum_{x,y}\left(Q_{AF}\,g_A+Q_{BF}\,g_B\right)}{\sum_{x,y}\left(g_A+g_B\right)}$$
    """
    dtype = DTYPES[angles]
    f = _edges(fused, dtype)
    kept: Floats = np.zeros(1, dtype)
    there: Single = np.zeros(1, np.float32)
    for source in (a, b):
        s = _edges(source, dtype)
        kept = kept + _preservation(s, f, dtype) * s[0]
        there = there + s[0]
    total = there.sum()
    return float(kept.sum() / total) if total else math.nan


#: Gradients below this count as noise.
_STRONG = 2.0


def nabf(a: Plane, b: Plane, fused: Plane) -> float:
    """Fusion artefacts (Shreyamsha Kumar 2013): edge weight lost where F's gradient exceeds both sources'.

    Sobel / 8 with mirrored border in float64; gradients below 2 levels weigh nothing, flat pixels have angle 0.

    Returns:
        0..1, 0 is best; NaN if no source has a gradient of 2.
    """
    (g_a, angle_a), (g_b, angle_b), (g_f, angle_f) = (_nabf_edges(plane) for plane in (a, b, fused))
    artefact = (g_f > g_a) & (g_f > g_b)
    lost = there = 0.0
    for strength, angle in ((g_a, angle_a), (g_b, angle_b)):
        weight = np.where(strength >= _STRONG, strength * np.sqrt(strength), 0.0)
        there += float(weight.sum())
        lost += float(((1 - _nabf_kept(strength, angle, g_f, angle_f)) * weight)[artefact].sum())
    return lost / there if there else math.nan


@once
def _nabf_edges(plane: Plane) -> tuple[Floats, Floats]:
    x = plane.double
    across, down = (
        cv2.Sobel(x, cv2.CV_64F, dx, 1 - dx, ksize=3, scale=1 / 8, borderType=cv2.BORDER_REFLECT_101)
        for dx in (1, 0)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        angle = np.arctan(across / down)
    angle[(across == 0) & (down == 0)] = 0.0
    return np.sqrt(across * across + down * down), angle


def _nabf_kept(strength: Floats, angle: Floats, g_f: Floats, angle_f: Floats) -> Floats:
    least, most = np.minimum(strength, g_f), np.maximum(strength, g_f)
    ratio = np.divide(least, most, out=np.zeros_like(least), where=least > 0)
    alignment = np.abs(np.abs(angle - angle_f) - math.pi / 2) * 2 / math.pi
    of_strength = 0.9999 / (1 + np.exp(-19.0 * (ratio - 0.5)))
    of_angle = 0.9995 / (1 + np.exp(-22.0 * (alignment - 0.5)))
    return np.sqrt(of_strength * of_angle)
