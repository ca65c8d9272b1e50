"""Where the curvelet transform cuts the frequency plane: scales, angular wedges and their windows.

Paper: Candes, Demanet, Donoho, Ying, "Fast discrete curvelet transforms", Multiscale Modeling &
Simulation 5(3), 2006, the transform by wrapping, with curvelets at the finest scale too. Squares of the
windows add up to one, so that synthesis is the transpose of analysis. Sizes and roundings are those of
the authors' MATLAB code, as the published coefficients depend on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.baselines.kernels.numeric import Float64Array

Indices = NDArray[np.intp]
#: Wedges in each of the four quadrants, finest scale first; the coarsest, fifth scale has no angles.
WEDGES = (16, 8, 8, 4)


@dataclass(frozen=True)
class Wedge:
    """Frequency number `source[i]` times `weight[i]` goes to place number `i` of a `shape` array.

    The factors also put the origin into the middle of the image and of the array. Unused places have weight
    0, and as sources numbers of their own behind the last frequency.
    """

    shape: tuple[int, int]
    source: Indices
    weight: NDArray[np.complex128]


@dataclass(frozen=True)
class Curvelets:
    """The wedges of half the plane, finest first, and the coarsest scale's frequencies and squared window."""

    wedges: list[Wedge]
    coarsest: Indices
    low: Float64Array


@dataclass(frozen=True)
class Part:
    """Frequencies (y, x), zero in the middle, and their weights; as many as fit into a periodic `size` array."""

    size: tuple[int, int]
    y: Indices
    x: Indices
    weight: Float64Array

    def turned(self) -> Part:
        """A part of the upper quadrant turned to the right."""
        return Part(self.size[::-1], self.x, -self.y, self.weight)


def window(x: Float64Array) -> Float64Array:
    """Smooth step from 0 (x <= 0) to 1 (x >= 1) whose square and mirrored square add up to one."""
    result = np.where(x >= 1, 1.0, 0.0)
    between = (x > 0) & (x < 1)
    rising, falling = _bump(1 - x[between]), _bump(x[between])
    result[between] = rising / np.hypot(rising, falling)
    return result


def _bump(x: Float64Array) -> Float64Array:
    with np.errstate(divide="ignore", over="ignore"):
        return np.exp(1 - 1 / (1 - np.exp(1 - 1 / x)))


def _low_pass(m: float, zeros: int = 0) -> Float64Array:
    """1 up to frequency m, falling to 0 at 2 m; negative to positive frequencies."""
    steps = floor(2 * m) - floor(m) - 1 - zeros
    rise = window(np.arange(steps + 1) / steps)
    edge = np.zeros(zeros)
    return np.concatenate([edge, rise, np.ones(2 * floor(m) + 1), rise[::-1], edge])


