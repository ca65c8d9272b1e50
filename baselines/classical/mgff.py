"""Multi-scale guided filter fusion (MGFF).

Paper: Bavirisetti, Xiao, Zhao, Dhuli, Liu, "Multi-scale guided image and video fusion", CSSP 38, 2019; the
authors' MATLAB code. Each source's guided filter smooths the *other* source (inputs crossed), as there.
"""

from __future__ import annotations

import numpy as np

from tcmoa_bench.baselines.kernels.fuser import on_images
from tcmoa_bench.baselines.kernels.guided import box_mean, filter_by, moments
from tcmoa_bench.baselines.kernels.numeric import Float64Array, share
from tcmoa_bench.baselines.kernels.threads import call_all, each, in_strips

LEVELS, RADIUS, EPS = 4, 9, 1000.0


def mgff(a: Float64Array, b: Float64Array) -> Float64Array:
    """Fuse two images on 0..255, `H x W` or `H x W x 3`, unrounded; each channel on its own."""
    if a.ndim == 3 and all(np.array_equal(x[..., 0], x[..., k]) for x in (a, b) for k in (1, 2)):
        return np.repeat(mgff(a[..., 0], b[..., 0])[..., None], 3, axis=2)
    fused = np.zeros_like(a)
    first, second = b, a
    for _ in range(LEVELS):
        base_1, base_2 = _cross(first, second)
        in_strips(_add_details, fused, first, base_1, second, base_2, out=fused)
        first, second = base_1, base_2
    return in_strips(lambda details, p, q: details + (p + q) / 2, fused, first, second)


def _cross(first: Float64Array, second: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Second under the first's edges, and first under the second's; both share the mean product."""
    product = first * second
    by_first, by_second, product = call_all(
        (
            lambda: moments(first, RADIUS),
            lambda: moments(second, RADIUS),
            lambda: box_mean(product, RADIUS, product),
        )
    )
    base_1, base_2 = each(
        lambda pair: filter_by(pair[0], pair[1].mean, product, RADIUS, EPS),
        ((by_first, by_second), (by_second, by_first)),
    )
    return base_1, base_2


def _add_details(
    fused: Float64Array, first: Float64Array, base_1: Float64Array, second: Float64Array, base_2: Float64Array
) -> Float64Array:
    detail_1, detail_2 = first - base_1, second - base_2
    weight = share(np.abs(detail_1), np.abs(detail_1) + np.abs(detail_2))
    return fused + (weight * detail_1 + (1 - weight) * detail_2)


build = on_images(mgff)
