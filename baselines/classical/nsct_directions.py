"""Directional filter bank of the nonsubsampled contourlet transform, and selection in its bands.

A binary tree of two-channel filters, periodic at the borders; no band is decimated. Every filter is a
polynomial in one operator Y per tree node, `Y = (cos p.w - cos m.w) / 2` for two lattice vectors p and m:
it passes waves along m unchanged and turns the sign of those along p. With the filters `vk` (Vetterli,
Kovacevic; mapped to two dimensions by McClellan's diamond) a node is a pair of ladder steps.
"""

from __future__ import annotations

import itertools

import cv2
import numpy as np

from tcmoa_bench.baselines.kernels.colour import Pairs
from tcmoa_bench.baselines.kernels.numeric import Float64Array
from tcmoa_bench.baselines.kernels.selection import CONTEXT, band, select_band
from tcmoa_bench.baselines.kernels.threads import each

Vector = tuple[int, int]
#: Vectors (rows, columns) p and m of the first two stages: fan, and the same on the quincunx lattice.
FAN, QUINCUNX = ((1, 0), (0, 1)), ((1, -1), (1, 1))
#: Of stages 3 and 4, by node: sheared fans, in the half of the tree that the first stage's high band starts.
SHEARED = {
    2: (((2, -2), (0, 2)), ((0, 2), (2, 2))),
    3: (((4, 0), (0, 2)), ((0, 2), (4, 4)), ((4, -4), (0, 2)), ((0, 2), (4, 0))),
}
#: Pixels that four stages reach in each direction, and one since a row of pixels runs on into the next.
MARGIN = 17
#: Pixels a side of what is worked on at a time: its bands stay in the cache.
TILE = 240

#: Rows and columns of a part of an image.
Tile = tuple[slice, slice]


def fuse_directions(planes: list[Float64Array], pairs: Pairs, stages: int) -> list[Float64Array]:
    """Split planes into `2**stages` directions each, select in every band, and put them together.

    Args:
        planes: `H x W` each, `float64`.
        pairs: Which two of the planes are fused; the second wins ties.
        stages: 1 to 4.

    Returns:
        A plane for each pair.

    Source: da Cunha, Zhou, Do, "The nonsubsampled contourlet transform", IEEE TIP 15(10), 2006; the
        authors' toolbox with filters `vk`.
    """
    shape = planes[0].shape
    extended = [_with_margin(plane) for plane in planes]
    selected = np.empty((len(pairs), 2**stages, *extended[0].shape))
    fused = [np.empty(shape) for _ in pairs]

    def analyse(tile: Tile) -> None:
        near, inner = _with_context(tile, shape)
        bands = [[band(y) for y in split(x[_grown(near)], stages)] for x in extended]
        for into, (p, q) in zip(selected, pairs, strict=True):
            for target, of_p, of_q in zip(into, bands[p], bands[q], strict=True):
                target[MARGIN:-MARGIN, MARGIN:-MARGIN][tile] = select_band(of_p, of_q)[inner]

    def synthesise(tile: Tile) -> None:
        for whole, bands in zip(fused, selected, strict=True):
            whole[tile] = join([y[_grown(tile)] for y in bands])

    each(analyse, _tiles(shape))
    _continue(selected)
    each(synthesise, _tiles(shape))
    return fused


def split(x: Float64Array, stages: int) -> list[Float64Array]:
    """The `2**stages` bands of a plane, which lose its margin, in the order of the tree."""
    shape = x.shape
    bands = [x.ravel()]
    for stage in range(stages):
        paths = itertools.product((0, 1), repeat=stage)
        bands = [
            part for y, path in zip(bands, paths, strict=True) for part in _split(y, _offsets(path, shape[1]))
        ]
    return [_unflatten(y, shape) for y in bands]


def join(bands: list[Float64Array]) -> Float64Array:
    """The plane, without its margin, of which `split` gives these bands."""
    shape, stages = bands[0].shape, len(bands).bit_length() - 1
    parts = [y.ravel() for y in bands]
    for stage in reversed(range(stages)):
        paths = itertools.product((0, 1), repeat=stage)
        parts = [
            _join(low, high, _offsets(path, shape[1]))
            for low, high, path in zip(parts[::2], parts[1::2], paths, strict=True)
        ]
    return _unflatten(parts[0], shape)


