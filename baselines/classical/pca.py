"""Weighted mean with the principal axis of the two images as weights (PCA fusion).

Paper: Naidu, Raol, "Pixel-level image fusion using wavelets and principal component analysis", Defence
Science Journal 58(3), 2008. All channels share one pair of weights. The magnitudes of the entries are
used, so that sources with opposite contrast do not give weights beyond 0..1.
"""

from __future__ import annotations

from tcmoa_bench.baselines.kernels.covariance import principal_axis
from tcmoa_bench.baselines.kernels.fuser import on_images
from tcmoa_bench.baselines.kernels.numeric import Float64Array


def pca(a: Float64Array, b: Float64Array) -> Float64Array:
    """Fuse two images on 0..255, unrounded."""
    weight_a, weight_b = (abs(entry) for entry in principal_axis(a, b))
    return (weight_a * a + weight_b * b) / (weight_a + weight_b)


build = on_images(pca, half_away=False)
