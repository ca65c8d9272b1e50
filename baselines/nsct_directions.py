"""Directional filter bank of the nonsubsampled contourlet transform, and selection in its bands.

A binary tree of two-channel filters, periodic at the borders; no band is decimated. Every filter is a
polynomial in one operator Y per tree node, `Y = (cos p.w - cos m.w) / 2` for two lattice vectors p and m:
it passes waves along m unchanged and turns the sign of those along p. With the filters `vk` (Vetterli,
Kovacevic; mapped to two dimensions by McClellan's diamond) a node is a pair of ladder steps.
"""

from __future__ import annotations

import cv2
import numpy as np

from tcmoa_bench.baselines.colour import Plane
from tcmoa_bench.baselines.selection import select

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
#: Numbers worked on at a time.
PIECE = 32768


def fuse_directions(first: Plane, second: Plane, stages: int) -> Plane:
    """Split two planes into `2**stages` directions each, select in every band, and put them together.

    Args:
        first: `H x W`, `float64`.
        second: The other source, which wins ties.
        stages: 1 to 4.

    Source: da Cunha, Zhou, Do, "The nonsubsampled contourlet transform", IEEE TIP 15(10), 2006; the
        authors' toolbox with filters `vk`.
    """
    shape = first.shape

    def fuse(p: Plane, q: Plane, path: tuple[int, ...]) -> Plane:
        if len(path) == stages:
            return _flatten(select(_unflatten(p, shape), _unflatten(q, shape)))
        offsets = _offsets(path, shape[1] + 2 * MARGIN)
        (low_p, high_p), (low_q, high_q) = _split(p, offsets), _split(q, offsets)
        return _join(fuse(low_p, low_q, (*path, 0)), fuse(high_p, high_q, (*path, 1)), offsets)

    return _unflatten(fuse(_flatten(first), _flatten(second), ()), shape)


def _stage(path: tuple[int, ...]) -> tuple[Vector, Vector]:
    """Vectors p and m of the node that the choices (0 low, 1 high) of `path` lead to."""
    if len(path) < 2:
        return QUINCUNX if path else FAN
    node = sum(choice << i for i, choice in enumerate(reversed(path[1:])))
    p, m = SHEARED[len(path)][node]
    return (p, m) if path[0] else (p[::-1], m[::-1])


def _split(x: Plane, offsets: Vector) -> tuple[Plane, Plane]:
    """Low band (doubled), x + Yx, and high band, what Y of the low one does not predict."""
    low = _plus_turned(x, x, 1.0, offsets)
    return low, _plus_turned(x, low, -0.5, offsets)


def _join(low: Plane, high: Plane, offsets: Vector) -> Plane:
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


def _plus_turned(z: Plane, x: Plane, weight: float, offsets: Vector) -> Plane:
    """`z + weight * Yx`, shorter than both at its ends.

    `cos p - cos m` is a product of differences, along p + m and along p - m.
    """
    one, other = (abs(offset) for offset in offsets)
    weight *= 0.25 if offsets[0] * offsets[1] > 0 else -0.25
    size = min(x.size - one - other, z.size)
    x, z = _middle(x, size + one + other), _middle(z, size)
    y = np.empty(size)
    # In pieces, since the steps between would not stay in the cache.
    for start in range(0, size, PIECE):
        stop = min(start + PIECE, size)
        step = x[start + one : stop + one + other] - x[start : stop + other]
        part = np.subtract(step[other:], step[:-other], out=y[start:stop])
        part *= weight
        part += z[start:stop]
    return y


def _middle(x: Plane, size: int) -> Plane:
    """The middle of a sequence."""
    cut = (x.size - size) // 2
    return x[cut : x.size - cut]


def _flatten(x: Plane) -> Plane:
    """The image continued periodically, read row by row."""
    return cv2.copyMakeBorder(x, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_WRAP).ravel()


def _unflatten(x: Plane, shape: tuple[int, ...]) -> Plane:
    """Back from `_flatten` to the image, whatever is missing at both ends."""
    height, width = shape
    step = width + 2 * MARGIN
    lost = ((height + 2 * MARGIN) * step - x.size) // 2
    start = MARGIN * step + MARGIN - lost
    return x[start : start + height * step].reshape(height, step)[:, :width]
