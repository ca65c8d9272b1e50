"""Which part of a pair is measured: everything, or a rectangle within a mask and a border."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.errors import Undefined

#: A mask whose largest rectangle holds less of its pixels is no frame, and what is measured would be little of it.
LEAST_SHARE = 0.5


@dataclass(frozen=True)
class Area:
    """The part of each pair that a metric measures: one rectangle, cut alike out of sources, fused image and truth.

    Attributes:
        border: Pixels left out along each side: of the picture, or of the mask's rectangle where there is a mask.
        masked: Measure within the largest rectangle that the pair's mask leaves whole.
    """

    border: int = 0
    masked: bool = False

    def __post_init__(self) -> None:
        if self.border < 0:
            raise ValueError(f"a border of {self.border} pixels; 0 or more are expected")

    def __bool__(self) -> bool:
        return bool(self.border or self.masked)

    @property
    def fact(self) -> str:
        """What a signature says of it, such as `mask-border-4`; empty for whole pictures."""
        return "-".join(["mask"] * self.masked + [f"border-{self.border}"] * bool(self.border))

    def window(self, shape: tuple[int, int], mask: NDArray[np.bool_] | None) -> tuple[slice, slice]:
        """The rows and columns to measure of pictures of `shape` (height, width).

        Args:
            shape: Height and width.
            mask: True where pixels count, of that shape; read only if `masked`.

        Raises:
            Undefined: There is no mask, it has another size, it is no frame, or nothing is left.
        """
        top, left, height, width = 0, 0, *shape
        if self.masked:
            if mask is None:
                raise Undefined("the pair has no mask")
            if mask.shape != shape:
                raise Undefined(
                    f"the mask is {mask.shape[0]}x{mask.shape[1]}, the pictures {shape[0]}x{shape[1]} (height x width)"
                )
            if not mask.any():
                raise Undefined("the mask leaves nothing: it is black everywhere")
            top, left, height, width = largest_rectangle(mask)
            share = height * width / int(mask.sum())
            if share < LEAST_SHARE:
                raise Undefined(
                    f"the mask is no frame: the largest rectangle within it holds {share:.0%} of the pixels that it "
                    "leaves in, and metrics need a whole rectangle"
                )
        rows = slice(top + self.border, top + height - self.border)
        columns = slice(left + self.border, left + width - self.border)
        if rows.stop - rows.start < 2 or columns.stop - columns.start < 2:
            raise Undefined(
                f"a border of {self.border} pixels leaves nothing of {height}x{width} (height x width)"
            )
        return rows, columns


#: Everything of every pair.
WHOLE = Area()


def largest_rectangle(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """The largest rectangle of pixels that are all True.

    Args:
        mask: `bool`, `H x W`.

    Returns:
        Its top, left, height and width; of equally large ones the one that ends first, row by row. All zero where
        nothing is True.
    """
    return _largest(np.packbits(mask).tobytes(), (mask.shape[0], mask.shape[1]))


@lru_cache(maxsize=8)  # one mask for all pairs of a run is the usual case
def _largest(packed: bytes, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=shape[0] * shape[1])
    mask = bits.reshape(shape).astype(bool)
    if mask.all():
        return 0, 0, *shape
    best, found = 0, (0, 0, 0, 0)
    heights = np.zeros(shape[1] + 1, np.int64)  # one more column, always 0, ends what the last one holds open
    for row, line in enumerate(mask):
        heights[:-1] = np.where(line, heights[:-1] + 1, 0)
        open_: list[tuple[int, int]] = []  # (first column, height), heights rising
        # Only where the height changes can a rectangle begin or end.
        changes = np.flatnonzero(np.diff(heights, prepend=-1))
        for column, height in zip(changes.tolist(), heights[changes].tolist(), strict=True):
            start = column
            while open_ and open_[-1][1] >= height:
                start, tall = open_.pop()
                if tall * (column - start) > best:
                    best, found = tall * (column - start), (row - tall + 1, start, tall, column - start)
            open_.append((start, height))
    return found
