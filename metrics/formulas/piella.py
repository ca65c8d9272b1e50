"""Saliency-weighted quality Qs, Qw and its edge form (Piella and Heijmans 2003; `metricPeilla.m`)."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.formulas.local import STABILISERS, Add, Mean, Window, similarity, strips
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.settings import checked

Array = NDArray[np.float64]

#: What the images are compared by.
View = Literal["levels", "prewitt"]


def edge_rows(plane: Plane, rows: slice) -> Array:
    """Some rows of a plane's Prewitt gradient magnitude, zero border, no divisor."""
    top = max(rows.start - 1, 0)
    levels = plane.levels[top : rows.stop + 1]
    smooth, differ = np.ones(3), np.array([-1.0, 0.0, 1.0])
    across = cv2.sepFilter2D(levels, cv2.CV_64F, differ, smooth, borderType=cv2.BORDER_CONSTANT)
    down = cv2.sepFilter2D(levels, cv2.CV_64F, smooth, differ, borderType=cv2.BORDER_CONSTANT)
    across *= across
    down *= down
    across += down
    np.sqrt(across, out=across)
    across /= plane.full
    return across[rows.start - top : rows.stop - top]


@checked
def qs(
    a: Plane, b: Plane, fused: Plane, *, window: Window, add: Add, weighted: bool, image: View = "levels"
) -> float:
    r"""Mean of p Q(A, F) + (1 - p) Q(B, F), p = s_A^2 / (s_A^2 + s_B^2); Qw weights the windows by max(s^2).

    Args:
        a: Source A.
        b: Source B.
        fused: Fused image.
        window: Of the local statistics (`local.WINDOWS`).
        add: Stabilisers of the local similarity Q (`local.STABILISERS`).
        weighted: Windows count by the larger variance (Qw) instead of alike (Qs).
        image: What is compared: `levels`, or `prewitt` edge images.

    Returns:
        At most 1, the ideal.

    $$\overline{p\,Q(A,F)+(1-p)\,Q(B,F)}$$
    $$p=\frac{\sigma_A^2}{\sigma_A^2+\sigma_B^2}$$
    """
    result, weights = Mean(), Mean()
    for strip in strips(a, b, fused, window, edge_rows if image == "prewitt" else None):
        x, y, f = strip.a, strip.b, strip.fused
        flat = x.variance + y.variance == 0
        # the reference gives flat windows a variance of 1/2 in both sources, and with it a weight
        variance_a, variance_b = np.where(flat, 0.5, x.variance), np.where(flat, 0.5, y.variance)
        share = variance_a / (variance_a + variance_b)
        values = similarity(y, f, strip.covariance(y, f), STABILISERS[add])
        values *= 1 - share
        values += share * similarity(x, f, strip.covariance(x, f), STABILISERS[add])
        if weighted:
            weight = np.maximum(variance_a, variance_b)
            weights.add(weight)
            values *= weight
        result.add(values)
    return result.value / weights.value if weighted else result.value
