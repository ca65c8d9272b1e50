"""SSIM-based quality Qy (Yang, Zhang, Wang and Zhang 2008; `metricYang.m`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tcmoa_bench.metrics.local import TINY, covariance, plane_statistics, similarity
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]

#: Sources that are at least this similar in a window are both looked at.
SIMILAR = 0.75
WINDOW = "gaussian7"


def qy_map(a: Plane, b: Plane, fused: Plane) -> Array:
    """Variance-weighted mean quality where the sources are similar, quality against the better one elsewhere.

    Returns:
        Map without border; NaN wherever both variances are 0, also where only the better one counts.
    """
    x, y, f = (plane_statistics(plane, WINDOW) for plane in (a, b, fused))
    against_a = similarity(x, f, covariance(x, f, WINDOW), TINY)
    against_b = similarity(y, f, covariance(y, f, WINDOW), TINY)
    with np.errstate(all="ignore"):  # flat windows: 0/0, and noise/noise of any size
        share = x.variance / (x.variance + y.variance)
        mixed = share * against_a + (1 - share) * against_b
    between = a.once(("qy similarity", b), lambda: similarity(x, y, covariance(x, y, WINDOW), TINY))
    return np.where((between >= SIMILAR) | np.isnan(mixed), mixed, np.maximum(against_a, against_b))
