"""A fuser whose gray results get their sources' colours back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.images import show, to_uint8
from tcmoa_bench.recolour import is_coloured, recolour, sources_of_colour
from tcmoa_bench.types import Fuser, FuserError, Image, Pair, Stacking, Talking


class Recoloured:
    """A fuser of gray images, with the chroma of the pair's coloured sources put back (`recolour`).

    A pair without a coloured source keeps its gray image.

    Args:
        fuser: Makes the gray images, which are taken as luma.
        levels: Which luma they hold, a key of `recolour.RANGES`.
    """

    stacks = True

    def __init__(self, fuser: Fuser, levels: str) -> None:
        self._fuser, self._levels = fuser, levels
        before = fuser.record
        facts = f"{before.fingerprint}\nrecolor: BT.601 {levels} range"
        self.record = replace(
            before,
            notes=f"{before.notes}; gray images with the sources' chroma, BT.601 {levels} range".removeprefix(
                "; "
            ),
            fingerprint=hashlib.sha256(facts.encode()).hexdigest(),
        )
        #: What the user should know of how files were taken.
        self.remarks: Sequence[str] = getattr(fuser, "remarks", ())

    def inputs(self, pair: Pair) -> Sequence[Path]:
        """Those of the fuser."""
        return self._fuser.inputs(pair)

    def take_output(self) -> bytes:
        """What the fuser's program printed since the last time."""
        return self._fuser.take_output() if isinstance(self._fuser, Talking) else b""

    def fuse(self, a: Image, b: Image, pair: Pair) -> Image:
        """Fuse, and give the colours back; see `Fuser.fuse`.

        Raises:
            FuserError: The fuser fails, or its image is in colour already.
        """
        return self.fuse_stack((a, b), pair)

    def fuse_stack(self, images: Sequence[Image], pair: Pair) -> Image:
        """As `fuse`: colours are given back once, to the gray image of the whole stack."""
        name = self.record.name
        if len(images) > 2 and isinstance(self._fuser, Stacking) and self._fuser.stacks:
            fused = self._levels_of(self._fuser.fuse_stack(images, pair), images, pair)
        else:
            fused = reduce(lambda a, b: self._levels_of(self._fuser.fuse(a, b, pair), (a, b), pair), images)
        if is_coloured(fused):
            files = ", ".join(show(path) for path in self.inputs(pair))
            raise FuserError(
                f"{name}: the image of {pair.name} is in colour already; leave out `recolor`{f' ({files})' if files else ''}"
            )
        coloured = [source for source in sources_of_colour(images, pair.task) if is_coloured(source)]
        if not coloured or fused.shape[:2] != images[0].shape[:2]:
            return fused  # an image of another size is refused by whoever asked for it
        return recolour(fused, coloured, self._levels)

    def _levels_of(self, fused: NDArray[np.generic], images: Sequence[Image], pair: Pair) -> Image:
        return to_uint8(
            fused, f"{self.record.name}'s image of {pair.name}", max(int(image.max()) for image in images)
        )
