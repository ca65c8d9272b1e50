"""Localised mutual information (Hossny, Nahavandi, Creighton and Bhatti 2010; `LMI.m` of MFIF-Metrics)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.errors import Undefined
from tcmoa_bench.metrics.formulas.entropy import entropy
from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.primitives import add_up
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.stacks import extends

Levels = NDArray[np.uint8]


class Block(NamedTuple):
    """A rectangle of an image."""

    top: int
    left: int
    height: int
    width: int

    def of(self, levels: Levels) -> Levels:
        """The rectangle's pixels."""
        return levels[self.top : self.top + self.height, self.left : self.left + self.width]

    def quarters(self) -> list[Block]:
        """Its quarters, row by row, the first ones smaller on odd sizes; none if a side is under 3."""
        if min(self.height, self.width) < 3:
            return []
        high, wide = self.height // 2, self.width // 2
        return [
            Block(self.top + y, self.left + x, h, w)
            for y, h in ((0, high), (high, self.height - high))
            for x, w in ((0, wide), (wide, self.width - wide))
        ]


@once
def decomposition(plane: Plane) -> list[Block]:
    """The blocks of the quadtree: of four quarters those with at least the mean entropy are quartered again.

    The entropy of a lower right quarter is taken with its last column black, as the reference's loop leaves it.

    Raises:
        Undefined: The reference fails: all blocks of a level are quartered (a black image), or a block is too narrow.
    """
    height, width = plane.shape
    now = Block(0, 0, height, width).quarters()
    done: list[Block] = []
    depth = math.floor(math.log2(max(height, width))) - 2
    for level in range(depth):
        before, kept, now = now, len(done), []
        for first in range(0, len(before), 4):
            four = before[first : first + 4]
            entropies = [_entropy(block.of(plane.levels)) for block in four[:3]]
            entropies.append(_entropy(_black_last_column(four[3].of(plane.levels))))
            mean = add_up(entropies) / 4
            for block, found in zip(four, entropies, strict=True):
                if found < mean:
                    done.append(block)
                    continue
                quarters = block.quarters()
                if not quarters and level < depth - 1:
                    raise Undefined(
                        f"the image is too narrow for its length ({height}x{width}): the reference fails"
                    )
                now += quarters
        if len(done) == kept:
            raise Undefined(
                "all blocks of a level have one entropy, as in a black image: the reference fails"
            )
    return done + now


def _entropy(levels: Levels) -> float:
    return entropy(np.bincount(levels.ravel()).astype(np.float64))


def _black_last_column(levels: Levels) -> Levels:
    black = levels.copy()
    black[:, -1] = 0
    return black


def _shared(x: Plane, y: Plane, blocks: list[Block]) -> float:
    """Mean over the blocks, by size, of I(X, Y) / (H(X) + H(Y))."""
    total = size = 0.0
    for block in blocks:
        one, other = block.of(x.levels).ravel(), block.of(y.levels).ravel()
        _, joint = np.unique(one.astype(np.int32) * 256 + other, return_counts=True)
        apart = _entropy(one) + _entropy(other)
        total += one.size * (apart - entropy(joint.astype(np.float64))) / (apart + 1e-14)
        size += one.size
    return total / size


@extends("mean")
def lmi(a: Plane, b: Plane, fused: Plane) -> float:
    r"""(M(A, F; A) + M(A, F; F) + M(B, F; B) + M(B, F; F)) / 2, M(X, Y; Z) the mean over the blocks of Z's quadtree.

    In each block it is I(X, Y) / (H(X) + H(Y)), weighted by the block's size.

    Returns:
        0..1, 1 for a fused image that equals both sources and has no flat block.

    Raises:
        Undefined: As `decomposition`.

    $$\frac{1}{2}\left(M(A,F;A)+M(A,F;F)+M(B,F;B)+M(B,F;F)\right)$$
    """
    of_fused = decomposition(fused)
    shares = (
        _shared(source, fused, blocks) for source in (a, b) for blocks in (decomposition(source), of_fused)
    )
    return add_up(shares) / 2
