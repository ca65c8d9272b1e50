"""Similarity-weighted quality Qc (Cvejic, Loza, Bull and Canagarajah 2005; `metricCvejic.m`)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from tcmoa_bench.metrics.formulas.local import TINY, Mean, OnNan, Window, similarity, strips
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.settings import checked


@checked
def qc(
    a: Plane,
    b: Plane,
    fused: Plane,
    *,
    window: Window,
    share: Literal["overwrite", "clip"],
    nan: OnNan = "keep",
) -> float:
    r"""Mean of p Q(A, F) + (1 - p) Q(B, F), p = s_AF / (s_AF + s_BF) the share of A in the local structure.

    Q is the local similarity with constants of almost 0. The share leaves 0..1 where the covariances have
    opposite signs. Flat windows are rounding noise over rounding noise, so that a saturated image's value
    depends on the order of summation.

    Args:
        a: Source A.
        b: Source B.
        fused: Fused image.
        window: Of the local statistics (`local.WINDOWS`).
        share: What an outlying share does: `overwrite` (Z. Liu, MEFB: the quality itself becomes 0 below 0
            and 1 above 1) or `clip` (MFIF-Metrics: the share is clipped, 0/0 counts 1/2).
        nan: What a window of 0/0 does: `drop` (left out) or `keep` (the result is NaN). A clipped share has none.

    $$\overline{p\,Q(A,F)+(1-p)\,Q(B,F)}$$
    $$p=\frac{\sigma_{AF}}{\sigma_{AF}+\sigma_{BF}}$$
    """
    result = Mean(nan)
    for strip in strips(a, b, fused, window):
        joint_a, joint_b = (strip.covariance(source, strip.fused) for source in (strip.a, strip.b))
        with np.errstate(all="ignore"):  # flat windows: 0/0, and noise/noise of any size
            part = joint_a / (joint_a + joint_b)
            if share == "clip":
                part = np.where(np.isnan(part), 0.5, np.clip(part, 0.0, 1.0))
            quality = similarity(strip.b, strip.fused, joint_b, TINY)
            quality *= 1 - part
            quality += part * similarity(strip.a, strip.fused, joint_a, TINY)
        if share == "overwrite":
            quality[part < 0] = 0.0
            quality[part > 1] = 1.0
        result.add(quality)
    return result.value
