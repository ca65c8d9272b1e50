"""Normalised mutual information and its nonlinear relative, from joint histograms."""

from __future__ import annotations

import math

import numpy as np

from tcmoa_bench.metrics.formulas.entropy import entropy, mutual_information
from tcmoa_bench.metrics.formulas.levels import refuse_constant
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.stacks import extends


@extends("sum")
def nmi(a: Plane, b: Plane, fused: Plane) -> float:
    r"""2 MI(A, F) / (H(A) + H(F)) + 2 MI(B, F) / (H(B) + H(F)) (Hossny, Nahavandi and Creighton 2008).

    The reference stretches the images first, which moves levels but never merges any: no entropy changes.

    Returns:
        0..2; NaN if a source and the fused image are both black.

    Raises:
        Undefined: An image is constant and not black.

    $$\frac{2\,I(A,F)}{H(A)+H(F)}+\frac{2\,I(B,F)}{H(B)+H(F)}$$
    """
    refuse_constant(a, b, fused)
    return 2 * sum(_share(source, fused) for source in (a, b))


def _share(source: Plane, fused: Plane) -> float:
    entropies = entropy(source.counts) + entropy(fused.counts)
    return mutual_information(fused.joint_counts(source)) / entropies if entropies else math.nan


def qncie(a: Plane, b: Plane, fused: Plane) -> float:
    r"""Nonlinear correlation information entropy, 1 + sum(l/3 log256(l/3)) (Wang, Shen and Zhang 2005).

    l are the eigenvalues of the 3 x 3 matrix of mutual informations to the base 256 with ones on its diagonal.

    Returns:
        0.80 (independent images) to 1; NaN if an eigenvalue is not positive.

    Raises:
        Undefined: An image is constant and not black.

    $$1+\sum_{i=1}^{3}\frac{\lambda_i}{3}\log_{256}\frac{\lambda_i}{3}$$
    """
    refuse_constant(a, b, fused)
    joints = a.joint_counts(b), fused.joint_counts(a), fused.joint_counts(b)
    ab, af, bf = (mutual_information(joint, 256) for joint in joints)
    shares = np.linalg.eigvalsh(np.array([[1.0, ab, af], [ab, 1.0, bf], [af, bf, 1.0]])) / 3
    return 1 + float((shares * np.log2(shares)).sum()) / 8 if shares.min() > 0 else math.nan
