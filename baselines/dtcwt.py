"""Dual-tree complex wavelet fusion (DTCWT): 4 levels, six directions each.

Papers: Kingsbury, "Complex wavelets for shift invariant analysis and filtering of signals", ACHA 10,
2001 (filters `legall` at level 1, `qshift_06` above); Lewis, O'Callaghan, Nikolov, Bull, Canagarajah,
"Pixel- and region-based image fusion with complex wavelets", Information Fusion 8, 2007; parameters of
the toolbox of Liu, Liu, Wang, Information Fusion 24, 2015.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from tcmoa_bench.baselines.colour import Plane
from tcmoa_bench.baselines.kernel import on_planes
from tcmoa_bench.baselines.numeric import separable
from tcmoa_bench.baselines.selection import select

LEVELS = 4
#: Level 1: low-pass and high-pass analysis and synthesis taps (biorthogonal LeGall 5/3).
LOW, HIGH = np.array([-1.0, 2, 6, 2, -1]) / 8, np.array([-1.0, 2, -1]) / 4
LOW_BACK, HIGH_BACK = np.array([1.0, 2, 1]) / 4, np.array([-1.0, -2, 6, -2, -1]) / 8
#: Levels 2 and above: low-pass of tree a; tree b has it reversed.
QSHIFT = np.array(
    [
        0.035163836571495, 0, -0.088329424451073, 0.233890320607236, 0.760272369066126,
        0.587518297723560, 0, -0.114301837144249, 0, 0,
    ]
)  # fmt: skip


def dtcwt(a: Plane, b: Plane) -> Plane:
    """Fuse two planes on 0..255, unrounded."""
    height, width = a.shape
    even = ((0, height % 2), (0, width % 2))
    first, second = (np.pad(x, even, mode="edge") for x in (b, a))
    (low_1, *bands_1), (low_2, *bands_2) = _analyse_first(first), _analyse_first(second)
    bands = [_select_directions(p, q) for p, q in zip(bands_1, bands_2, strict=True)]
    return _synthesise_first(_fuse_lower(low_1, low_2, LEVELS - 1), *bands)[:height, :width]


def _fuse_lower(first: Plane, second: Plane, levels: int) -> Plane:
    """Fuse low-pass images by the levels below."""
    if levels == 0:
        return (first + second) / 2
    ends = [((1, 1) if n % 4 else (0, 0)) for n in first.shape]
    first, second = (np.pad(x, ends, mode="edge") for x in (first, second))
    down, across = (_qshift_matrix(n) for n in first.shape)
    half_y, half_x = first.shape[0] // 2, first.shape[1] // 2
    # [low; high] rows times [low, high] columns gives the four bands as quarters.
    all_1, all_2 = (across @ (down @ x).T for x in (first, second))
    fused = np.empty_like(all_1.T)
    for rows in (slice(half_y), slice(half_y, None)):
        for columns in (slice(half_x), slice(half_x, None)):
            p, q = all_1.T[rows, columns], all_2.T[rows, columns]
            is_low = rows.stop is not None and columns.stop is not None
            fused[rows, columns] = _fuse_lower(p, q, levels - 1) if is_low else _select_directions(p, q)
    whole = down.T @ (across.T @ fused.T).T
    return whole[ends[0][0] : whole.shape[0] - ends[0][1], ends[1][0] : whole.shape[1] - ends[1][1]]


def _analyse_first(x: Plane) -> tuple[Plane, ...]:
    """Level 1, not decimated: low band and the three real high bands."""
    return tuple(separable(x, across, down, "symmetric") for down, across in _pairs(LOW, HIGH))


def _synthesise_first(*bands: Plane) -> Plane:
    products = zip(bands, _pairs(LOW_BACK, HIGH_BACK), strict=True)
    parts = [separable(np.ascontiguousarray(x), across, down, "symmetric") for x, (down, across) in products]
    return np.sum(parts, axis=0)


def _pairs(low: Plane, high: Plane) -> list[tuple[Plane, Plane]]:
    """Filters along y and x of the four bands."""
    return [(low, low), (high, low), (low, high), (high, high)]


@lru_cache(maxsize=32)
def _qshift_matrix(n: int) -> scipy.sparse.csr_array:
    """Orthogonal `n x n` matrix of one axis: low-pass rows of both trees interleaved, then high-pass rows."""
    high = (-1.0) ** np.arange(10) * QSHIFT[::-1]
    low_a, low_b = _taps_matrix(QSHIFT[::-1], 10, n), _taps_matrix(QSHIFT, 11, n)
    high_a, high_b = _taps_matrix(high[::-1], 10, n), _taps_matrix(high, 11, n)
    rows = np.stack([low_a, low_b], axis=1), np.stack([high_b, high_a], axis=1)
    return scipy.sparse.csr_array(np.concatenate([block.reshape(n // 2, n) for block in rows]))


def _taps_matrix(taps: Plane, start: int, n: int) -> Plane:
    """Row o holds `taps[q]` at column `4 o + start - 2 q`, mirrored at the ends (edge repeated)."""
    matrix = np.zeros((n // 4, n))
    for o in range(n // 4):
        for q, tap in enumerate(taps):
            column = (4 * o + start - 2 * q) % (2 * n)
            matrix[o, min(column, 2 * n - 1 - column)] += tap
    return matrix


def _select_directions(p: Plane, q: Plane) -> Plane:
    """Select in the two complex sub-bands that a real band's 2x2 blocks stand for."""
    one, other = (select(x, y) for x, y in zip(_to_complex(p), _to_complex(q), strict=True))
    return _from_complex(one, other)


def _to_complex(y: Plane) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    p = (y[::2, ::2] + 1j * y[::2, 1::2]) * 0.5**0.5
    r = (y[1::2, 1::2] - 1j * y[1::2, ::2]) * 0.5**0.5
    return p - r, p + r


def _from_complex(one: NDArray[np.complex128], other: NDArray[np.complex128]) -> Plane:
    p, r = (one + other) * 0.5**0.5, (other - one) * 0.5**0.5
    y = np.empty((2 * p.shape[0], 2 * p.shape[1]))
    y[::2, ::2], y[::2, 1::2], y[1::2, ::2], y[1::2, 1::2] = p.real, p.imag, -r.imag, r.real
    return y


build = on_planes(dtcwt)
