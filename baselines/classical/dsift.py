"""Dense SIFT for multi-focus pairs (DSIFT): block votes, then matching where neither source wins.

Paper: Liu, Liu, Wang, "Multi-focus image fusion with dense SIFT", Information Fusion 23, 2015; the
authors' MATLAB code with scale 48, block size 8 and matching.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.baselines.kernels.colour import gray8
from tcmoa_bench.baselines.kernels.components import clean
from tcmoa_bench.baselines.kernels.dense_sift import PIXELS, DenseSift, dense_sift
from tcmoa_bench.baselines.kernels.fuser import on_images
from tcmoa_bench.baselines.kernels.numeric import Float64Array
from tcmoa_bench.baselines.kernels.threads import each

PATCH, BINS = 24, 4
BLOCK = 8
SMALLEST_REGION = 3600
REACH = 3


def dsift(a: Float64Array, b: Float64Array) -> Float64Array:
    """Fuse two images on 0..255, unrounded: A where the decision is 1, B where 0, their mean at 0.5."""
    grays = [np.floor(gray8(x) + 0.5) for x in (a, b)]
    features = [dense_sift(g, PATCH, BINS) for g in grays]
    activity = [f.activity() for f in features]
    sure_a, sure_b = (
        clean(vote_share(x, y) > 0.99, SMALLEST_REGION) for x, y in (activity, reversed(activity))
    )
    decision = sure_a + 0.5 * (1.0 - sure_a - sure_b)
    _decide_by_matching(decision, features, grays)
    weight = decision[..., None] if a.ndim == 3 else decision
    return weight * a + (1 - weight) * b


def vote_share(mine: Float64Array, other: Float64Array) -> Float64Array:
    """Share of the 8x8 blocks over a pixel whose summed activity is larger in `mine`, `H x W`."""
    sums = [_box(x, (0, 0)) for x in (mine, other)]
    whole = np.zeros(mine.shape)
    whole[: mine.shape[0] - BLOCK + 1, : mine.shape[1] - BLOCK + 1] = 1
    last = (BLOCK - 1, BLOCK - 1)
    return _box(whole * (sums[0] > sums[1]), last) / _box(whole, last)


def _box(x: Float64Array, anchor: tuple[int, int]) -> Float64Array:
    return cv2.boxFilter(
        x, cv2.CV_64F, (BLOCK, BLOCK), anchor=anchor, normalize=False, borderType=cv2.BORDER_CONSTANT
    )


def _decide_by_matching(decision: Float64Array, features: list[DenseSift], grays: list[Float64Array]) -> None:
    """Settle undecided pixels in place by comparing sharpness with the best match in the other source."""
    open_ = decision == 0.5
    open_[:REACH], open_[-REACH:], open_[:, :REACH], open_[:, -REACH:] = False, False, False, False
    rows, columns = np.nonzero(open_)
    if not len(rows):
        return
    sharpness = [_window_sharpness(g) for g in grays]
    near = cv2.dilate(open_.astype(np.uint8), np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)) > 0
    position = np.cumsum(near).reshape(near.shape) - 1
    tables = [f.descriptors(*np.nonzero(near)) for f in features]
    mine_a, match_b = sharpness[0][rows, columns], _best_match(rows, columns, tables, position)
    mine_b, match_a = sharpness[1][rows, columns], _best_match(rows, columns, tables[::-1], position)
    other_b, other_a = sharpness[1][match_b], sharpness[0][match_a]
    # Comparisons with NaN (the match's window leaves the image) are false: the pixel stays open.
    decision[rows, columns] = np.select(
        [(mine_a > other_b) & (mine_b < other_a), (mine_a < other_b) & (mine_b > other_a)], [1.0, 0.0], 0.5
    )


def _best_match(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    tables: list[NDArray[np.float32]],
    position: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pixel of the 7x7 neighbourhood whose descriptor is nearest; the first in column order on ties."""
    own, other = tables
    width = position.shape[1]
    pixels = rows * width + columns
    shifts = [dy * width + dx for dx in range(-REACH, REACH + 1) for dy in range(-REACH, REACH + 1)]

    def nearest(start: int) -> NDArray[np.int64]:
        here = pixels[start : start + PIXELS]
        wanted = own.take(position.take(here), axis=0)
        difference, distances = np.empty_like(wanted), np.empty((len(shifts), len(here)), np.float32)
        for shift, distance in zip(shifts, distances, strict=True):
            # Without "clip" NumPy would gather into memory of its own first.
            other.take(position.take(here + shift), axis=0, out=difference, mode="clip")
            np.subtract(wanted, difference, out=difference)
            np.einsum("ij,ij->i", difference, difference, out=distance)
        return here + np.take(shifts, distances.argmin(axis=0))

    found = np.concatenate(each(nearest, range(0, len(pixels), PIXELS)))
    return found // width, found % width


def _window_sharpness(x: Float64Array) -> Float64Array:
    """Squared differences inside 7x7 windows, summed (spatial frequency, times 49 and squared).

    Windows that leave the image are NaN.
    """
    size = 2 * REACH + 1
    total = np.full(x.shape, np.nan)
    inner = np.s_[REACH : x.shape[0] - REACH, REACH : x.shape[1] - REACH]
    squares = np.diff(x, axis=1) ** 2, np.diff(x, axis=0) ** 2
    windows = np.ones((size, size - 1)), np.ones((size - 1, size))
    across, down = (
        cv2.filter2D(s, cv2.CV_64F, w, anchor=(0, 0))[: x.shape[0] - size + 1, : x.shape[1] - size + 1]
        for s, w in zip(squares, windows, strict=True)
    )
    total[inner] = across + down
    return total


build = on_images(dsift)