@lru_cache(maxsize=2)
def curvelets(shape: tuple[int, ...]) -> Curvelets:
    """The curvelet transform of an image; `shape` is its height and width.

    The finest scale reaches beyond the spectrum, which is continued periodically and faded out there.
    """
    wedges: list[Wedge] = []
    passed = np.outer(*(_low_pass(n / 3, zeros=int(n % 3 == 0)) for n in shape))
    m_y, m_x = (n / 3 for n in shape)
    for count in WEDGES:
        m_y, m_x = m_y / 2, m_x / 2
        low = np.outer(_low_pass(m_y), _low_pass(m_x))
        inner = tuple(slice(floor(4 * m) - floor(2 * m), floor(4 * m) + floor(2 * m) + 1) for m in (m_y, m_x))
        ring = passed.copy()
        ring[inner] *= np.sqrt(np.maximum(1 - low**2, 0))
        right = (part.turned() for part in _quadrant(m_x, m_y, count))
        wedges += (_wedge(part, ring, shape) for part in (*_quadrant(m_y, m_x, count), *right))
        passed = passed[inner] * low
    y, x = (np.arange(length) - length // 2 for length in passed.shape)
    return Curvelets(wedges, _number(y[:, None], x, shape).ravel(), passed.ravel() ** 2)


def _wedge(part: Part, ring: Float64Array, shape: tuple[int, ...]) -> Wedge:
    """The wedge for images of a shape, of a scale with window `ring`."""
    y, x, places = part.y, part.x, part.size[0] * part.size[1]
    place = _number(y, x, part.size)
    source = np.arange(places) + shape[0] * shape[1]
    source[place] = _number(y, x, shape)
    # The twin on the other side of the zero frequency has the conjugate coefficients, hence the root of two.
    weight = np.zeros(places, complex)
    weight[place] = np.sqrt(2) * part.weight * ring[y + ring.shape[0] // 2, x + ring.shape[1] // 2]
    weight[place] *= _centring(shape[0])[y] * _centring(shape[1])[x]
    weight *= np.outer(*(_centring(n).conj() for n in part.size)).ravel()
    return Wedge(part.size, source, weight)


def _number(y: Indices, x: Indices, shape: tuple[int, ...]) -> Indices:
    """Number of a frequency in an array that holds them periodically, row by row."""
    return y % shape[0] * shape[1] + x % shape[1]


def _centring(n: int) -> NDArray[np.complex128]:
    """Factors of frequencies, the negative ones from the end, which turn the origin's place from n // 2 to 0."""
    return np.exp(2j * np.pi / n * (np.arange(n) * (n // 2) % n))


def _quadrant(m_out: float, m_along: float, count: int) -> Iterator[Part]:
    """Wedges of the upper quadrant (or the right one, turned upwards) from one diagonal to the other.

    Coordinates: y from the outer edge inwards, x along the edge; the zero frequency is at (out, along).
    """
    out, along = floor(4 * m_out), floor(4 * m_along)
    ticks = np.floor(np.arange(1, count, 2) * along / count + 0.5)
    ends = np.concatenate([ticks, 2 * along - ticks[::-1]])
    corner = floor(out / count + 0.5)
    length = out - floor(m_out)
    corner_length = length + ceil((corner + 1) / 4)
    for k in range(count):
        at_corner = k in (0, count - 1)
        before = ends[k - 1] if k else -ends[0]
        after = ends[k + 1] if k < count - 1 else 4 * along - ends[k]
        y = np.arange(corner_length if at_corner else length, dtype=float)[:, None]
        width = int(after - before) + 1
        left = _round(before + 1 + (along - ends[k]) / out * y) - 1
        x = left + np.arange(width)
        if k == 0:
            weight = _corner(x, y, out, along, ends, corner) * window(1 - _between(x, y, out, along, ends, 0))
        elif k == count - 1:
            mirrored = 2 * along - x
            weight = _corner(mirrored, y, out, along, ends, corner)
            weight *= window(1 - _between(mirrored, y, out, along, ends, 0))
        else:
            weight = window(_between(x, y, out, along, ends, k - 1))
            weight *= window(1 - _between(x, y, out, along, ends, k))
        used = (x >= 0) & (x <= 2 * along) & (weight > 0)
        rows = np.broadcast_to(y, x.shape)[used].astype(np.intp) - out
        columns = x[used].astype(np.intp) - along
        yield Part((len(left), width), rows, columns, weight[used])


def _between(
    x: Float64Array, y: Float64Array, out: int, along: int, ends: Float64Array, k: int
) -> Float64Array:
    """0 to 1 across the overlap of wedges k and k + 1, which narrows towards the zero frequency."""
    middle = (ends[k] + ends[k + 1]) / 2
    line = middle + (along - middle) / out * y
    return 0.5 + out / (ends[k + 1] - ends[k]) * (x - line) / (out - y)


def _corner(
    x: Float64Array, y: Float64Array, out: int, along: int, ends: Float64Array, corner: int
) -> Float64Array:
    """Window across the diagonal on the left, where the first wedge meets the neighbouring quadrant's last."""
    here, there = ends[0] / (2 * along - ends[0]), corner / (2 * out - corner)
    right, down = x / along, y / out
    beyond = 2 - right - down
    slope = np.divide(right - down, beyond, out=np.full(x.shape, -np.inf), where=beyond != 0)
    return window((there + slope) / (here + there))


def _round(x: Float64Array) -> Float64Array:
    """To whole numbers, halves away from zero."""
    return np.sign(x) * np.floor(np.abs(x) + 0.5)
