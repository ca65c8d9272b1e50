"""Latent low-rank representation with a learned projection, four levels (LatLRR, MDLatLRR).

Paper: Li, Wu, "Infrared and visible image fusion using latent low-rank representation", arXiv:1804.08992;
the authors' MATLAB code as in VIFB. The code never clears its accumulator between levels, so the detail
of level k counts 5 - k times; the strong contrast of the published images comes from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from tcmoa_bench.baselines.colour import Plane
from tcmoa_bench.baselines.kernel import KernelFuser, choose_colour
from tcmoa_bench.baselines.learned import load_array
from tcmoa_bench.baselines.numeric import share
from tcmoa_bench.baselines.patches import SIDE, extract, overlap_count, overlap_sum

from tcmoa_bench.types import FuserOptions, FuserRecord

LEVELS = 4
#: Rows of patches that are worked on at a time, to bound memory.
STRIP = 32
THREADS = 2


@dataclass(frozen=True)
class Decomposition:
    """Images before each level, nuclear norms of their salient patches, and what is left in the end."""

    images: list[Plane]
    norms: list[Plane]
    base: Plane


def latlrr(a: Plane, b: Plane, projection: Plane) -> Plane:
    """Fuse two images on 0..255, unrounded.

    Args:
        a: Visible image, `H x W` or `H x W x 3`.
        b: Infrared image, same shape.
        projection: Learned `64 x 64` matrix that keeps the salient part of a patch.
    """
    channels_a, channels_b = (np.moveaxis(np.atleast_3d(x), 2, 0) / 255 for x in (a, b))
    known: list[tuple[Plane, Decomposition]] = []

    def decomposition(x: Plane) -> Decomposition:
        # Gray sources repeated three times are worked on once: nuclear norms are what takes the time.
        for plane, result in known:
            if np.array_equal(plane, x):
                return result
        known.append((x, decompose(x, projection)))
        return known[-1][1]

    fused = [
        _fuse(decomposition(x), decomposition(y), projection)
        for x, y in zip(channels_b, channels_a, strict=True)
    ]
    return 255 * (fused[0] if a.ndim == 2 else np.stack(fused, axis=2))


def decompose(x: Plane, projection: Plane) -> Decomposition:
    """Peel the salient part off a plane on 0..1, level by level."""
    images, norms = [], []
    for _ in range(LEVELS):
        strips = [_salient(x, top, rows, projection) for top, rows in _strips(x.shape[0])]
        images.append(x)
        # LAPACK runs without the interpreter's lock, so threads share the work.
        with ThreadPoolExecutor(THREADS) as pool:
            norms.append(np.concatenate(list(pool.map(nuclear_norms, strips))))
        x = x - _lay_back(strips, x.shape)
    return Decomposition(images, norms, x)


def _fuse(first: Decomposition, second: Decomposition, projection: Plane) -> Plane:
    """Mean of the bases plus the details of all levels, weighted by nuclear norms."""
    fused = (first.base + second.base) / 2
    for level in range(LEVELS):
        weight = share(first.norms[level], first.norms[level] + second.norms[level])[..., None]
        mixed = (
            weight[top : top + rows] * _salient(first.images[level], top, rows, projection)
            + (1 - weight[top : top + rows]) * _salient(second.images[level], top, rows, projection)
            for top, rows in _strips(fused.shape[0])
        )
        fused += (LEVELS - level) * _lay_back(mixed, fused.shape)
    return fused


def _lay_back(strips: Iterable[Plane], shape: tuple[int, ...]) -> Plane:
    """Mean of overlapping patches, from strips of their rows."""
    total = np.zeros(shape)
    top = 0
    for strip in strips:
        height = len(strip) + SIDE - 1
        total[top : top + height] += overlap_sum(strip, (height, shape[1]))
        top += len(strip)
    return total / overlap_count(shape[0] - SIDE + 1, shape[1] - SIDE + 1, shape)


def _strips(height: int) -> Iterator[tuple[int, int]]:
    """First row and number of rows of patches of each strip."""
    last = height - SIDE + 1
    for top in range(0, last, STRIP):
        yield top, min(STRIP, last - top)


def _salient(x: Plane, top: int, rows: int, projection: Plane) -> Plane:
    """Projected patches of one strip, `rows x columns x 64`."""
    patches = extract(x[top : top + rows + SIDE - 1])
    return (patches.reshape(-1, SIDE * SIDE) @ projection.T).reshape(patches.shape)


def nuclear_norms(patches: Plane) -> Plane:
    """Sum of the singular values of each 8x8 patch, from the eigenvalues of its Gram matrix."""
    matrices = patches.reshape(*patches.shape[:2], SIDE, SIDE)
    gram = matrices @ matrices.swapaxes(-1, -2)
    return np.sqrt(np.maximum(np.linalg.eigvalsh(gram), 0)).sum(axis=-1)


def build(record: FuserRecord, options: FuserOptions) -> KernelFuser:
    """The fuser, with the matrix from the user's file; `Unavailable` without it."""
    projection = load_array(record.weights[0], options, "L", (64, 64))
    record = choose_colour(record, options, ("rgb", "luma"))
    return KernelFuser(record, lambda a, b: latlrr(a, b, projection))
