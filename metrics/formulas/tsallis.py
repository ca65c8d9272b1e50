"""Mutual information of Tsallis' kind (Cvejic et al. 2006; Nava et al. 2007; `metricMI.m`)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.formulas.entropy import entropy
from tcmoa_bench.metrics.formulas.levels import Stretch, stretched_joint_counts
from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.settings import checked
from tcmoa_bench.metrics.stacks import extends

#: Orders q of Cvejic, Canagarajah and Bull, and of Nava, Cristobal and Escalante.
CVEJIC, NAVA = 1.85, 0.43137


def information(joint: NDArray[np.float64], q: float) -> float:
    """(1 - sum h^q / (px py)^(q - 1)) / (1 - q), with the reference's exchanged marginals.

    The code looks up the column marginal with the row's index and the row marginal with the column's, so the
    value depends on where the levels lie, can be negative and can reach thousands. Terms with h = 0 or with
    a zero product are left out.

    Args:
        joint: Joint histogram of two stretched images, counts; symmetric in the two.
        q: Order, not 1.
    """
    h = joint / joint.sum()
    product = np.outer(h.sum(axis=0), h.sum(axis=1))
    used = (h > 0) & (product > 0)
    return float((1 - (h[used] ** q / product[used] ** (q - 1)).sum()) / (1 - q))


@checked
@extends("sum")
def te(a: Plane, b: Plane, fused: Plane, *, q: float, stretch: Stretch) -> float:
    r"""I(A, F) + I(B, F) with I = (1 - sum h^q / (px py)^(q - 1)) / (1 - q).

    Raises:
        Undefined: An image is constant and not black.

    $$I(A,F)+I(B,F)$$
    $$I(S,F)=\frac{1}{1-q}\left(1-\sum_{i,j}\frac{h(i,j)^q}{\left(p_S(i)\,p_F(j)\right)^{q-1}}\right)$$
    """
    return sum(information(stretched_joint_counts(fused, source, stretch), q) for source in (a, b))


@checked
def te_nava(a: Plane, b: Plane, fused: Plane, *, q: float, stretch: Stretch) -> float:
    r"""(I(A, F) + I(B, F)) / (H(A)^q + H(B)^q + I(A, B)), H in bits.

    NaN (0/0) where both sources are black.

    Raises:
        Undefined: An image is constant and not black.

    $$\frac{I(A,F)+I(B,F)}{H(A)^q+H(B)^q+I(A,B)}$$
    """
    kept = sum(information(stretched_joint_counts(fused, source, stretch), q) for source in (a, b))
    known = entropy(a.counts) ** q + entropy(b.counts) ** q + _between(a, b, q, stretch)
    return kept / known if known else math.nan


@once
def _between(a: Plane, b: Plane, q: float, stretch: Stretch) -> float:
    return information(stretched_joint_counts(a, b, stretch), q)
