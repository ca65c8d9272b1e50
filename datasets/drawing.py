"""Pictures from integer arithmetic: the same levels to the bit on every machine.

A plane is an `int32` array `H x W` or `H x W x 3` with levels 0..255; a mask is an `int32` array `H x W`
with weights 0..256.
"""

from __future__ import annotations

import importlib.resources
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.images import decode_image
from tcmoa_bench.types import Image

Plane: TypeAlias = NDArray[np.int32]

#: Height and width of every scene.
HEIGHT, WIDTH = 240, 320

#: Masks are drawn on a grid this many times finer, so that edges are smooth.
_FINE = 4


def photograph(name: str, top: int = 0, left: int = 0, shrink: int = 1) -> Plane:
    """A 240 x 320 part of a photograph that scikit-image's wheel carries.

    Args:
        name: File name without its ending, such as `coffee`; only PNG files, whose pixels every decoder
            gives alike.
        top: First row of the part, after shrinking.
        left: First column of the part, after shrinking.
        shrink: Side of the blocks that are averaged into one pixel.
    """
    file = importlib.resources.files("skimage.data") / f"{name}.png"
    whole = shrunk(decode_image(file.read_bytes(), f"scikit-image's {name}.png").astype(np.int32), shrink)
    return whole[top : top + HEIGHT, left : left + WIDTH]


