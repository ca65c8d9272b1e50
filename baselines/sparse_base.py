"""Multi-scale pyramids whose base is fused by sparse representation (LP_SR, RP_SR).

Paper: Liu, Liu, Wang, "A general framework for image fusion based on multi-scale transform and sparse
representation", Information Fusion 24, 2015; the authors' MATLAB code with its learned dictionary.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tcmoa_bench.baselines.colour import Plane
from tcmoa_bench.baselines.kernel import KernelFuser, on_planes
from tcmoa_bench.baselines.learned import load_array
from tcmoa_bench.baselines.patches import SIDE, extract, overlap_count, overlap_sum
from tcmoa_bench.baselines.pyramid import BaseRule, mean_base, pyramid_fusion
from tcmoa_bench.types import FuserOptions, FuserRecord

STEP = 2
ERROR = 0.01
CHUNK = 512


def sparse_base(p: Plane, q: Plane, dictionary: Plane) -> Plane:
    """Fuse two coarse images patch by patch: the patch whose sparse code has the larger l1 norm.

    Args:
        p: `H x W`, `float64`, 0..255; wins ties.
        q: The other coarse image.
        dictionary: `64 x K`, columns of length 1, patches flattened column by column.
    """
    average = mean_base(p, q)
    if min(p.shape) < SIDE:
        return average
    (patches_p, norm_p), (patches_q, norm_q) = (_approximate(extract(x, STEP), dictionary) for x in (p, q))
    chosen = np.where((norm_p >= norm_q)[..., None], patches_p, patches_q)
    count = overlap_count(chosen.shape[0], chosen.shape[1], p.shape, STEP)
    total = overlap_sum(chosen, p.shape, STEP)
    return np.divide(total, count, out=average, where=count > 0)


def _approximate(patches: Plane, dictionary: Plane) -> tuple[Plane, Plane]:
    """Sparse approximation of each patch and the l1 norm of its code."""
    flat = patches.reshape(-1, patches.shape[-1])
    mean = flat.mean(axis=1, keepdims=True)
    parts = [pursue(chunk, dictionary) for chunk in np.array_split(flat - mean, -(-len(flat) // CHUNK))]
    fitted = np.concatenate([part[0] for part in parts]) + mean
    norms = np.concatenate([part[1] for part in parts])
    return fitted.reshape(patches.shape), norms.reshape(patches.shape[:-1])


def pursue(signals: Plane, dictionary: Plane) -> tuple[Plane, Plane]:
    """Orthogonal matching pursuit of many signals at once, to a squared error of 0.01.

    Args:
        signals: `N x 64`.
        dictionary: `64 x K`, columns of length 1.

    Returns:
        The approximations, `N x 64`, and the l1 norms of the codes, `N`.
    """
    count, length = signals.shape
    residual = signals.copy()
    basis = np.zeros((count, length, length))
    triangle = np.tile(np.eye(length), (count, 1, 1))
    projections = np.zeros((count, length))
    used = np.zeros((count, dictionary.shape[1]), bool)
    active = np.arange(count)
    for step in range(length):
        active = active[(residual[active] ** 2).sum(axis=1) > ERROR]
        correlation = residual[active] @ dictionary
        atom = np.abs(correlation).argmax(axis=1)
        rows = np.arange(len(active))
        fresh = ~used[active, atom] & (correlation[rows, atom] ** 2 >= 1e-14)
        active, atom = active[fresh], atom[fresh]
        if not len(active):
            break
        # The atom's part outside the span of the earlier ones; twice, for orthogonality to rounding.
        vector = dictionary[:, atom].T
        earlier = basis[active, :, :step]
        along = np.einsum("nij,ni->nj", earlier, vector)
        outside = vector - np.einsum("nij,nj->ni", earlier, along)
        again = np.einsum("nij,ni->nj", earlier, outside)
        outside -= np.einsum("nij,nj->ni", earlier, again)
        height = np.linalg.norm(outside, axis=1)
        independent = height**2 > 1e-14
        active, atom, outside, height = (x[independent] for x in (active, atom, outside, height))
        outside /= height[:, None]
        used[active, atom] = True
        basis[active, :, step] = outside
        triangle[active, :step, step] = (along + again)[independent]
        triangle[active, step, step] = height
        projections[active, step] = (residual[active] * outside).sum(axis=1)
        residual[active] -= projections[active, step, None] * outside
    codes = np.linalg.solve(triangle, projections[..., None])[..., 0]
    return signals - residual, np.abs(codes).sum(axis=1)


def base_rule(record: FuserRecord, options: FuserOptions) -> BaseRule:
    """`sparse_base` with the dictionary of the user's file, columns scaled to length 1.

    Raises:
        Unavailable: The file is not here.
        BenchError: It holds no such dictionary.
    """
    dictionary = load_array(record.weights[0], options, "D", (64, 256))
    return partial(sparse_base, dictionary=dictionary / np.linalg.norm(dictionary, axis=0))


def _build(record: FuserRecord, options: FuserOptions, ratio: bool) -> KernelFuser:
    base = base_rule(record, options)
    return on_planes(lambda a, b: pyramid_fusion(b, a, ratio=ratio, base=base))(record, options)


def build_lp_sr(record: FuserRecord, options: FuserOptions) -> KernelFuser:
    """Laplacian pyramid with sparse base; `Unavailable` without the user's dictionary file."""
    return _build(record, options, ratio=False)


def build_rp_sr(record: FuserRecord, options: FuserOptions) -> KernelFuser:
    """Ratio pyramid with sparse base; `Unavailable` without the user's dictionary file."""
    return _build(record, options, ratio=True)
