"""Entropies and information of the Python evaluators."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.formulas.evaluators.single import correlation, image
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]


def entropy(counts: Array, guard: float, dtype: type[np.floating] = np.float64) -> float:
    """-sum p log2(p + guard) over all bins of a histogram, in bits.

    The guard keeps the logarithm of an empty bin finite and moves the entropy down by a few 1e-5.

    Args:
        counts: Counts, one-dimensional or joint.
        guard: Added to every probability.
        dtype: Of the probabilities and of the sum.
    """
    p = (counts / counts.sum()).astype(dtype)
    # Logarithms are rounded once: NumPy's own in float32 depend on the processor.
    logarithm = np.log2((p + dtype(guard)).astype(np.float64)).astype(dtype)
    return float(dtype(-(p * logarithm).sum(dtype=np.float64)))


def mutual_information(joint: Array, base: float) -> float:
    """I(X; Y) of a joint histogram, never negative."""
    p = joint / joint.sum()
    independent = p.sum(axis=1, keepdims=True) * p.sum(axis=0, keepdims=True)
    there = p > 0
    information = float((p[there] * np.log(p[there] / independent[there])).sum()) / math.log(base)
    return max(information, 0.0)


def normalised_mutual_information(a: Plane, b: Plane, fused: Plane) -> float:
    r"""2 (I(F, A) + I(F, B)) / (H(A) + H(B)): of the sources' entropies only, 0..2.

    Every logarithm has 1e-10 added to its probability, as has the denominator.

    $$\frac{2\left(I(F,A)+I(F,B)\right)}{H(A)+H(B)}$$
    """
    guard = 1e-10
    shared = sum(mutual_information(fused.joint_counts(source), 2) for source in (a, b))
    own = sum(entropy(source.counts, guard) for source in (a, b))
    return 2 * shared / (own + guard)


def shannon_total(a: Plane, b: Plane, fused: Plane) -> float:
    r"""H(A) + H(B) - H(F) in bits: what is called Tsallis entropy there (q = 1), probabilities + 1e-10.

    $$H(A)+H(B)-H(F)$$
    """
    of_a, of_b, of_fused = (np.float32(entropy(plane.counts, 1e-10, np.float32)) for plane in (a, b, fused))
    return float(of_a + of_b - of_fused)


def sigmoid_cross_entropy(a: Plane, b: Plane, fused: Plane) -> float:
    """Binary cross entropy between the sigmoids of levels 0..255: mean of A's and B's against F's, in nats.

    Levels from 16 on are all saturated, so only nearly black pixels decide. In float32; probabilities are clamped to
    1e-7..1 - 1.2e-7.
    """
    least, most = np.float32(1e-7), np.float32(1) - np.float32(2**-23)
    sigmoid = (1 / (1 + np.exp(-np.arange(256, dtype=np.float32)))).astype(np.float32)
    s_a, s_b, s_f = (sigmoid[plane.levels] for plane in (a, b, fused))
    y = np.clip((s_a + s_b) / np.float32(2), least, most)
    p = np.clip(s_f, least, most)
    return float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean())


def linear_information(a: Plane, b: Plane, fused: Plane) -> float:
    r"""1 + sum(l/3 log2(l/3)) / 8 over the eigenvalues l of the matrix of linear correlations of A, B and F.

    Called nonlinear correlation information entropy there. NaN if an image is constant, and for two equal images
    (one eigenvalue is 0 up to rounding).

    $$1+\frac{1}{8}\sum_{i=1}^{3}\frac{\lambda_i}{3}\log_2\frac{\lambda_i}{3}$$
    """
    planes = [_stretched(plane) for plane in (b, a, fused)]
    matrix = np.eye(3, dtype=np.float32)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        matrix[i, j] = matrix[j, i] = correlation(planes[i], planes[j])
    if not np.isfinite(matrix).all():
        return math.nan
    share = np.linalg.eigvals(matrix).real / np.float32(3)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(1 + (share * np.log2(share)).sum() / np.float32(8))


def _stretched(plane: Plane) -> NDArray[np.float32]:
    levels = image(plane, "float32")
    least, most = levels.min(), levels.max()
    with np.errstate(divide="ignore", invalid="ignore"):
        return (levels - least) / (most - least)
