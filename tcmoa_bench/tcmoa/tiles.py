"""Cutting a picture into overlapping tiles and putting the fused tiles together again (NumPy only)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Box:
    """A tile's place: rows `y0` to `y1`, columns `x0` to `x1` (ends excluded)."""

    y0: int
    y1: int
    x0: int
    x1: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Row and column slices."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)


def starts(length: int, size: int, step: int) -> list[int]:
    """Starts of tiles of `size` every `step` along an axis; the last one ends flush with the border."""
    if length <= size:
        return [0]
    count = -(-(length - size) // step) + 1
    return [min(i * step, length - size) for i in range(count)]


def boxes(height: int, width: int, size: int, overlap: int = 0) -> list[Box]:
    """Tiles of a picture row by row; sides shorter than `size` are taken whole.

    Args:
        height: Rows of the picture.
        width: Columns.
        size: Tile side.
        overlap: Rows and columns that neighbours share at least.
    """
    step = size - overlap
    return [
        Box(y, min(y + size, height), x, min(x + size, width))
        for y, x in product(starts(height, size, step), starts(width, size, step))
    ]


def paste(tiles: list[NDArray[np.float32]], places: list[Box], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Lay tiles over one another in order, later ones on top, as the official code does: hard seams."""
    merged = np.zeros((*shape, tiles[0].shape[-1]), np.float32)
    for tile, box in zip(tiles, places, strict=True):
        merged[box.slices] = tile
    return merged


def _ramp(length: int, before: int, after: int) -> NDArray[np.float32]:
    """Weight along one axis: rises over `before` and falls over `after` positions like a squared sine."""
    weight = np.ones(length, np.float64)
    for count, part in ((before, slice(None, before)), (after, slice(length - after, None))):
        if count:
            rise = np.sin(np.pi / 2 * (np.arange(count) + 0.5) / count) ** 2
            weight[part] *= rise if part.start is None else rise[::-1]
    return weight.astype(np.float32)


def blend(
    tiles: list[NDArray[np.float32]], places: list[Box], shape: tuple[int, int], overlap: int
) -> NDArray[np.float32]:
    """Put tiles together with weights that fall to zero towards inner borders: no seams.

    Args:
        tiles: `h x w x C` each.
        places: Their places.
        shape: Height and width of the picture.
        overlap: Width of the fall; at most the tiles' real overlap.

    Returns:
        `H x W x C`; where all tiles agree, their value.
    """
    total = np.zeros((*shape, tiles[0].shape[-1]), np.float32)
    weights = np.zeros((*shape, 1), np.float32)
    for tile, box in zip(tiles, places, strict=True):
        rows = _ramp(box.y1 - box.y0, overlap * (box.y0 > 0), overlap * (box.y1 < shape[0]))
        columns = _ramp(box.x1 - box.x0, overlap * (box.x0 > 0), overlap * (box.x1 < shape[1]))
        weight = (rows[:, None] * columns)[..., None]
        total[box.slices] += weight * tile
        weights[box.slices] += weight
    return total / weights
