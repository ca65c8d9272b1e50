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
from numpy.lib.stride_tricks import sliding_window_view

from tcmoa_bench.baselines.colour import Plane
from tcmoa_bench.baselines.kernel import KernelFuser, on_parts
from tcmoa_bench.baselines.learned import load_array
from tcmoa_bench.baselines.nuclear import nuclear_norms
from tcmoa_bench.baselines.numeric import share
from tcmoa_bench.baselines.patches import SIDE, overlap_count, overlap_sum
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
            _lay(salient, detail, top)
            matrices = salient.reshape(SIDE, SIDE, -1)
            values.append(nuclear_norms(matrices).reshape(rows, -1))
        images.append(x)
        norms.append(np.concatenate(values))
        x = x - detail / _overlap(x.shape)
    return Decomposition(images, norms, x)


def combine(visible: Decomposition, infrared: Decomposition, projection: Plane) -> Plane:
    """Mean of the bases plus the details of all levels, weighted by nuclear norms; 0..255, unrounded.

    With weight w the detail of salient patches P and Q is w P + (1 - w) Q = w (P - Q) + Q: the projection
    is linear, so the difference of the images is projected, and Q alone gives what its level lost.
    """
    first, second = infrared, visible
    fused = (first.base + second.base) / 2
    remainders = [*second.images[1:], second.base]
    for level, remainder in enumerate(remainders):
        weight = share(first.norms[level], first.norms[level] + second.norms[level])
        difference = first.images[level] - second.images[level]
        detail = np.zeros_like(fused)
        for top, rows in _strips(fused.shape[0]):
            _lay(weight[top : top + rows] * _salient(difference, top, rows, projection), detail, top)
        detail /= _overlap(fused.shape)
        fused += (LEVELS - level) * (detail + (second.images[level] - remainder))
    return 255 * fused


def _lay(patches: Plane, image: Plane, top: int) -> None:
    """Add patches, in place, to where they came from."""
    height = patches.shape[1] + SIDE - 1
    image[top : top + height] += overlap_sum(np.moveaxis(patches, 0, -1), (height, image.shape[1]))


def _overlap(shape: tuple[int, ...]) -> Plane:
    return overlap_count(shape[0] - SIDE + 1, shape[1] - SIDE + 1, shape)


def _strips(height: int) -> Iterator[tuple[int, int]]:
    """First row and number of rows of patches of each strip."""
    last = height - SIDE + 1
    for top in range(0, last, STRIP):
        yield top, min(STRIP, last - top)


def _salient(x: Plane, top: int, rows: int, projection: Plane) -> Plane:
    """Projected patches of one strip, `64 x rows x columns`, each flattened column by column."""
    columns = x.shape[1] - SIDE + 1
    shifted = sliding_window_view(x[top : top + rows + SIDE - 1], (rows, columns))
    patches = shifted.swapaxes(0, 1).reshape(SIDE * SIDE, -1)
    return _project(projection, patches).reshape(SIDE * SIDE, rows, columns)


def _project(projection: Plane, patches: Plane) -> Plane:
    """Product with `64 x N` patches, 64 of them at a time.

    BLAS works on larger products with threads of its own, which get in the way of those that work on the
    planes, and whose number would decide the last bits.
    """
    size = len(patches)
    whole = patches.shape[1] // size * size
    result = np.empty_like(patches)
    blocks, targets = (x[:, :whole].reshape(size, -1, size).swapaxes(0, 1) for x in (patches, result))
    np.matmul(projection, blocks, out=targets)
    np.matmul(projection, patches[:, whole:], out=result[:, whole:])
    return result


def build(record: FuserRecord, options: FuserOptions) -> KernelFuser:
    """The fuser, with the matrix from the user's file; `Unavailable` without it."""
    projection = load_array(record.weights[0], options, "L", (64, 64))
    analyse = partial(decompose, projection=projection)
    return on_parts(analyse, analyse, partial(combine, projection=projection))(record, options)
