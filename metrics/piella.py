"""Saliency-weighted quality Qs, Qw and its edge form (Piella and Heijmans 2003; `metricPeilla.m`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tcmoa_bench.metrics.local import STABILISERS, Local, covariance, plane_statistics, similarity, statistics
from tcmoa_bench.metrics.primitives import separable
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]


def edge_image(image: Array) -> Array:
    """Prewitt gradient magnitude, zero border, no divisor."""
    smooth, differ = np.ones(3), np.array([-1.0, 0.0, 1.0])
    across, down = separable(image, smooth, differ), separable(image, differ, smooth)
    across *= across
    down *= down
    across += down
    return np.sqrt(across, out=across)


def edge_statistics(plane: Plane, window: str) -> Local:
    """Local statistics of a plane's edge image, computed once per plane."""
    return plane.once(("local edges", window), lambda: statistics(edge_image(plane.double), window))


def qs(
    a: Plane, b: Plane, fused: Plane, *, window: str, add: str, weighted: bool, image: str = "levels"
) -> float:
    """Mean of p Q(A, F) + (1 - p) Q(B, F), p = s_A^2 / (s_A^2 + s_B^2); Qw weights the windows by max(s^2).

    Args:
        a: Source A.
        b: Source B.
        fused: Fused image.
        window: Of the local statistics (`local.WINDOWS`).
        add: Stabilisers of the local similarity Q (`local.STABILISERS`).
        weighted: Windows count by the larger variance (Qw) instead of alike (Qs).
        image: What is compared: `levels`, or `prewitt` edge images.

    Returns:
        At most 1, the ideal.
    """
    measure = edge_statistics if image == "prewitt" else plane_statistics
    x, y, f = (measure(plane, window) for plane in (a, b, fused))
    flat = x.variance + y.variance == 0
    # the reference gives flat windows a variance of 1/2 in both sources, and with it a weight
    variance_a, variance_b = np.where(flat, 0.5, x.variance), np.where(flat, 0.5, y.variance)
    share = variance_a / (variance_a + variance_b)
    values = share * similarity(x, f, covariance(x, f, window), STABILISERS[add])
    values += (1 - share) * similarity(y, f, covariance(y, f, window), STABILISERS[add])
    if not weighted:
        return float(values.mean())
    weights = np.maximum(variance_a, variance_b)
    return float((weights * values).sum() / weights.sum())