def _tiles(shape: tuple[int, ...]) -> list[Tile]:
    """An image in tiles, row by row."""
    rows, columns = (
        [slice(start, min(start + TILE, length)) for start in range(0, length, TILE)] for length in shape
    )
    return list(itertools.product(rows, columns))


def _with_context(tile: Tile, shape: tuple[int, ...]) -> tuple[Tile, Tile]:
    """The tile with the pixels around it that have a say in its selection, and its place among them."""
    (rows, own_rows), (columns, own_columns) = map(_along, tile, shape)
    return (rows, columns), (own_rows, own_columns)


def _along(part: slice, length: int) -> tuple[slice, slice]:
    """`_with_context` of one axis."""
    start, stop = max(part.start - CONTEXT, 0), min(part.stop + CONTEXT, length)
    return slice(start, stop), slice(part.start - start, part.stop - start)


def _grown(tile: Tile) -> Tile:
    """Where a tile and its margin lie in an image with margin."""
    rows, columns = (slice(part.start, part.stop + 2 * MARGIN) for part in tile)
    return rows, columns


def _with_margin(x: Float64Array) -> Float64Array:
    """The plane continued periodically."""
    extended = np.pad(x, MARGIN)
    _continue(extended)
    return extended


def _continue(x: Float64Array) -> None:
    """Fill the margins of the last two axes periodically."""
    for planes in (x, x.swapaxes(-1, -2)):
        length = planes.shape[-1] - 2 * MARGIN
        planes[..., :MARGIN] = planes[..., MARGIN + np.arange(-MARGIN, 0) % length]
        planes[..., MARGIN + length :] = planes[..., MARGIN + np.arange(MARGIN) % length]


def _stage(path: tuple[int, ...]) -> tuple[Vector, Vector]:
    """Vectors p and m of the node that the choices (0 low, 1 high) of `path` lead to."""
    if len(path) < 2:
        return QUINCUNX if path else FAN
    node = sum(choice << i for i, choice in enumerate(reversed(path[1:])))
    p, m = SHEARED[len(path)][node]
    return (p, m) if path[0] else (p[::-1], m[::-1])


def _split(x: Float64Array, offsets: Vector) -> tuple[Float64Array, Float64Array]:
    """Low band (doubled), x + Yx, and high band, what Y of the low one does not predict."""
    low = _plus_turned(x, x, 1.0, offsets)
    return low, _plus_turned(x, low, -0.5, offsets)


def _join(low: Float64Array, high: Float64Array, offsets: Vector) -> Float64Array:
    """The mean of the two estimates of x that the bands allow; exact for bands of `_split`."""
    by_high = _plus_turned(high, low, 0.5, offsets)
    x = _plus_turned(by_high, by_high, -1.0, offsets)
    x += _middle(low, x.size)
    x *= 0.5
    return x


def _offsets(path: tuple[int, ...], width: int) -> Vector:
    """Positions between neighbours along p + m and p - m, in an image read row by row."""
    (p_y, p_x), (m_y, m_x) = _stage(path)
    return (p_y + m_y) * width + p_x + m_x, (p_y - m_y) * width + p_x - m_x


def _plus_turned(z: Float64Array, x: Float64Array, weight: float, offsets: Vector) -> Float64Array:
    """`z + weight * Yx`, shorter than both at its ends.

    `cos p - cos m` is a product of differences, along p + m and along p - m.
    """
    one, other = (abs(offset) for offset in offsets)
    weight *= 0.25 if offsets[0] * offsets[1] > 0 else -0.25
    size = min(x.size - one - other, z.size)
    x, z = _middle(x, size + one + other), _middle(z, size)
    step = x[one:] - x[:-one]
    return cv2.scaleAdd(step[other:] - step[:-other], weight, z).ravel()


def _middle(x: Float64Array, size: int) -> Float64Array:
    """The middle of a sequence."""
    cut = (x.size - size) // 2
    return x[cut : x.size - cut]


def _unflatten(x: Float64Array, shape: tuple[int, ...]) -> Float64Array:
    """The plane without margin, from its rows one after the other, of which some are missing at both ends."""
    height, width = (length - 2 * MARGIN for length in shape)
    lost = (shape[0] * shape[1] - x.size) // 2
    start = MARGIN * shape[1] + MARGIN - lost
    return x[start : start + height * shape[1]].reshape(height, shape[1])[:, :width]
