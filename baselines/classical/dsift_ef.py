"""Dense SIFT for multi-exposure pairs (DSIFT_EF): contrast and exposedness, smoothed along edges.

Paper: Liu, Wang, "Dense SIFT for ghost-free multi-exposure fusion", JVCIR 31, 2015 (static scenes, winner
takes all, scale 16); the authors' MATLAB code. Weights are smoothed by the domain transform of Gastal and
Oliveira, "Domain transform for edge-aware image and video processing", SIGGRAPH 2011.
"""

from __future__ import annotations

import numpy as np

from tcmoa_bench.baselines.kernels.colour import gray
from tcmoa_bench.baselines.kernels.dense_sift import dense_sift
from tcmoa_bench.baselines.kernels.fuser import on_images
from tcmoa_bench.baselines.kernels.numeric import Float64Array
from tcmoa_bench.baselines.kernels.threads import each

PATCH, BINS = 16, 2
DARK, BRIGHT = 0.10, 0.90
SIGMA_SPACE, SIGMA_RANGE, PASSES = 100.0, 4.0, 3
FLOOR = 1e-25


def dsift_ef(a: Float64Array, b: Float64Array) -> Float64Array:
    """Fuse two images on 0..255, unrounded; one weight map serves all channels of a source."""
    sources = [a / 255, b / 255]
    grays = [np.clip(gray(x), 0, 1) for x in sources]
    activity = each(lambda g: dense_sift(g, PATCH, BINS).activity().astype(np.float32), grays)
    first = activity[0] >= activity[1]
    exposed = _normalise([((g < BRIGHT) & (g > DARK)).astype(np.float64) for g in grays])
    weights = [choice * e for choice, e in zip((first, ~first), exposed, strict=True)]
    smooth = each(lambda pair: _domain_transform(*pair), zip(weights, sources, strict=True))
    shares = [w[..., None] if a.ndim == 3 else w for w in _normalise(smooth)]
    return 255 * (shares[0] * sources[0] + shares[1] * sources[1])


def _normalise(weights: list[Float64Array]) -> list[Float64Array]:
    weights = [w + FLOOR for w in weights]
    total = weights[0] + weights[1]
    return [w / total for w in weights]


def _domain_transform(x: Float64Array, joint: Float64Array) -> Float64Array:
    """Recursive edge-aware filter of a plane, with the edges of a joint image on 0..1."""
    channels = np.atleast_3d(joint).transpose(2, 0, 1).copy()
    ratio = SIGMA_SPACE / SIGMA_RANGE
    distance_x, distance_y = (
        1 + ratio * np.abs(np.diff(channels, axis=axis, prepend=channels.take([0], axis))).sum(axis=0)
        for axis in (2, 1)
    )
    for i in range(PASSES):
        sigma = SIGMA_SPACE * np.sqrt(3) * 2 ** (PASSES - 1 - i) / np.sqrt(4**PASSES - 1)
        feedback = np.exp(-np.sqrt(2) / sigma)
        x = _recurse(x.T, (feedback**distance_x).T).T
        x = _recurse(x, feedback**distance_y)
    return x


def _recurse(x: Float64Array, weight: Float64Array) -> Float64Array:
    """First-order recursion down the rows, then up."""
    x, weight = np.array(x, order="C"), np.ascontiguousarray(weight)
    for row in range(1, len(x)):
        x[row] += weight[row] * (x[row - 1] - x[row])
    for row in range(len(x) - 2, -1, -1):
        x[row] += weight[row + 1] * (x[row + 1] - x[row])
    return x


build = on_images(dsift_ef)
