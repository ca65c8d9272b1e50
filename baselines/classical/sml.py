"""Sum-modified Laplacian with a consistency check: a plain focus-measure map for multi-focus pairs.

Papers: Nayar, Nakagawa, "Shape from focus", IEEE TPAMI 16(8), 1994 (the measure); Li, Manjunath, Mitra,
GMIP 57(3), 1995 (the majority filter that makes the decision consistent).
"""

from __future__ import annotations

import cv2
import numpy as np

from tcmoa_bench.baselines.kernels.fuser import on_images
from tcmoa_bench.baselines.kernels.numeric import Float64Array, mean_filter

MEASURE_WINDOW, MAJORITY_WINDOW = 7, 21


def sml(a: Float64Array, b: Float64Array) -> Float64Array:
    """Fuse two images on 0..255: every pixel comes whole from A or B, or from both where they tie."""
    lead = np.sign(focus_measure(luma(a)) - focus_measure(luma(b)))
    majority = np.sign(np.rint(mean_filter(lead, MAJORITY_WINDOW, "symmetric") * MAJORITY_WINDOW**2))
    weight = (1 + majority) / 2
    if a.ndim == 3:
        weight = weight[..., None]
    return weight * a + (1 - weight) * b


def luma(x: Float64Array) -> Float64Array:
    """Luma (BT.601) of an image with whole levels, `H x W`; exactly the level where R = G = B.

    Weights as fractions would leave rounding errors there, which decide where two measures tie.
    """
    return x if x.ndim == 2 else (299 * x[..., 0] + 587 * x[..., 1] + 114 * x[..., 2]) / 1000


def focus_measure(x: Float64Array) -> Float64Array:
    """Mean over a 7x7 window of |second difference along x| + |along y|, edges repeated."""
    second = np.array([[-1.0, 2, -1]])
    modified = sum(
        np.abs(cv2.filter2D(x, cv2.CV_64F, kernel, borderType=cv2.BORDER_REPLICATE))
        for kernel in (second, second.T)
    )
    return mean_filter(np.asarray(modified), MEASURE_WINDOW, "symmetric")


build = on_images(sml, half_away=False)
