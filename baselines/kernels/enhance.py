"""Contrast enhancement of a visible plane for night vision: compress the base, keep the details.

Paper: Zhou, Dong, Xie, Gao, Applied Optics 55(23), 2016, with the fast guided filter (He, Sun 2015).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.baselines.kernels.guided import box_mean, local_models, moments
from tcmoa_bench.baselines.kernels.numeric import Float64Array, stretch
from tcmoa_bench.baselines.kernels.resize import linear, resize

EPS = 0.01
BASE_RANGE = np.log(4)


def enhance_visible(x: Float64Array) -> Float64Array:
    """Stretch a plane to 0..255 and compress its large-scale range to a factor of 4; `H x W` in and out."""
    stretched = 255 * stretch(x)
    base = np.log(255 * _smooth(stretched / 255) + 1)
    detail = np.log(stretched + 1) - base
    span = base.max() - base.min()
    gain = BASE_RANGE / span if span > 0 else 1.0
    return np.minimum(255, np.exp(gain * base + detail + (1 - gain) * base.max()))


def _smooth(x: Float64Array) -> Float64Array:
    """Self-guided filter with a radius of 4 % of the longer side, computed on a subsampled image."""
    radius = int(0.04 * max(x.shape))
    step = max(1.0, radius / 4)
    rows, columns = (_subsample(n, step) for n in x.shape)
    small = x[rows[:, None], columns]
    known = moments(small, round(radius / step))
    models = local_models(known, known.mean, known.square, EPS)
    slope, offset = (box_mean(c, round(radius / step)) for c in models)
    if step > 1:
        slope, offset = (resize(c, x.shape, linear) for c in (slope, offset))
    return slope * x + offset


def _subsample(n: int, step: float) -> NDArray[np.int64]:
    """0-based indices of the nearest pixels; one beyond the end is mirrored, as MATLAB's imresize does."""
    index = np.floor(step * np.arange(1, np.ceil(n / step) + 1) + 0.5 * (1 - step) + 0.5).astype(np.int64)
    return np.where(index > n, 2 * n + 1 - index, index) - 1
