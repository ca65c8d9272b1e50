"""Dual-tree complex wavelet fusion (DTCWT): 4 levels, six directions each.

Papers: Kingsbury, "Complex wavelets for shift invariant analysis and filtering of signals", ACHA 10,
2001 (filters `legall` at level 1, `qshift_06` above); Lewis, O'Callaghan, Nikolov, Bull, Canagarajah,
"Pixel- and region-based image fusion with complex wavelets", Information Fusion 8, 2007; parameters of
the toolbox of Liu, Liu, Wang, Information Fusion 24, 2015.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from tcmoa_bench.baselines.kernels.fuser import on_parts
from tcmoa_bench.baselines.kernels.numeric import Float64Array, separable
from tcmoa_bench.baselines.kernels.selection import Band, band, select_band

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


#: A complex sub-band pair with its local maxima, as every real band stands for.
Directions: TypeAlias = tuple[Band[np.complex128], Band[np.complex128]]


@dataclass(frozen=True)
class Tree:
    """Coefficients of one plane: directions of each level, finest first, three bands each, and the base."""

    bands: list[list[Directions]]
    base: Float64Array
    shapes: list[tuple[int, ...]]


def combine(visible: Tree, infrared: Tree) -> Float64Array:
    """Fuse the trees of two planes on 0..255, unrounded; infrared comes first."""
    first, second = infrared, visible
    *lower, (height, width) = reversed(first.shapes)
    whole = (first.base + second.base) / 2
    levels = [
        [_select_directions(p, q) for p, q in zip(*pair, strict=True)]
        for pair in zip(first.bands, second.bands, strict=True)
    ]
    for shape, bands in zip(lower, reversed(levels[1:]), strict=True):
        whole = _synthesise_lower(whole, bands, shape)
    return _synthesise_first(whole, *levels[0])[:height, :width]


def analyse(x: Float64Array) -> Tree:
    """Tree of a plane; sides are completed by repeated edges where they must be even or multiples of 4."""
    height, width = x.shape
    low, *first = _analyse_first(np.pad(x, ((0, height % 2), (0, width % 2)), mode="edge"))
    bands, shapes = [[_directions(y) for y in first]], [x.shape]
    for _ in range(LEVELS - 1):
        shapes.append(low.shape)
        low, *high = _analyse_lower(low)
        bands.append([_directions(y) for y in high])
    return Tree(bands, low, shapes)


def _ends(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    return [((1, 1) if n % 4 else (0, 0)) for n in shape]


def _analyse_lower(x: Float64Array) -> tuple[Float64Array, ...]:
    """A decimated level: low band and the three real high bands."""
    x = np.pad(x, _ends(x.shape), mode="edge")
    down, across = (_qshift_matrix(n) for n in x.shape)
    # [low; high] rows times [low, high] columns gives the four bands as quarters.
    quarters = (across @ (down @ x).T).T
    return tuple(quarters[rows, columns] for rows, columns in _quarters(x.shape))


def _synthesise_lower(low: Float64Array, bands: list[Float64Array], shape: tuple[int, ...]) -> Float64Array:
    """Low band of the next finer level, of the given shape."""
    ends = _ends(shape)
    size = tuple(n + sum(end) for n, end in zip(shape, ends, strict=True))
    fused = np.empty(size[::-1]).T
    for (rows, columns), part in zip(_quarters(size), [low, *bands], strict=True):
        fused[rows, columns] = part
    down, across = (_qshift_matrix(n) for n in size)
    whole = down.T @ (across.T @ fused.T).T
    return whole[ends[0][0] : whole.shape[0] - ends[0][1], ends[1][0] : whole.shape[1] - ends[1][1]]


def _quarters(shape: tuple[int, ...]) -> list[tuple[slice, slice]]:
    """Places of the four bands: low, along x, along y, both."""
    rows, columns = ((slice(n // 2), slice(n // 2, None)) for n in shape)
    return [(r, c) for r in rows for c in columns]


def _analyse_first(x: Float64Array) -> tuple[Float64Array, ...]:
    """Level 1, not decimated: low band and the three real high bands."""
    return tuple(separable(x, across, down, "symmetric") for down, across in _pairs(LOW, HIGH))


def _synthesise_first(*bands: Float64Array) -> Float64Array:
    products = zip(bands, _pairs(LOW_BACK, HIGH_BACK), strict=True)
    parts = [separable(np.ascontiguousarray(x), across, down, "symmetric") for x, (down, across) in products]
    return np.sum(parts, axis=0)


def _pairs(low: Float64Array, high: Float64Array) -> list[tuple[Float64Array, Float64Array]]:
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


def _taps_matrix(taps: Float64Array, start: int, n: int) -> Float64Array:
    """Row o holds `taps[q]` at column `4 o + start - 2 q`, mirrored at the ends (edge repeated)."""
    matrix = np.zeros((n // 4, n))
    for o in range(n // 4):
        for q, tap in enumerate(taps):
            column = (4 * o + start - 2 * q) % (2 * n)
            matrix[o, min(column, 2 * n - 1 - column)] += tap
    return matrix


def _select_directions(p: Directions, q: Directions) -> Float64Array:
    """Real band from the choices in both complex sub-bands."""
    one, other = (select_band(x, y) for x, y in zip(p, q, strict=True))
    return _from_complex(one, other)


def _directions(y: Float64Array) -> Directions:
    """The two complex sub-bands that a real band's 2x2 blocks stand for."""
    p, r = (np.empty((y.shape[0] // 2, y.shape[1] // 2), np.complex128) for _ in range(2))
    p.real, p.imag, r.real, r.imag = y[::2, ::2], y[::2, 1::2], y[1::2, 1::2], -y[1::2, ::2]
    p *= 0.5**0.5
    r *= 0.5**0.5
    return band(p - r), band(p + r)


def _from_complex(one: NDArray[np.complex128], other: NDArray[np.complex128]) -> Float64Array:
    p, r = one + other, other - one
    p *= 0.5**0.5
    r *= 0.5**0.5
    y = np.empty((2 * p.shape[0], 2 * p.shape[1]))
    y[::2, ::2], y[::2, 1::2], y[1::2, ::2], y[1::2, 1::2] = p.real, p.imag, -r.imag, r.real
    return y


build = on_parts(analyse, analyse, combine)
