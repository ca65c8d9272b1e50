"""Where the curvelet transform cuts the frequency plane: scales, angular wedges and their windows.

Paper: Candes, Demanet, Donoho, Ying, "Fast discrete curvelet transforms", Multiscale Modeling &
Simulation 5(3), 2006, the transform by wrapping, with curvelets at the finest scale too. Squares of the
windows add up to one, so that synthesis is the transpose of analysis. Sizes and roundings are those of
the authors' MATLAB code, as the published coefficients depend on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.baselines.colour import Plane

Indices = NDArray[np.intp]
#: Wedges in each of the four quadrants, finest scale first; the coarsest, fifth scale has no angles.
WEDGES = (16, 8, 8, 4)


@dataclass(frozen=True)
class Wedge:
    """One wedge: frequency number `source[i]` times `weight[i]` goes to place `wrapped[i]` of a `shape` array."""

    shape: tuple[int, int]
    source: Indices
    wrapped: Indices
    weight: Plane


@dataclass(frozen=True)
class Scale:
    """One scale: the low-pass and high-pass window of the `inner` frequencies, and half the plane's wedges."""

    inner: tuple[slice, slice]
    low: Plane
    high: Plane
    wedges: tuple[Wedge, ...]


def window(x: Plane) -> Plane:
    """Smooth step from 0 (x <= 0) to 1 (x >= 1) whose square and mirrored square add up to one."""
    rising, falling = _bump(1 - x), _bump(x)
    return rising / np.hypot(rising, falling)


def _bump(x: Plane) -> Plane:
    x = np.clip(x, 0, 1)
    with np.errstate(divide="ignore", over="ignore"):
        return np.exp(1 - 1 / (1 - np.exp(1 - 1 / x)))


def periodic(n: int) -> Indices:
    """Indices modulo n of the frequencies that the finest scale covers, negative to positive."""
    reach = 2 * n // 3
    return np.arange(-reach, reach + 1) % n


def outermost(shape: tuple[int, ...]) -> Plane:
    """Window over the periodically continued spectrum."""
    rows, columns = (_low_pass(n / 3, zeros=int(n % 3 == 0)) for n in shape)
    return np.outer(rows, columns)


def _low_pass(m: float, zeros: int = 0) -> Plane:
    """1 up to frequency m, falling to 0 at 2 m; negative to positive frequencies."""
    steps = floor(2 * m) - floor(m) - 1 - zeros
    rise = window(np.arange(steps + 1) / steps)
    edge = np.zeros(zeros)
    return np.concatenate([edge, rise, np.ones(2 * floor(m) + 1), rise[::-1], edge])


@lru_cache(maxsize=2)
def curvelet_scales(shape: tuple[int, ...]) -> tuple[Scale, ...]:
    """The scales with angles of an image, finest first; `shape` is its height and width."""
    scales = []
    m_y, m_x = (n / 3 for n in shape)
    for count in WEDGES:
        m_y, m_x = m_y / 2, m_x / 2
        low = np.outer(_low_pass(m_y), _low_pass(m_x))
        inner = tuple(slice(floor(4 * m) - floor(2 * m), floor(4 * m) + floor(2 * m) + 1) for m in (m_y, m_x))
        high = np.sqrt(np.maximum(1 - low**2, 0))
        wedges = (*_quadrant(m_y, m_x, count, False), *_quadrant(m_x, m_y, count, True))
        scales.append(Scale((inner[0], inner[1]), low, high, wedges))
    return tuple(scales)


def _quadrant(m_out: float, m_along: float, count: int, sideways: bool) -> list[Wedge]:
    """Wedges of the upper quadrant (or the right one, turned upwards) from one diagonal to the other.

    Coordinates: y from the outer edge inwards, x along the edge; the zero frequency is at (out, along).
    """
    out, along = floor(4 * m_out), floor(4 * m_along)
    ticks = np.floor(np.arange(1, count, 2) * along / count + 0.5)
    ends = np.concatenate([ticks, 2 * along - ticks[::-1]])
    corner = floor(out / count + 0.5)
    length = out - floor(m_out)
    corner_length = length + ceil((corner + 1) / 4)
    wedges = []
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
        size, sides = (len(left), width), (2 * out + 1, 2 * along + 1)
        if sideways:
            rows, columns, size, sides = columns, -rows, size[::-1], sides[::-1]
        source = (rows + sides[0] // 2) * sides[1] + columns + sides[1] // 2
        wedges.append(Wedge(size, source, (rows % size[0]) * size[1] + columns % size[1], weight[used]))
    return wedges


def _between(x: Plane, y: Plane, out: int, along: int, ends: Plane, k: int) -> Plane:
    """0 to 1 across the overlap of wedges k and k + 1, which narrows towards the zero frequency."""
    middle = (ends[k] + ends[k + 1]) / 2
    line = middle + (along - middle) / out * y
    return 0.5 + out / (ends[k + 1] - ends[k]) * (x - line) / (out - y)


def _corner(x: Plane, y: Plane, out: int, along: int, ends: Plane, corner: int) -> Plane:
    """Window across the diagonal on the left, where the first wedge meets the neighbouring quadrant's last."""
    here, there = ends[0] / (2 * along - ends[0]), corner / (2 * out - corner)
    right, down = x / along, y / out
    beyond = 2 - right - down
    slope = np.divide(right - down, beyond, out=np.full(x.shape, -np.inf), where=beyond != 0)
    return window((there + slope) / (here + there))


def _round(x: Plane) -> Plane:
    """To whole numbers, halves away from zero."""
    return np.sign(x) * np.floor(np.abs(x) + 0.5)
