"""SSIM-based quality Qy (Yang, Zhang, Wang and Liu 2008; `metricYang.m`)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from tcmoa_bench.metrics.formulas.local import TINY, Mean, Window, similarity, strips
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.settings import checked

#: Sources that are at least this similar in a window are both looked at.
SIMILAR = 0.75


@checked
def qy(
    a: Plane,
    b: Plane,
    fused: Plane,
    *,
    window: Window = "gaussian7",
    nan: Literal["drop", "keep", "half"],
) -> float:
    """Mean of p Q(A, F) + (1 - p) Q(B, F) where Q(A, B) >= 0.75, of the larger of both elsewhere.

    Q is the local similarity with constants of almost 0, p = s_A^2 / (s_A^2 + s_B^2). Flat windows are rounding
    noise over rounding noise, so that a saturated image's value depends on the order of summation.

    Args:
        a: Source A.
        b: Source B.
        fused: Fused image.
        window: Of the local statistics (`local.WINDOWS`).
        nan: What p = 0/0 does, wherever it occurs: `drop` (the window is left out), `keep` (the result is NaN)
            or `half` (p is 1/2).
    """
    result = Mean("drop" if nan == "drop" else "keep")
    for strip in strips(a, b, fused, window):
        x, y, f = strip.a, strip.b, strip.fused
        against_a, against_b, between = (
            similarity(*pair, strip.covariance(*pair), TINY) for pair in ((x, f), (y, f), (x, y))
        )
        with np.errstate(all="ignore"):  # flat windows: 0/0, and noise/noise of any size
            share = x.variance / (x.variance + y.variance)
            if nan == "half":
                share = np.where(np.isnan(share), 0.5, share)
            mixed = share * against_a + (1 - share) * against_b
        better = np.maximum(against_a, against_b)
        result.add(np.where((between >= SIMILAR) | np.isnan(mixed), mixed, better))
    return result.value
