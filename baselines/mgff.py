"""Multi-scale guided filter fusion (MGFF).

Paper: Bavirisetti, Xiao, Zhao, Dhuli, Liu, "Multi-scale guided image and video fusion", CSSP 38, 2019; the
authors' MATLAB code. Each source's guided filter smooths the *other* source (inputs crossed), as there.
"""

from __future__ import annotations

import numpy as np

from tcmoa_bench.baselines.colour import Plane
from tcmoa_bench.baselines.guided import guided_filter
from tcmoa_bench.baselines.kernel import on_planes
from tcmoa_bench.baselines.numeric import share

LEVELS, RADIUS, EPS = 4, 9, 1000.0


def mgff(a: Plane, b: Plane) -> Plane:
    """Fuse two planes on 0..255, unrounded."""
    fused = np.zeros_like(a)
    first, second = b, a
    for _ in range(LEVELS):
        base_1 = guided_filter(first, second, RADIUS, EPS)
        base_2 = guided_filter(second, first, RADIUS, EPS)
        detail_1, detail_2 = first - base_1, second - base_2
        weight = share(np.abs(detail_1), np.abs(detail_1) + np.abs(detail_2))
        fused += weight * detail_1 + (1 - weight) * detail_2
        first, second = base_1, base_2
    return fused + (first + second) / 2


build = on_planes(mgff)
