"""Weights of two signals from the principal axis of their 2x2 covariance (Karhunen-Loeve, PCA)."""

from __future__ import annotations

import numpy as np

from tcmoa_bench.baselines.kernels.numeric import Float64Array


def principal_axis(first: Float64Array, second: Float64Array) -> tuple[float, float]:
    """Unit eigenvector of the larger eigenvalue of the covariance of all values of two arrays.

    Equal entries if both are constant, because no axis is preferred then.
    """
    covariance = np.cov(first.ravel(), second.ravel()) if first.size > 1 else np.zeros((2, 2))
    if not covariance.any():
        return 0.5**0.5, 0.5**0.5
    vector = np.linalg.eigh(covariance)[1][:, 1]
    return float(vector[0]), float(vector[1])


def principal_weights(first: Float64Array, second: Float64Array) -> tuple[float, float]:
    """The principal axis divided by the sum of its entries: may be negative or above 1."""
    p, q = principal_axis(first, second)
    return p / (p + q), q / (p + q)
