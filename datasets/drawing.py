"""Pictures from integer arithmetic: the same levels to the bit on every machine.

A canvas is an `int32` array `H x W` or `H x W x 3` with levels 0..255; a mask is an `int32` array `H x W`
with weights 0..256.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.images import decode_image
from tcmoa_bench.types import Image

Canvas: TypeAlias = NDArray[np.int32]

#: Height and width of every scene.
HEIGHT, WIDTH = 240, 320

#: Masks are drawn on a grid this many times finer, so that edges are smooth.
_FINE = 4

#: Points are counted in this fraction of a pixel, so that the centres of fine pixels are whole numbers.
_UNIT = 2 * _FINE

Grid: TypeAlias = NDArray[np.int64]


def photograph(name: str, top: int = 0, left: int = 0, shrink: int = 1, turned: bool = False) -> Canvas:
    """A 240 x 320 part of a photograph that scikit-image's wheel carries; a smaller one is mirrored on.

    Args:
        name: File name without its ending, such as `coffee`; only PNG files, whose pixels every decoder
            gives alike.
        top: First row of the part, after turning and shrinking.
        left: First column of the part, after turning and shrinking.
        shrink: Side of the blocks that are averaged into one pixel.
        turned: Whether rows and columns change places.
    """
    file = importlib.resources.files("skimage.data") / f"{name}.png"
    whole = decode_image(file.read_bytes(), f"scikit-image's {name}.png").astype(np.int32)
    whole = shrunk(whole.swapaxes(0, 1) if turned else whole, shrink)
    missing = [(0, max(0, top + HEIGHT - whole.shape[0])), (0, max(0, left + WIDTH - whole.shape[1]))]
    whole = np.pad(whole, [*missing, *[(0, 0)] * (whole.ndim - 2)], mode="symmetric")
    return whole[top : top + HEIGHT, left : left + WIDTH]


def pasted(patch: Canvas, top: int, left: int) -> Canvas:
    """A black plane with a gray patch on it; what juts out is cut."""
    plane = flat(0)
    plane[top : top + patch.shape[0], left : left + patch.shape[1]] = patch[: HEIGHT - top, : WIDTH - left]
    return plane


def shrunk(plane: Canvas, factor: int) -> Canvas:
    """Means of blocks of `factor` x `factor` pixels, rounded; a rest at the right and the bottom is cut."""
    height, width = plane.shape[0] // factor, plane.shape[1] // factor
    blocks = plane[: height * factor, : width * factor].reshape(
        height, factor, width, factor, *plane.shape[2:]
    )
    area = factor * factor
    means: Canvas = ((blocks.sum(axis=(1, 3), dtype=np.int64) + area // 2) // area).astype(np.int32)
    return means


def finish(plane: Canvas) -> Image:
    """Levels clipped to 0..255 as `uint8`."""
    return np.ascontiguousarray(np.clip(plane, 0, 255).astype(np.uint8))


def flat(*levels: int) -> Canvas:
    """A plane of one level (gray) or one colour (three levels)."""
    shape = (HEIGHT, WIDTH) if len(levels) == 1 else (HEIGHT, WIDTH, 3)
    return np.broadcast_to(np.array(levels if len(levels) > 1 else levels[0], np.int32), shape).copy()


def tint(gray: Canvas, red: int, green: int, blue: int) -> Canvas:
    """RGB from a gray plane; each channel is the gray level times its weight / 256."""
    return gray[..., None] * np.array([red, green, blue], np.int32) // 256


def luma(rgb: Canvas) -> Canvas:
    """BT.601 luma of RGB in 8-bit fixed point."""
    return (77 * rgb[..., 0] + 150 * rgb[..., 1] + 29 * rgb[..., 2] + 128) // 256


def ramp(first: int, last: int, axis: int) -> Canvas:
    """Levels that run linearly from `first` to `last` along rows (axis 0) or columns (axis 1)."""
    count = (HEIGHT, WIDTH)[axis]
    line = first + (last - first) * np.arange(count, dtype=np.int32) // (count - 1)
    return np.broadcast_to(line[:, None] if axis == 0 else line[None, :], (HEIGHT, WIDTH)).copy()


def over(below: Canvas, above: Canvas, mask: Canvas) -> Canvas:
    """`above` laid over `below` where the mask says; gray and colour do not mix."""
    weight = mask[..., None] if below.ndim == 3 else mask
    return (below * (256 - weight) + above * weight + 128) // 256


def blur(plane: Canvas, radius: int) -> Canvas:
    """Three box filters of side `2 radius + 1`, close to a Gaussian; borders are repeated."""
    for _ in range(3 if radius > 0 else 0):
        for axis in (0, 1):
            plane = _box(plane, radius, axis)
    return plane


def _box(plane: Canvas, radius: int, axis: int) -> Canvas:
    edges = [(0, 0)] * plane.ndim
    edges[axis] = (radius + 1, radius)
    total = np.cumsum(np.pad(plane, edges, mode="edge"), axis=axis, dtype=np.int64)
    side, count = 2 * radius + 1, plane.shape[axis]
    high = np.take(total, np.arange(side, side + count), axis=axis)
    low = np.take(total, np.arange(count), axis=axis)
    return ((high - low + side // 2) // side).astype(np.int32)


def noise(seed: int, amplitude: int) -> Canvas:
    """Levels from -amplitude to +amplitude that look random: a hash of row, column and seed."""
    rows, columns = np.meshgrid(
        np.arange(HEIGHT, dtype=np.uint32), np.arange(WIDTH, dtype=np.uint32), indexing="ij"
    )
    state = (
        rows * np.uint32(0x9E3779B1)
        ^ columns * np.uint32(0x85EBCA77)
        ^ np.uint32(seed * 0x27D4EB2F & 0xFFFFFFFF)
    )
    for shift, factor in ((15, 0x2C1B3C6D), (12, 0x297A2D39)):
        state = (state ^ (state >> np.uint32(shift))) * np.uint32(factor)
    state ^= state >> np.uint32(15)
    return (state % np.uint32(2 * amplitude + 1)).astype(np.int32) - amplitude


def _drawn(
    top: int, left: int, bottom: int, right: int, inside: Callable[[Grid, Grid], NDArray[np.bool_]]
) -> Canvas:
    """Mask of a shape within the given edges, in pixels.

    Args:
        top: First row that the shape may touch; the other edges likewise.
        left: First column.
        bottom: Row after the last.
        right: Column after the last.
        inside: Whether points lie in the shape, by rows and columns in units of 1 / _UNIT pixel.
    """
    top, left = min(max(0, top), HEIGHT), min(max(0, left), WIDTH)
    bottom, right = max(top, min(bottom, HEIGHT)), max(left, min(right, WIDTH))
    rows = (2 * np.arange(top * _FINE, bottom * _FINE, dtype=np.int64) + 1)[:, None]
    columns = (2 * np.arange(left * _FINE, right * _FINE, dtype=np.int64) + 1)[None, :]
    mask = flat(0)
    mask[top:bottom, left:right] = shrunk(inside(rows, columns).astype(np.int32) * 256, _FINE)
    return mask


def ellipse(row: int, column: int, half_height: int, half_width: int) -> Canvas:
    """Mask of an ellipse by its centre and half axes, in pixels."""

    def inside(rows: Grid, columns: Grid) -> NDArray[np.bool_]:
        down, across = (rows - row * _UNIT) * half_width, (columns - column * _UNIT) * half_height
        return down * down + across * across <= (half_height * half_width * _UNIT) ** 2

    return _drawn(row - half_height, column - half_width, row + half_height, column + half_width, inside)


def polygon(*corners: tuple[int, int]) -> Canvas:
    """Mask of a convex polygon by its corners `(row, column)` in clockwise order, in pixels."""

    def inside(rows: Grid, columns: Grid) -> NDArray[np.bool_]:
        result = np.ones((rows.size, columns.size), bool)
        for (row, column), (next_row, next_column) in zip(corners, (*corners[1:], corners[0]), strict=True):
            side = (next_column - column) * (rows - row * _UNIT) - (next_row - row) * (
                columns - column * _UNIT
            )
            result &= side >= 0
        return result

    rows, columns = [row for row, _ in corners], [column for _, column in corners]
    return _drawn(min(rows), min(columns), max(rows), max(columns), inside)


def box(top: int, left: int, bottom: int, right: int) -> Canvas:
    """Mask of an upright rectangle by its edges, in pixels."""
    return polygon((top, left), (top, right), (bottom, right), (bottom, left))


def rod(row: int, column: int, end_row: int, end_column: int, half: int) -> Canvas:
    """Mask of a thick line between two points, with round ends, by half its thickness, in pixels."""

    def inside(rows: Grid, columns: Grid) -> NDArray[np.bool_]:
        along_r, along_c = (end_row - row) * _UNIT, (end_column - column) * _UNIT
        from_r, from_c = rows - row * _UNIT, columns - column * _UNIT
        length = along_r * along_r + along_c * along_c
        done = np.clip(from_r * along_r + from_c * along_c, 0, length)
        # Offset from the nearest point of the line; `length` is the square of the line's length.
        off_r, off_c = (
            (from_r * length - done * along_r) // length,
            (from_c * length - done * along_c) // length,
        )
        near: NDArray[np.bool_] = off_r * off_r + off_c * off_c <= (half * _UNIT) ** 2
        return near

    return _drawn(
        min(row, end_row) - half,
        min(column, end_column) - half,
        max(row, end_row) + half,
        max(column, end_column) + half,
        inside,
    )


def union(*masks: Canvas) -> Canvas:
    """Where any of the masks is: their maximum."""
    most: Canvas = np.maximum.reduce(masks)
    return most
