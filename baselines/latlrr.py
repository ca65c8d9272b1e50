"""Latent low-rank representation with a learned projection, four levels (LatLRR, MDLatLRR).

Paper: Li, Wu, "Infrared and visible image fusion using latent low-rank representation", arXiv:1804.08992;
the authors' MATLAB code as in VIFB. The code never clears its accumulator between levels, so the detail
of level k counts 5 - k times; the strong contrast of the published images comes from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from tcmoa_bench.baselines.colour import Plane
from tcmoa_bench.baselines.kernel import KernelFuser, on_parts
from tcmoa_bench.baselines.learned import load_array
from tcmoa_bench.baselines.numeric import share
from tcmoa_bench.baselines.patches import SIDE, extract, overlap_count, overlap_sum
from tcmoa_bench.types import FuserOptions, FuserRecord

LEVELS = 4
#: Rows of patches that are worked on at a time, to bound memory.
STRIP = 32


@dataclass(frozen=True)
class Decomposition:
    """Images before each level, nuclear norms of their salient patches, and what is left in the end."""

    images: list[Plane]
    norms: list[Plane]
    base: Plane


def decompose(x: Plane, projection: Plane) -> Decomposition:
    """Peel the salient part off a plane on 0..255, level by level; `projection` is `64 x 64`."""
    x = x / 255
    images, norms = [], []
    for _ in range(LEVELS):
        values, detail = [], np.zeros_like(x)
        for top, rows in _strips(x.shape[0]):
            salient = _salient(x, top, rows, projection)
            values.append(nuclear_norms(salient))
            _lay(salient, detail, top)
        images.append(x)
        norms.append(np.concatenate(values))
        x = x - detail / _overlap(x.shape)
    return Decomposition(images, norms, x)


def combine(visible: Decomposition, infrared: Decomposition, projection: Plane) -> Plane:
    """Mean of the bases plus the details of all levels, weighted by nuclear norms; 0..255, unrounded."""
    first, second = infrared, visible
    fused = (first.base + second.base) / 2
    for level in range(LEVELS):
        weight = share(first.norms[level], first.norms[level] + second.norms[level])[..., None]
        detail = np.zeros_like(fused)
        for top, rows in _strips(fused.shape[0]):
            p, q = (_salient(x.images[level], top, rows, projection) for x in (first, second))
            _lay(weight[top : top + rows] * (p - q) + q, detail, top)
        fused += (LEVELS - level) * detail / _overlap(fused.shape)
    return 255 * fused


def _lay(patches: Plane, image: Plane, top: int) -> None:
    """Add patches, in place, to where they came from."""
    height = len(patches) + SIDE - 1
    image[top : top + height] += overlap_sum(patches, (height, image.shape[1]))


def _overlap(shape: tuple[int, ...]) -> Plane:
    return overlap_count(shape[0] - SIDE + 1, shape[1] - SIDE + 1, shape)


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
    analyse = partial(decompose, projection=projection)
    return on_parts(analyse, analyse, partial(combine, projection=projection))(record, options)
