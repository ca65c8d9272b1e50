"""Entropies and mutual information from histograms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def entropy(counts: Array, base: float = 2.0) -> float:
    """Shannon entropy -sum p log p of a histogram (of any shape); empty bins count 0.

    Args:
        counts: Non-negative counts, one-dimensional or joint.
        base: Of the logarithm; 2 gives bits.
    """
    p = counts[counts > 0] / counts.sum()
    return (
        float(-(p * np.log2(p)).sum() / np.log2(base)) + 0.0
    )  # + 0.0: no negative zero for a constant image


def mutual_information(joint: Array, base: float = 2.0) -> float:
    """H(X) + H(Y) - H(X, Y) of a joint histogram."""
    return entropy(joint.sum(axis=1), base) + entropy(joint.sum(axis=0), base) - entropy(joint, base)


def merge_top_levels(joint: Array) -> Array:
    """Joint histogram with levels 254 and 255 in one bin on both axes.

    MATLAB code that indexes with a uint8 image plus one does this: 255 + 1 saturates at 255.
    """
    merged = joint.copy()
    merged[254] += merged[255]
    merged[255] = 0
    merged[:, 254] += merged[:, 255]
    merged[:, 255] = 0
    return merged


def cross_entropy(source: Array, fused: Array) -> float:
    """Sum of p_source log2(p_source / p_fused) over the levels that both images have, in bits.

    Not a true Kullback-Leibler divergence: levels that one image lacks are left out, so it can be negative.

    Args:
        source: Histogram of the source, 256 counts.
        fused: Histogram of the fused image, 256 counts.
    """
    both = (source > 0) & (fused > 0)
    p, q = source[both] / source.sum(), fused[both] / fused.sum()
    return float((p * np.log2(p / q)).sum())
