"""Latent low-rank representation with a learned projection, four levels (LatLRR, MDLatLRR).

Paper: Li, Wu, "Infrared and visible image fusion using latent low-rank representation", arXiv:1804.08992;
the authors' MATLAB code as in VIFB. The code never clears its accumulator between levels, so the detail
of level k counts 5 - k times; the strong contrast of the published images comes from there.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tcmoa_bench.baselines.kernels.colour import Pairs, jointly
from tcmoa_bench.baselines.kernels.fuser import KernelFuser, on_images
from tcmoa_bench.baselines.kernels.learned import load_array
from tcmoa_bench.baselines.kernels.nuclear import nuclear_norms
from tcmoa_bench.baselines.kernels.numeric import Float64Array, share
from tcmoa_bench.baselines.kernels.patches import SIDE, overlap_count, overlap_sum
from tcmoa_bench.baselines.kernels.threads import each
from tcmoa_bench.types import FuserOptions, FuserRecord

LEVELS = 4
#: Rows of patches that are worked on at a time: so many that every second strip's patches do not overlap.
STRIP = SIDE


def latlrr(planes: list[Float64Array], pairs: Pairs, projection: Float64Array) -> list[Float64Array]:
    """Fuse pairs of planes, visible and infrared, on 0..255, unrounded; `projection` is `64 x 64`.

    Level by level the salient part is peeled off every plane. What is left in the end is averaged, and the
    details are weighted patch by patch.
    """
    remainders = np.stack(planes) / 255
    visible = [first for first, _ in pairs]
    details = np.zeros((len(pairs), *planes[0].shape))
    for level in range(LEVELS):
        salient, differences = _peel(remainders, pairs, projection)
        details += (LEVELS - level) * (differences + salient[visible])
        remainders -= salient
    bases = [(remainders[q] + remainders[p]) / 2 for p, q in pairs]
    return [255 * (base + detail) for base, detail in zip(bases, details, strict=True)]


def _peel(x: Float64Array, pairs: Pairs, projection: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Salient parts of planes, and for each pair the weighted difference of the second's and the first's.

    With weight w the detail of salient patches P and Q is w P + (1 - w) Q = w (P - Q) + Q.
    """
    salient, differences = np.zeros_like(x), np.zeros((len(pairs), *x[0].shape))

    def work(top: int) -> None:
        patches = [_salient(plane, top, projection) for plane in x]
        norms = [nuclear_norms(p.reshape(SIDE, SIDE, -1)).reshape(p.shape[1:]) for p in patches]
        for image, part in zip(salient, patches, strict=True):
            _lay(part, image, top)
        for image, (first, second) in zip(differences, pairs, strict=True):
            difference = patches[second] - patches[first]
            difference *= share(norms[second], norms[second] + norms[first])
            _lay(difference, image, top)

    tops = range(0, x.shape[1] - SIDE + 1, STRIP)
    # In two turns, so that no two threads add to one row.
    each(work, tops[::2])
    each(work, tops[1::2])
    overlap = overlap_count(x.shape[1] - SIDE + 1, x.shape[2] - SIDE + 1, x.shape[1:])
    return salient / overlap, differences / overlap


def _lay(patches: Float64Array, image: Float64Array, top: int) -> None:
    """Add patches, in place, to where they came from."""
    height = patches.shape[1] + SIDE - 1
    image[top : top + height] += overlap_sum(np.moveaxis(patches, 0, -1), (height, image.shape[1]))


def _salient(x: Float64Array, top: int, projection: Float64Array) -> Float64Array:
    """Projected patches of one strip, `64 x rows x columns`, each flattened column by column."""
    rows, columns = min(STRIP, x.shape[0] - SIDE + 1 - top), x.shape[1] - SIDE + 1
    shifted = sliding_window_view(x[top : top + rows + SIDE - 1], (rows, columns))
    patches = shifted.swapaxes(0, 1).reshape(SIDE * SIDE, -1)
    return _project(projection, patches).reshape(SIDE * SIDE, rows, columns)


def _project(projection: Float64Array, patches: Float64Array) -> Float64Array:
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
    return on_images(jointly(partial(latlrr, projection=projection)))(record, options)
