"""Guided-filter focus region detection (GFDF) for multi-focus pairs.

Paper: Qiu, Li, Zhang, Yuan, "Guided filter-based multi-focus image fusion through focus region
detection", Signal Processing: Image Communication 72, 2019; the authors' MATLAB code.
"""

from __future__ import annotations

from math import ceil

import numpy as np

from tcmoa_bench.baselines.kernels.colour import gray
from tcmoa_bench.baselines.kernels.components import clean
from tcmoa_bench.baselines.kernels.fuser import on_images
from tcmoa_bench.baselines.kernels.guided import guided_filter
from tcmoa_bench.baselines.kernels.numeric import Float64Array, mean_filter

RADIUS, EPS = 5, 0.3


def gfdf(a: Float64Array, b: Float64Array) -> Float64Array:
    """Fuse two images on 0..255, unrounded; one gray decision map serves all channels."""
    guides = [np.clip(gray(x / 255), 0, 1) for x in (a, b)]
    residuals = [np.abs(g - mean_filter(g, 7, "replicate")) for g in guides]
    focus_a, focus_b = (guided_filter(g, r, RADIUS, EPS) for g, r in zip(guides, residuals, strict=True))
    in_focus = clean(focus_a > focus_b, ceil(0.01 * focus_a.size)).astype(np.float64)
    coarse = in_focus * guides[0] + (1 - in_focus) * guides[1]
    weight = guided_filter(coarse, in_focus, RADIUS, EPS)
    if a.ndim == 3:
        weight = weight[..., None]
    return 255 * (weight * (a / 255) + (1 - weight) * (b / 255))


build = on_images(gfdf)
