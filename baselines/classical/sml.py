"""Sum-modified Laplacian with a consistency check: a plain focus-measure map for multi-focus pairs and stacks.

Papers: Nayar, Nakagawa, "Shape from focus", IEEE TPAMI 16(8), 1994 (the measure); Li, Manjunath, Mitra,
GMIP 57(3), 1995 (the majority filter that makes the decision consistent).
"""

from __future__ import annotations

from functools import reduce
from math import lcm

import cv2
import numpy as np

from tcmoa_bench.baselines.kernels.fuser import on_images
from tcmoa_bench.baselines.kernels.numeric import Float64Array, mean_filter

MEASURE_WINDOW, MAJORITY_WINDOW = 7, 21


def sml(*images: Float64Array) -> Float64Array:
    """Fuse two or more images on 0..255: every pixel comes whole from one of them, or from those that tie."""
    shares = _leaders([focus_measure(luma(image)) for image in images])
    # A vote is divided among those that tie: counted in parts that are whole for any number of them.
    parts = lcm(*range(1, len(images) + 1)) * MAJORITY_WINDOW**2
    votes = [np.rint(mean_filter(share, MAJORITY_WINDOW, "symmetric") * parts) for share in shares]
    weights = [w[..., None] if images[0].ndim == 3 else w for w in _leaders(votes)]
    return reduce(np.add, [weight * image for weight, image in zip(weights, images, strict=True)])


def _leaders(values: list[Float64Array]) -> list[Float64Array]:
    """Each one's share of the lead at every pixel: 1 for the largest, divided among those that tie."""
    most = reduce(np.maximum, values)
    leads = [(value == most).astype(np.float64) for value in values]
    return [lead / reduce(np.add, leads) for lead in leads]


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


build = on_images(sml, half_away=False, stacks=True)
