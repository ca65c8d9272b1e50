"""Normalised mutual information of windows under the Frechet-bound model of their joint distribution.

Two windows are distributions over nine positions. Their joint distribution J is modelled as a mixture
theta * D + (1 - theta) * p q: D is the extreme coupling (all mass as near to the diagonal as the marginals
allow, or to the anti-diagonal where the windows are negatively correlated), p q the independent one, and theta is
such that the positions get the windows' Pearson correlation.

D lives on a staircase: cut the unit interval at the values of both cumulative distributions; each of the 17 pieces
is one cell (i, j) with D = the piece's length, p_i and q_j = the steps that hold it. All other 64 cells have
J = (1 - theta) p q, whose sum has a closed form. So one sort of 16 numbers replaces tables of 81 cells:

    MI = sum over pieces of p q (t log|t| - s log|s|) + s log|s|,  s = 1 - theta,  t = s + theta * D / (p q)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tcmoa_bench.metrics.fmi.windows import (
    BLOCK,
    Array,
    Mask,
    Windows,
    binary_windows,
    blocks,
    logarithm,
    patterns,
)

TINY = 1e-300


def mean_information(a: NDArray[np.generic], b: NDArray[np.generic], f: NDArray[np.generic]) -> float:
    """Mean over all windows of the halved normalised mutual informations of (A, F) and (B, F).

    Args:
        a: Feature map of source A, `H x W`, at least 3 x 3.
        b: Feature map of source B, same size.
        f: Feature map of the fused image, same size.
    """
    windows = (f.shape[0] - 2) * (f.shape[1] - 2)
    if f.dtype == np.bool_:
        return _binary_information(a, b, f) / windows
    total = 0.0
    for raw in zip(blocks(a), blocks(b), blocks(f), strict=True):
        of_a, of_b, of_f = (Windows.of(values) for values in raw)
        same_a = _equal(of_a.raw, of_f.raw)
        # The reference overwrites F's window by its scaled copy before it compares it with B's.
        same_b = np.where(same_a | of_f.constant, _equal(of_b.raw, of_f.raw), _equal(of_b.raw, of_f.scaled))
        total += float(normalised(of_a, of_f, same_a).sum() + normalised(of_b, of_f, same_b).sum())
    return total / (2 * windows)


def _binary_information(a: Mask, b: Mask, f: Mask) -> float:
    """Sum of the halved informations over all windows of binary maps, each pair of the 512 patterns once."""
    pattern_f = patterns(f)
    pairs = np.zeros(512 * 512, dtype=np.int64)
    for source in (a, b):
        pairs += np.bincount(patterns(source) * 512 + pattern_f, minlength=pairs.size)
    present = np.flatnonzero(pairs)
    of_source, of_f = np.divmod(present, 512)
    total = 0.0
    for start in range(0, present.size, BLOCK):
        block = slice(start, start + BLOCK)
        x, y = of_source[block], of_f[block]
        information = normalised(Windows.of(binary_windows(x)), Windows.of(binary_windows(y)), x == y)
        total += float((information * pairs[present[block]]).sum())
    return total / 2


def _equal(x: Array, y: Array) -> Mask:
    return np.logical_and.reduce(x == y, axis=0)


def normalised(source: Windows, fused: Windows, same: Mask) -> Array:
    """2 MI / (H_source + H_fused) of each window pair.

    Args:
        source: Windows of a source.
        fused: Windows of the fused image, as many.
        same: Which count as identical, `N`.

    Returns:
        `N` values; 1 for identical and for two constant windows, 0 where one is constant or has a single peak,
        NaN where rounding made a variance negative.
    """
    with np.errstate(all="ignore"):
        value = 2 * _mutual(source, fused) / (source.entropy + fused.entropy)
    value[source.constant | fused.constant | source.single | fused.single] = 0.0
    value[source.constant & fused.constant | same] = 1.0
    return value


def _mutual(source: Windows, fused: Windows) -> Array:
    """Mutual information of each window pair, in nats."""
    covariance = (source.pdf * fused.pdf).sum(axis=0) - 1 / 9
    # The extreme coupling of negatively correlated windows is the positive one with F's positions reversed.
    reversed_ = (covariance < 0).astype(np.float64)
    cdf = fused.cdf * (1 - reversed_) + (1 - fused.cdf[::-1]) * reversed_
    reach = _comonotone(source.cdf, cdf)
    theta = (
        np.abs(covariance)
        / (source.spread * fused.spread)
        * np.sqrt(source.variance * fused.variance)
        / reach
    )
    independent = 1 - theta
    base = independent * logarithm(independent)
    piece, product = staircase(source.cdf, cdf)
    piece *= theta
    piece /= product + TINY
    piece += independent
    weighted = logarithm(piece)
    weighted *= piece
    weighted -= base
    weighted *= product
    return weighted.sum(axis=0) + base


def _comonotone(x: Array, y: Array) -> Array:
    """Covariance of the positions under the extreme coupling (Hoeffding): sum of min(X_i, Y_j) - X_i Y_j."""
    total = np.minimum(x[0], y)
    least = np.empty_like(y)
    for step in x[1:]:
        total += np.minimum(step, y, out=least)
    return total.sum(axis=0) - x.sum(axis=0) * y.sum(axis=0)


def staircase(x: Array, y: Array) -> tuple[Array, Array]:
    """The 17 cells of the extreme coupling.

    Args:
        x: Cumulative distributions without their last value, `8 x N`, ascending.
        y: The other ones, same shape.

    Returns:
        `17 x N` lengths of the pieces, and `17 x N` products of the two steps that hold each.
    """
    cuts = _merged(x, y)
    bits = cuts.view(np.int64)
    from_x = -(bits & 1)
    product = np.ones((17, x.shape[1]))
    above = 1 - cuts
    for mine in (from_x, ~from_x):
        lower = (bits & mine).view(np.float64)
        upper = (above.view(np.int64) & mine).view(np.float64)
        for k in range(1, 16):
            np.maximum(lower[k], lower[k - 1], out=lower[k])
            np.maximum(upper[15 - k], upper[16 - k], out=upper[15 - k])
        step = np.ones_like(product)
        step[1:] -= lower
        step[:-1] -= upper
        product *= step
    piece = np.empty_like(product)
    piece[0] = cuts[0]
    np.subtract(cuts[1:], cuts[:-1], out=piece[1:16])
    np.subtract(1.0, cuts[15], out=piece[16])
    return piece, product


def _merged(x: Array, y: Array) -> Array:
    """Both ascending sequences as one, `16 x N`; the last bit of each number is 1 if it came from `x`.

    A bitonic merge: eight array operations, no branches; the marks cost one unit in the last place.
    """
    now = np.empty((16, x.shape[1]))
    np.bitwise_or(x.view(np.int64), 1, out=now[:8].view(np.int64))
    np.bitwise_and(y[::-1].view(np.int64), ~1, out=now[8:].view(np.int64))
    then = np.empty_like(now)
    for half in (8, 4, 2, 1):
        pairs, sorted_ = (v.reshape(-1, 2, half, x.shape[1]) for v in (now, then))
        np.minimum(pairs[:, 0], pairs[:, 1], out=sorted_[:, 0])
        np.maximum(pairs[:, 0], pairs[:, 1], out=sorted_[:, 1])
        now, then = then, now
    return now
