"""Nuclear norms of many small matrices at once, every step done for all of them side by side.

LAPACK solves one matrix per call, which for 8x8 ones is mostly overhead, and singular values take turns of
an iteration. Their sum needs none: Householder reflections make a matrix A bidiagonal (Golub, Kahan 1965),
positive terms alone lead from there to the polynomial p(x) = det(x + A'A), and with it

    sum of s = 2/pi * integral over t > 0 of the sum of s^2 / (t^2 + s^2),

where the inner sum is n - x p'(x) / p(x) at x = t^2.
"""

from __future__ import annotations

import numpy as np

from tcmoa_bench.baselines.kernels.numeric import Float64Array

#: Matrices side by side: enough to hide NumPy's cost per call, few enough to stay in cache.
BATCH = 5120
#: Of these, how many BLAS is given at a time: on more it would work with threads of its own.
SLICE = 256
#: Places where the integrand is evaluated, for errors below 1e-12.
NODES = 72
#: Singular values far below this part of the root of the sum of squares may be taken for 0.
NEGLIGIBLE = 1e-9


def nuclear_norms(matrices: Float64Array) -> Float64Array:
    """Sums of singular values, `N`, of `n x n x N` matrices (the last axis counts them)."""
    size, _, count = matrices.shape
    norms = np.empty(count)
    # Fresh memory for each batch would cost as much as a step on it.
    work, products = np.empty((2, size, size, min(count, BATCH)))
    for start in range(0, count, BATCH):
        batch = matrices[..., start : start + BATCH]
        copy = work[..., : batch.shape[2]]
        copy[...] = batch
        norms[start : start + BATCH] = _norms(copy, products)
    return norms


def _norms(matrices: Float64Array, products: Float64Array) -> Float64Array:
    """Norms of one batch, which is overwritten."""
    diagonal, upper = _bidiagonal(matrices, products)
    total = diagonal.sum(axis=0) + upper.sum(axis=0)
    scale = np.where(total > 0, total, 1)
    return _root_sums(_polynomials(diagonal / scale, upper / scale)) * np.sqrt(scale)


def _bidiagonal(a: Float64Array, products: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Squares of the diagonal, `n x N`, and of the line above it, `n - 1 x N`."""
    size, _, count = a.shape
    diagonal, upper = np.empty((size, count)), np.empty((size - 1, count))
    for k in range(size - 1):
        diagonal[k] = _reflect(a[k:, k], a[k:, k + 1 :], products)
        upper[k] = _reflect(a[k, k + 1 :], a[k + 1 :, k + 1 :].swapaxes(0, 1), products)
    diagonal[-1] = a[-1, -1] ** 2
    return diagonal, upper


def _reflect(vector: Float64Array, rest: Float64Array, products: Float64Array) -> Float64Array:
    """Squared length of a vector; the reflection that turns it onto the first axis is applied to `rest` in place."""
    square = np.einsum("in,in->n", vector, vector)
    length = np.sqrt(square)
    half = square + length * np.abs(vector[0])
    vector[0] += np.copysign(length, vector[0])
    weights = np.einsum("in,ijn->jn", vector, rest)
    weights *= 1 / np.maximum(half, np.finfo(np.float64).tiny)
    rows, columns, count = rest.shape
    rest -= np.multiply(vector[:, None], weights, out=products[:rows, :columns, :count])
    return square


def _polynomials(diagonal: Float64Array, upper: Float64Array) -> Float64Array:
    """Coefficients, `n + 1 x N` from the constant upwards, of det(x + B'B) for bidiagonal B, from its squares.

    These are the denominators of a continued fraction of Stieltjes: all terms are positive, so that small
    coefficients are as exact as large ones.
    """
    even = np.zeros((len(diagonal) + 1, diagonal.shape[1]))
    even[0] = 1
    odd = even.copy()
    for k, square in enumerate(diagonal):
        even[: k + 1] *= square
        even[1 : k + 2] += odd[: k + 1]
        if k < len(upper):
            odd[: k + 1] *= upper[k]
            odd[: k + 2] += even[: k + 2]
    return even


def _root_sums(polynomials: Float64Array) -> Float64Array:
    """Sums of the roots of the numbers x for which p(-x) = 0; these numbers add up to 1."""
    degrees = np.arange(len(polynomials))
    powers = _X ** degrees[:, None]
    missing = (degrees[-1] - degrees)[:, None] * powers * _WEIGHTS
    sums = np.empty(polynomials.shape[1])
    for start in range(0, sums.size, SLICE):
        part = polynomials[:, start : start + SLICE].T
        integrand = part @ missing
        integrand /= part @ powers
        integrand.sum(axis=1, out=sums[start : start + SLICE])
    return sums


def _quadrature() -> tuple[Float64Array, Float64Array]:
    """Places x = t^2 and weights for 2/pi times an integral over t from 0 to infinity.

    With t = `NEGLIGIBLE` * sinh(u) the integrand is even and analytic around t = 0, and mirrored likewise
    around infinity: between such ends the midpoint rule converges exponentially.
    """
    end = np.log(4 / NEGLIGIBLE)
    step = end / NODES
    u = step * (np.arange(NODES // 2) + 0.5)
    near_0, middle = NEGLIGIBLE * np.sinh(u), NEGLIGIBLE * np.sinh(end / 2)
    t = np.concatenate([near_0, middle**2 / near_0[::-1]])
    slope = t / np.tanh(np.concatenate([u, u[::-1]]))
    return t**2, 2 / np.pi * step * slope


_X, _WEIGHTS = _quadrature()
