"""Formulas on one plane of each image that several conventions share."""

from __future__ import annotations

import math

from tcmoa_bench.metrics.core import Undefined
from tcmoa_bench.metrics.formulas import entropy as information
from tcmoa_bench.metrics.formulas import gradient, xydeas
from tcmoa_bench.metrics.formulas import ssim as similarity
from tcmoa_bench.metrics.formulas.error import squared_error
from tcmoa_bench.metrics.primitives import LEVELS
from tcmoa_bench.metrics.scene import Plane


def entropy(a: Plane, b: Plane, fused: Plane) -> float:
    """Entropy of the fused image's 256 levels in bits: -sum p log2 p."""
    return information.entropy(fused.counts)


def cross_entropy(a: Plane, b: Plane, fused: Plane) -> float:
    """(CE(A, F) + CE(B, F)) / 2 with CE = sum p log2(p / p_F) over the levels that both images have."""
    return (
        information.cross_entropy(a.counts, fused.counts) + information.cross_entropy(b.counts, fused.counts)
    ) / 2


def mutual_information(a: Plane, b: Plane, fused: Plane) -> float:
    """MI(A, F) + MI(B, F) in nats; the reference's stretch before it moves levels, but never merges any."""
    return sum(information.mutual_information(fused.joint_counts(source), math.e) for source in (a, b))


def _root_squared_error(source: Plane, fused: Plane) -> float:
    return math.sqrt(squared_error(source, fused)) / fused.levels.size


def rmse(a: Plane, b: Plane, fused: Plane) -> float:
    """Mean over the sources of sqrt(sum (F - S)^2) / (h w): the true RMSE over sqrt(h w)."""
    return (_root_squared_error(a, fused) + _root_squared_error(b, fused)) / 2


def psnr(a: Plane, b: Plane, fused: Plane) -> float:
    """20 log10(255 / sqrt(e)) with e = mean over the sources of sqrt(sum (F - S)^2) / (h w), not an MSE."""
    error = rmse(a, b, fused)
    if not error:
        raise Undefined("infinite: the fused image equals both sources")
    return 20 * math.log10(255 / math.sqrt(error))


def average_gradient(a: Plane, b: Plane, fused: Plane) -> float:
    """Sum of sqrt((gx^2 + gy^2) / 2) over (h - 1)(w - 1), with central differences."""
    return gradient.average_gradient(fused.double)


def edge_intensity(a: Plane, b: Plane, fused: Plane) -> float:
    """Mean Sobel magnitude, replicated border, no divisor."""
    return fused.once("edge intensity", lambda: gradient.edge_intensity(fused.levels))


def standard_deviation(a: Plane, b: Plane, fused: Plane) -> float:
    """Population standard deviation in gray levels: sqrt(mean((F - mean F)^2))."""
    mean = float((fused.counts * LEVELS).sum()) / fused.levels.size
    return math.sqrt(float((fused.counts * (LEVELS - mean) ** 2).sum()) / fused.levels.size)


def spatial_frequency(a: Plane, b: Plane, fused: Plane) -> float:
    """sqrt(RF^2 + CF^2) with both sums of squared differences divided by h w."""
    return gradient.spatial_frequency(fused.levels, over_all=True)


def qabf(a: Plane, b: Plane, fused: Plane) -> float:
    """Edge preservation, sum(Q_AF g_A + Q_BF g_B) / sum(g_A + g_B), zero-padded Sobel."""
    x, y, f = (xydeas.plane_edges(plane) for plane in (a, b, fused))
    return xydeas.qabf(x, y, f, equality_bug=True)


def ssim(a: Plane, b: Plane, fused: Plane) -> float:
    """SSIM(A, F) + SSIM(B, F): 11 x 11 Gaussian of sigma 1.5 without border, K = 0.01 and 0.03, L = 255."""
    return sum(similarity.ssim(source, fused, peak=255, border="valid") for source in (a, b))