def shrunk(plane: Plane, factor: int) -> Plane:
    """Means of blocks of `factor` x `factor` pixels, rounded; a rest at the right and the bottom is cut."""
    height, width = plane.shape[0] // factor, plane.shape[1] // factor
    blocks = plane[: height * factor, : width * factor].reshape(height, factor, width, factor, *plane.shape[2:])
    area = factor * factor
    return ((blocks.sum(axis=(1, 3), dtype=np.int64) + area // 2) // area).astype(np.int32)


def finish(plane: Plane) -> Image:
    """Levels clipped to 0..255 as `uint8`."""
    return np.ascontiguousarray(np.clip(plane, 0, 255).astype(np.uint8))


def flat(*levels: int) -> Plane:
    """A plane of one level (gray) or one colour (three levels)."""
    shape = (HEIGHT, WIDTH) if len(levels) == 1 else (HEIGHT, WIDTH, 3)
    return np.broadcast_to(np.array(levels if len(levels) > 1 else levels[0], np.int32), shape).copy()


def tint(gray: Plane, red: int, green: int, blue: int) -> Plane:
    """RGB from a gray plane; each channel is the gray level times its weight / 256."""
    return gray[..., None] * np.array([red, green, blue], np.int32) // 256


def luma(rgb: Plane) -> Plane:
    """BT.601 luma of RGB in 8-bit fixed point."""
    return (77 * rgb[..., 0] + 150 * rgb[..., 1] + 29 * rgb[..., 2] + 128) // 256


def ramp(first: int, last: int, axis: int) -> Plane:
    """Levels that run linearly from `first` to `last` along rows (axis 0) or columns (axis 1)."""
    count = (HEIGHT, WIDTH)[axis]
    line = first + (last - first) * np.arange(count, dtype=np.int32) // (count - 1)
    return np.broadcast_to(line[:, None] if axis == 0 else line[None, :], (HEIGHT, WIDTH)).copy()


def over(below: Plane, above: Plane, mask: Plane) -> Plane:
    """`above` laid over `below` where the mask says; gray and colour do not mix."""
    weight = mask[..., None] if below.ndim == 3 else mask
    return (below * (256 - weight) + above * weight + 128) // 256


def blur(plane: Plane, radius: int) -> Plane:
    """Three box filters of side `2 radius + 1`, close to a Gaussian; borders are repeated."""
    for _ in range(3 if radius > 0 else 0):
        for axis in (0, 1):
            plane = _box(plane, radius, axis)
    return plane


def _box(plane: Plane, radius: int, axis: int) -> Plane:
    edges = [(0, 0)] * plane.ndim
    edges[axis] = (radius + 1, radius)
    total = np.cumsum(np.pad(plane, edges, mode="edge"), axis=axis, dtype=np.int64)
    side, count = 2 * radius + 1, plane.shape[axis]
    high = np.take(total, np.arange(side, side + count), axis=axis)
    low = np.take(total, np.arange(count), axis=axis)
    return ((high - low + side // 2) // side).astype(np.int32)


def noise(seed: int, amplitude: int) -> Plane:
    """Levels from -amplitude to +amplitude that look random: a hash of row, column and seed."""
    rows, columns = np.meshgrid(np.arange(HEIGHT, dtype=np.uint32), np.arange(WIDTH, dtype=np.uint32), indexing="ij")
    state = rows * np.uint32(0x9E3779B1) ^ columns * np.uint32(0x85EBCA77) ^ np.uint32(seed * 0x27D4EB2F & 0xFFFFFFFF)
    for shift, factor in ((15, 0x2C1B3C6D), (12, 0x297A2D39)):
        state = (state ^ (state >> np.uint32(shift))) * np.uint32(factor)
    state ^= state >> np.uint32(15)
    return (state % np.uint32(2 * amplitude + 1)).astype(np.int32) - amplitude


def _grid() -> tuple[Plane, Plane]:
    """Row and column of each fine pixel's centre, in units of 1 / (2 * _FINE) pixel."""
    rows = 2 * np.arange(HEIGHT * _FINE, dtype=np.int32) + 1
    columns = 2 * np.arange(WIDTH * _FINE, dtype=np.int32) + 1
    return rows[:, None], columns[None, :]


def _smooth(inside: NDArray[np.bool_]) -> Plane:
    return shrunk(inside.astype(np.int32) * 256, _FINE)


def ellipse(row: int, column: int, half_height: int, half_width: int) -> Plane:
    """Mask of an ellipse by its centre and half axes, in pixels."""
    unit = 2 * _FINE
    rows, columns = _grid()
    down = (rows - row * unit).astype(np.int64) * half_width
    across = (columns - column * unit).astype(np.int64) * half_height
    return _smooth(down * down + across * across <= (half_height * half_width * unit) ** 2)


def polygon(*corners: tuple[int, int]) -> Plane:
    """Mask of a convex polygon by its corners `(row, column)` in clockwise order, in pixels."""
    unit = 2 * _FINE
    rows, columns = _grid()
    inside = np.ones((HEIGHT * _FINE, WIDTH * _FINE), bool)
    for (row, column), (next_row, next_column) in zip(corners, (*corners[1:], corners[0]), strict=True):
        side = (next_column - column) * (rows - row * unit) - (next_row - row) * (columns - column * unit)
        inside &= side >= 0
    return _smooth(inside)


def box(top: int, left: int, bottom: int, right: int) -> Plane:
    """Mask of an upright rectangle by its edges, in pixels."""
    return polygon((top, left), (top, right), (bottom, right), (bottom, left))


def rod(row: int, column: int, end_row: int, end_column: int, half: int) -> Plane:
    """Mask of a thick line with round ends, in pixels."""
    unit = 2 * _FINE
    rows, columns = _grid()
    along_r, along_c = (end_row - row) * unit, (end_column - column) * unit
    from_r, from_c = rows.astype(np.int64) - row * unit, columns.astype(np.int64) - column * unit
    length = along_r * along_r + along_c * along_c
    done = np.clip(from_r * along_r + from_c * along_c, 0, length)
    # Distance to the nearest point of the line, all terms times `length`.
    off_r, off_c = from_r * length - done * along_r, from_c * length - done * along_c
    reach = half * unit
    near = (off_r // max(1, length)) ** 2 + (off_c // max(1, length)) ** 2 <= reach * reach
    return _smooth(near)


def union(*masks: Plane) -> Plane:
    """Where any of the masks is: their maximum."""
    return np.maximum.reduce(masks)
