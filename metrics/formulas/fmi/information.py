"""Normalised mutual information of windows under the Frechet-bound model of their joint distribution.

Two windows are distributions over nine positions. Their joint distribution J is modelled as a mixture
theta * D + (1 - theta) * p q: D is the extreme coupling (all mass as near to the diagonal as the marginals
allow, or to the anti-diagonal where the windows are negatively correlated), p q the independent one, and theta is
such that the positions get the windows' Pearson correlation.

D lives on a staircase: cut the unit interval at the values of both cumulative distributions; each of the 17 pieces
is one cell (i, j) with D = the piece's length, p_i and q_j = the steps that hold it. All other 64 cells have
J = (1 - theta) p q, whose sum has a closed form. So one merge of 16 numbers replaces tables of 81 cells:

    MI = sum over pieces of p q (t log|t| - s log|s|) + s log|s|,  s = 1 - theta,  t = s + theta * D / (p q)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.formulas.fmi.windows import (
    BLOCK,
    TINY,
    Array,
    Mask,
    Scratch,
    Windows,
    binary_windows,
    count,
    inside,
    logarithm,
    patterns,
    raw_windows,
)

PIECES = 17


def mean_information(
    a: NDArray[np.generic], b: NDArray[np.generic], f: NDArray[np.generic], overwrite: bool = True
) -> float:
    """Mean over all windows of the halved normalised mutual informations of (A, F) and (B, F).

    Args:
        a: Feature map of source A, `H x W`, at least 3 x 3.
        b: Feature map of source B, same size.
        f: Feature map of the fused image, same size.
        overwrite: The reference's bug: F's window is overwritten by its scaled copy before it is compared with
            B's, so that windows where F equals B are not recognised.
    """
    if f.dtype == np.bool_:
        total = _binary_total(a.astype(bool), b.astype(bool), f.astype(bool))
    else:
        total = _total(a, b, f, overwrite)
    return total / (2 * (f.shape[0] - 2) * (f.shape[1] - 2))


def _total(a: NDArray[np.generic], b: NDArray[np.generic], f: NDArray[np.generic], overwrite: bool) -> float:
    planes = [np.ascontiguousarray(plane, dtype=np.float64) for plane in (a, b, f)]
    own, common = [Scratch() for _ in planes], Scratch()
    total = 0.0
    for start in range(0, count(f), BLOCK):
        of_a, of_b, of_f = (
            Windows.of(raw_windows(plane, start, scratch), scratch)
            for plane, scratch in zip(planes, own, strict=True)
        )
        same_a = _equal(of_a.raw, of_f.raw)
        same_b = _equal(of_b.raw, of_f.raw)
        if overwrite:
            same_b = np.where(same_a | of_f.constant, same_b, _equal(of_b.raw, of_f.scaled))
        value = normalised(of_a, of_f, same_a, common) + normalised(of_b, of_f, same_b, common)
        total += float(value[inside(f.shape[1], start, value.size)].sum())
    return total


def _binary_total(a: Mask, b: Mask, f: Mask) -> float:
    """The same for binary maps: each pair of the 512 possible windows is evaluated once."""
    pattern_f = patterns(f)
    pairs = np.zeros(512 * 512, dtype=np.int64)
    for source in (a, b):
        pairs += np.bincount(patterns(source) * 512 + pattern_f, minlength=pairs.size)
    present = np.flatnonzero(pairs)
    scratches = Scratch(), Scratch(), Scratch()
    total = 0.0
    for start in range(0, present.size, BLOCK):
        codes = present[start : start + BLOCK]
        x, y = (
            Windows.of(binary_windows(numbers), scratch)
            for numbers, scratch in zip(np.divmod(codes, 512), scratches[:2], strict=True)
        )
        total += float((normalised(x, y, _equal(x.raw, y.raw), scratches[2]) * pairs[codes]).sum())
    return total


def _equal(x: Array, y: Array) -> Mask:
    return np.logical_and.reduce(x == y, axis=0)


def normalised(source: Windows, fused: Windows, same: Mask, scratch: Scratch) -> Array:
    """2 MI / (H_source + H_fused) of each window pair.

    Args:
        source: Windows of a source.
        fused: Windows of the fused image, as many.
        same: Which count as identical, `N`.
        scratch: Work arrays.

    Returns:
        `N` values; 1 for identical and for two constant windows, 0 where one is constant or has a single peak,
        NaN where rounding made a variance negative.
    """
    with np.errstate(all="ignore"):
        value = 2 * _mutual(source, fused, scratch) / (source.entropy + fused.entropy)
    value[source.constant | fused.constant | source.single | fused.single] = 0.0
    value[source.constant & fused.constant | same] = 1.0
    return value


def _mutual(source: Windows, fused: Windows, scratch: Scratch) -> Array:
    """Mutual information of each window pair, in nats."""
    n = source.pdf.shape[1]
    covariance = np.multiply(source.pdf, fused.pdf, out=scratch("products", 9, n)).sum(axis=0) - 1 / 9
    cdf = _reversed_where(covariance < 0, fused.cdf, scratch)
    reach = _comonotone(source.cdf, cdf, scratch)
    theta = (
        np.abs(covariance)
        / (source.spread * fused.spread)
        * np.sqrt(source.variance * fused.variance)
        / reach
    )
    independent = 1 - theta
    base = independent * logarithm(independent)
    piece, product = staircase(source.cdf, cdf, scratch)
    product += TINY
    piece *= theta
    piece /= product
    piece += independent
    information = logarithm(piece, out=scratch("information", PIECES, n))
    information *= piece
    information -= base
    information *= product
    return information.sum(axis=0) + base


def _reversed_where(negative: Mask, cdf: Array, scratch: Scratch) -> Array:
    """Cumulative distributions with the positions of some windows reversed.

    The extreme coupling of negatively correlated windows is the positive one with F's positions reversed.
    """
    n = cdf.shape[1]
    turned, kept = scratch("turned", 8, n), scratch("kept", 8, n)
    # Products with 0 and 1 are exact, and several times as fast as `where`.
    np.subtract(1, cdf[::-1], out=turned)
    turned *= negative.astype(np.float64)
    turned += np.multiply(cdf, (~negative).astype(np.float64), out=kept)
    return turned


def _comonotone(x: Array, y: Array, scratch: Scratch) -> Array:
    """Covariance of the positions under the extreme coupling (Hoeffding): sum of min(X_i, Y_j) - X_i Y_j."""
    n = x.shape[1]
    total, least = scratch("total", 8, n), scratch("least", 8, n)
    np.minimum(x[0], y, out=total)
    for step in x[1:]:
        total += np.minimum(step, y, out=least)
    return total.sum(axis=0) - x.sum(axis=0) * y.sum(axis=0)


def staircase(x: Array, y: Array, scratch: Scratch) -> tuple[Array, Array]:
    """The 17 cells of the extreme coupling.

    Args:
        x: Cumulative distributions without their last value, `8 x N`, ascending.
        y: The other ones, same shape.
        scratch: Work arrays.

    Returns:
        `17 x N` lengths of the pieces, and `17 x N` products of the two steps that hold each.
    """
    n = x.shape[1]
    piece, product, step = (scratch(name, PIECES, n) for name in ("piece", "product", "step"))
    above, mine, lower, upper = (scratch(name, 16, n) for name in ("above", "mine", "lower", "upper"))
    cuts = _merged(x, y, scratch)
    bits, mask = cuts.view(np.int64), mine.view(np.int64)
    np.subtract(1, cuts, out=above)
    # All bits set where the cut is one of x's; then, for y, where it is not.
    np.bitwise_and(bits, 1, out=mask)
    np.negative(mask, out=mask)
    product[...] = 1
    for _ in ("x", "y"):
        np.bitwise_and(bits, mask, out=lower.view(np.int64))
        np.bitwise_and(above.view(np.int64), mask, out=upper.view(np.int64))
        # The step that holds a piece reaches from the last own cut below it to the next one above it.
        for k in range(1, 16):
            np.maximum(lower[k], lower[k - 1], out=lower[k])
            np.maximum(upper[15 - k], upper[16 - k], out=upper[15 - k])
        step[0] = 1
        np.subtract(1, lower, out=step[1:])
        step[:-1] -= upper
        product *= step
        np.invert(mask, out=mask)
    piece[0] = cuts[0]
    np.subtract(cuts[1:], cuts[:-1], out=piece[1:16])
    piece[16] = above[15]
    return piece, product


def _merged(x: Array, y: Array, scratch: Scratch) -> Array:
    """Both ascending sequences as one, `16 x N`; the last bit of each number is 1 if it came from `x`.

    A bitonic merge: eight array operations, no branches; the marks cost one unit in the last place.
    """
    now, then = scratch("merged", 16, x.shape[1]), scratch("merging", 16, x.shape[1])
    np.bitwise_or(x.view(np.int64), 1, out=now[:8].view(np.int64))
    np.bitwise_and(y[::-1].view(np.int64), ~1, out=now[8:].view(np.int64))
    for half in (8, 4, 2, 1):
        pairs, ordered = (v.reshape(-1, 2, half, x.shape[1]) for v in (now, then))
        np.minimum(pairs[:, 0], pairs[:, 1], out=ordered[:, 0])
        np.maximum(pairs[:, 0], pairs[:, 1], out=ordered[:, 1])
        now, then = then, now
    return now
