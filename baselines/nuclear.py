"""Nuclear norms of many small matrices at once, every step done for all of them side by side.

LAPACK solves one matrix per call, which for 8x8 ones is mostly overhead. Householder reflections make a
matrix bidiagonal (Golub, Kahan 1965); the squares of its singular values are the eigenvalues of a
tridiagonal matrix, found by the square-root-free QL iteration of Pal, Walker and Kahan (Parlett, "The
symmetric eigenvalue problem", section 8.15) with Wilkinson's shift.
"""

from __future__ import annotations

import numpy as np

from tcmoa_bench.baselines.colour import Plane

#: Matrices side by side: enough to hide NumPy's cost per call, few enough to stay in cache.
BATCH = 8192
#: Squared off-diagonal values below this part of the squared trace are zero.
NEGLIGIBLE = 1e-28
#: What stands for zero in quotients: far below the rounding of values around 1, its square far above 0.
TINY = 1e-30


def nuclear_norms(matrices: Plane) -> Plane:
    """Sums of singular values, `N`, of `n x n x N` matrices (the last axis counts them)."""
    count = matrices.shape[2]
    batches = [matrices[..., start : start + BATCH] for start in range(0, count, BATCH)]
    return np.concatenate([_norms(np.array(batch)) for batch in batches])


def _norms(matrices: Plane) -> Plane:
    """Norms of one batch, which is overwritten."""
    diagonal, upper = _bidiagonal(matrices)
    squares = diagonal**2
    squares[1:] += upper**2
    total = squares.sum(axis=0)
    scale = np.where(total > 0, total, 1)
    squares /= scale
    links = (diagonal[:-1] * upper / scale) ** 2
    return np.sqrt(np.maximum(_eigenvalues(squares, links), 0)).sum(axis=0) * np.sqrt(scale)


def _bidiagonal(a: Plane) -> tuple[Plane, Plane]:
    """Diagonal, `n x N`, and the line above it, `n - 1 x N`, up to their signs."""
    size = len(a)
    diagonal, upper = np.empty((size, a.shape[2])), np.empty((size - 1, a.shape[2]))
    for k in range(size - 1):
        diagonal[k] = _reflect(a[k:, k], a[k:, k + 1 :])
        upper[k] = _reflect(a[k, k + 1 :], a[k + 1 :, k + 1 :].swapaxes(0, 1))
    diagonal[-1] = a[-1, -1]
    return diagonal, upper


def _reflect(vector: Plane, rest: Plane) -> Plane:
    """Length of a vector; the reflection that turns it onto the first axis is applied to `rest` in place."""
    square = np.square(vector).sum(axis=0)
    length = np.sqrt(square)
    vector[0] += np.copysign(length, vector[0])
    half = square + length * np.abs(vector[0] - np.copysign(length, vector[0]))
    weights = (vector[:, None] * rest).sum(axis=0)
    weights /= np.maximum(half, np.finfo(np.float64).tiny)
    rest -= vector[:, None] * weights
    return length


def _eigenvalues(d: Plane, links: Plane) -> Plane:
    """Eigenvalues, `n x N`, of symmetric tridiagonal matrices of trace 1.

    Args:
        d: Diagonals, `n x N`; overwritten.
        links: Squares of the values beside it, `n - 1 x N`; overwritten.
    """
    for low in range(len(d) - 2):
        _sweep(d[low:], links[low:])
        # The second step settles half of the matrices; the few that need more are gathered.
        while len(late := np.flatnonzero(links[low] > NEGLIGIBLE)) > links.shape[1] / 2:
            _sweep(d[low:], links[low:])
        rest, rest_links = d[low:, late], links[low:, late]
        while len(late) and rest_links[0].max() > NEGLIGIBLE:
            _sweep(rest, rest_links)
        d[low:, late], links[low:, late] = rest, rest_links
    middle, half = (d[-2] + d[-1]) / 2, (d[-2] - d[-1]) / 2
    spread = np.sqrt(half * half + links[-1])
    d[-2], d[-1] = middle - spread, middle + spread
    return d


def _sweep(d: Plane, links: Plane) -> None:
    """One QL step in place, from the last row up to the first, which it makes an eigenvalue."""
    root = np.sqrt(np.maximum(links[0], TINY * TINY))
    tangent = (d[1] - d[0]) / (2 * root)
    shift = d[0] - root / (tangent + np.copysign(np.sqrt(tangent * tangent + 1), tangent))
    d -= shift
    gamma = np.copysign(np.maximum(np.abs(d[-1]), TINY), d[-1])
    p = gamma * gamma
    cosine, sine = np.empty_like(p), np.zeros_like(p)
    r, lower = np.empty_like(p), np.empty_like(p)
    last = len(links) - 1
    for i in range(last, -1, -1):
        link = links[i]
        np.add(p, link, out=r)
        np.divide(p, r, out=cosine)
        if i < last:
            np.multiply(sine, r, out=links[i + 1])
        np.divide(link, r, out=sine)
        gamma, lower = lower, gamma
        np.multiply(cosine, d[i], out=gamma)
        gamma -= np.multiply(sine, lower, out=r)
        np.add(lower, d[i], out=d[i + 1])
        d[i + 1] -= gamma
        np.copysign(np.maximum(np.abs(gamma, out=p), TINY, out=p), gamma, out=gamma)
        np.multiply(gamma, gamma, out=p)
        p /= cosine
    np.multiply(sine, p, out=links[0])
    d[0] = gamma
    d += shift
