"""Mutual information of Tsallis' kind (Cvejic et al. 2006; Nava et al. 2007; `metricMI.m`)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.formulas.entropy import entropy
from tcmoa_bench.metrics.formulas.levels import stretched_joint_counts
from tcmoa_bench.metrics.scene import Plane

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


def te(a: Plane, b: Plane, fused: Plane) -> float:
    """I(A, F) + I(B, F) with q = 1.85, I = (1 - sum h^q / (px py)^(q - 1)) / (1 - q).

    Raises:
        Undefined: An image is constant and not black.
    """
    return sum(information(stretched_joint_counts(fused, source), CVEJIC) for source in (a, b))


def te_nava(a: Plane, b: Plane, fused: Plane) -> float:
    """(I(A, F) + I(B, F)) / (H(A)^q + H(B)^q + I(A, B)) with q = 0.43137, H in bits.

    NaN (0/0) where both sources are black.

    Raises:
        Undefined: An image is constant and not black.
    """
    kept = sum(information(stretched_joint_counts(fused, source), NAVA) for source in (a, b))
    between = a.once(("tsallis", b, NAVA), lambda: information(stretched_joint_counts(a, b), NAVA))
    known = entropy(a.counts) ** NAVA + entropy(b.counts) ** NAVA + between
    return kept / known if known else math.nan
