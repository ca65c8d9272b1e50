"""Multi-scale pyramids whose base is fused by sparse representation (LP_SR, RP_SR).

Paper: Liu, Liu, Wang, "A general framework for image fusion based on multi-scale transform and sparse
representation", Information Fusion 24, 2015; the authors' MATLAB code with its learned dictionary.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tcmoa_bench.baselines.classical.pyramid import BaseRule, mean_base, on_pyramid
from tcmoa_bench.baselines.kernels.colour import Pairs
from tcmoa_bench.baselines.kernels.fuser import KernelFuser
from tcmoa_bench.baselines.kernels.learned import load_array
from tcmoa_bench.baselines.kernels.numeric import Float64Array
from tcmoa_bench.baselines.kernels.patches import SIDE, extract, overlap_count, overlap_sum
from tcmoa_bench.baselines.kernels.threads import each
from tcmoa_bench.types import FuserOptions, FuserRecord

STEP = 2
ERROR = 0.01
#: Squares below this are rounding noise.
NEGLIGIBLE = 1e-14
#: Signals side by side: their bases stay in the cache.
CHUNK = 128
#: Rows of a matrix product that BLAS does not spread over threads of its own, which get in the way of ours.
ROWS = 16


def sparse_base(planes: list[Float64Array], pairs: Pairs, dictionary: Float64Array) -> list[Float64Array]:
    """Fuse coarse images pairwise, patch by patch: the patch whose sparse code has the larger l1 norm.

    Args:
        planes: `H x W` each, `float64`, 0..255.
        pairs: Which two of the planes are fused; the first wins ties.
        dictionary: `64 x K`, columns of length 1, patches flattened column by column.
    """
    averages = mean_base(planes, pairs)
    if min(planes[0].shape) < SIDE:
        return averages
    coded = [_approximate(extract(plane, STEP), dictionary) for plane in planes]
    return [_stronger(*coded[p], *coded[q], average) for (p, q), average in zip(pairs, averages, strict=True)]


def _stronger(
    patches_p: Float64Array,
    norms_p: Float64Array,
    patches_q: Float64Array,
    norms_q: Float64Array,
    average: Float64Array,
) -> Float64Array:
    """Overlap average of the patches with larger norms; `average` where no patch lies."""
    chosen = np.where((norms_p >= norms_q)[..., None], patches_p, patches_q)
    count = overlap_count(chosen.shape[0], chosen.shape[1], average.shape, STEP)
    return np.divide(overlap_sum(chosen, average.shape, STEP), count, out=average, where=count > 0)


def _approximate(patches: Float64Array, dictionary: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Sparse approximation of each patch and the l1 norm of its code."""
    flat = patches.reshape(-1, patches.shape[-1])
    mean = flat.mean(axis=1, keepdims=True)
    chunks = [
        flat[start : start + CHUNK] - mean[start : start + CHUNK] for start in range(0, len(flat), CHUNK)
    ]
    fitted, norms = zip(*each(lambda chunk: pursue(chunk, dictionary), chunks), strict=True)
    return (
        (np.concatenate(fitted) + mean).reshape(patches.shape),
        np.concatenate(norms).reshape(patches.shape[:-1]),
    )


def pursue(signals: Float64Array, dictionary: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Orthogonal matching pursuit of many signals at once, to a squared error of 0.01.

    Args:
        signals: `N x 64`.
        dictionary: `64 x K`, columns of length 1.

    Returns:
        The approximations, `N x 64`, and the l1 norms of the codes, `N`.
    """
    count, length = signals.shape
    atoms, rows = np.ascontiguousarray(dictionary.T), np.arange(count)
    residual = signals.copy()
    # An orthonormal basis of the chosen atoms, the atoms in it (row by row), and the signals in it. A signal
    # that is done gets zeros.
    basis, triangle = np.empty((2, count, length, length))
    projections = np.zeros((count, length))
    used = np.zeros((count, len(atoms)), bool)
    active = np.square(residual).sum(axis=1) > ERROR
    size = 0
    while size < length and active.any():
        correlation = _correlate(residual, dictionary)
        best = np.abs(correlation).argmax(axis=1)
        active &= ~used[rows, best] & (correlation[rows, best] ** 2 >= NEGLIGIBLE)
        along, outside, square = _orthogonalise(atoms[best], basis[:, :size])
        active &= square > NEGLIGIBLE
        height = np.where(active, np.sqrt(square), 1)
        outside *= (active / height)[:, None]
        used[rows, best] = True
        basis[:, size] = outside
        triangle[:, size, :size], triangle[:, size, size] = along, height
        projections[:, size] = (residual * outside).sum(axis=1)
        residual -= projections[:, size, None] * outside
        active &= np.square(residual).sum(axis=1) > ERROR
        size += 1
    codes = _solve(triangle[:, :size, :size], projections[:, :size])
    return signals - residual, np.abs(codes).sum(axis=1)


def _correlate(signals: Float64Array, dictionary: Float64Array) -> Float64Array:
    """`signals @ dictionary`."""
    result = np.empty((len(signals), dictionary.shape[1]))
    for start in range(0, len(signals), ROWS):
        np.matmul(signals[start : start + ROWS], dictionary, out=result[start : start + ROWS])
    return result


def _orthogonalise(
    vectors: Float64Array, basis: Float64Array, least: float = 1e-3
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Vectors' parts along the bases, what is outside of them, and its squared length.

    Args:
        vectors: `N x 64`, of length 1.
        basis: `N x k x 64`, orthonormal.
        least: Squared length below which rounding has left too much of the basis in a vector; a second
            time is enough (Kahan's rule, in Parlett, "The symmetric eigenvalue problem", section 6.9).
    """
    along = (basis @ vectors[..., None])[..., 0]
    outside = vectors - (along[:, None] @ basis)[:, 0]
    square = np.square(outside).sum(axis=1)
    short = np.flatnonzero(square < least)
    if len(short):
        again, outside[short], square[short] = _orthogonalise(outside[short], basis[short], 0)
        along[short] += again
    return along, outside, square


def _solve(triangle: Float64Array, values: Float64Array) -> Float64Array:
    """Codes x of `x @ triangle = values`, `N x k`, for lower triangles, `N x k x k`."""
    codes = values.copy()
    for k in reversed(range(values.shape[1])):
        codes[:, k] /= triangle[:, k, k]
        codes[:, :k] -= codes[:, k, None] * triangle[:, k, :k]
    return codes


def base_rule(record: FuserRecord, options: FuserOptions) -> BaseRule:
    """`sparse_base` with the dictionary of the user's file, columns scaled to length 1.

    Raises:
        Unavailable: The file is not here.
        BenchError: It holds no such dictionary.
    """
    dictionary = load_array(record.weights[0], options, "D", (64, 256))
    return partial(sparse_base, dictionary=dictionary / np.linalg.norm(dictionary, axis=0))


def build_lp_sr(record: FuserRecord, options: FuserOptions) -> KernelFuser:
    """Laplacian pyramid with sparse base; `Unavailable` without the user's dictionary file."""
    return on_pyramid(ratio=False, base=base_rule(record, options))(record, options)


def build_rp_sr(record: FuserRecord, options: FuserOptions) -> KernelFuser:
    """Ratio pyramid with sparse base; `Unavailable` without the user's dictionary file."""
    return on_pyramid(ratio=True, base=base_rule(record, options))(record, options)
