"""Multi-resolution SVD fusion (MSVD), one level.

Paper: Naidu, "Image fusion technique using multi-resolution singular value decomposition", Defence
Science Journal 61(5), 2011. The method leaves the signs of the singular vectors open; here the vectors
of the second source are turned to agree with the first's. Gray results are stretched to the full range,
as in VIFB's wrapper. Odd sizes are extended by their last row and column and cut (the wrapper resizes
gray pairs, and fails for colour).
"""

from __future__ import annotations

import numpy as np

from tcmoa_bench.baselines.kernels.colour import per_channel
from tcmoa_bench.baselines.kernels.fuser import on_images
from tcmoa_bench.baselines.kernels.numeric import NEGLIGIBLE, Float64Array, stretch


def msvd(a: Float64Array, b: Float64Array) -> Float64Array:
    """Fuse two images on 0..255, unrounded."""
    fused = per_channel(msvd_plane)(a / 255, b / 255)
    return 255 * (stretch(fused) if a.ndim == 2 and np.ptp(fused) > NEGLIGIBLE else fused)


def msvd_plane(a: Float64Array, b: Float64Array, signs: tuple[int, ...] = (1, 1, 1, 1)) -> Float64Array:
    """Fuse two planes.

    Args:
        a: `H x W`, 0..1 (visible).
        b: `H x W`, 0..1 (infrared).
        signs: Sign of each singular vector of A relative to the one of B; all 1 means that they agree.
            Published VIFB images carry whatever signs LAPACK gave.
    """
    height, width = a.shape
    even = ((0, height % 2), (0, width % 2))
    blocks_1, blocks_2 = (_blocks(np.pad(x, even, mode="edge")) for x in (b, a))
    vectors_1, vectors_2 = (np.linalg.svd(x @ x.T)[0] for x in (blocks_1, blocks_2))
    agree = np.where((vectors_1 * vectors_2).sum(axis=0) < 0, -1, 1)
    vectors_2 = vectors_2 * agree * np.array(signs)
    bands_1, bands_2 = vectors_1.T @ blocks_1, vectors_2.T @ blocks_2
    fused = np.where(np.abs(bands_1) >= np.abs(bands_2), bands_1, bands_2)
    fused[0] = (bands_1[0] + bands_2[0]) / 2
    return _image((vectors_1 + vectors_2) / 2 @ fused, height + height % 2)[:height, :width]


def _blocks(x: Float64Array) -> Float64Array:
    """2x2 blocks as columns of a `4 x N` matrix."""
    parts = (x[::2, ::2], x[1::2, ::2], x[::2, 1::2], x[1::2, 1::2])
    return np.stack([part.ravel() for part in parts])


def _image(blocks: Float64Array, height: int) -> Float64Array:
    parts = blocks.reshape(4, height // 2, -1)
    x = np.empty((height, 2 * parts.shape[2]))
    x[::2, ::2], x[1::2, ::2], x[::2, 1::2], x[1::2, 1::2] = parts
    return x


build = on_images(msvd)
