"""Which mask belongs to which pair: one picture for all, or a folder of masks named like the pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tcmoa_bench.baselines.external.precomputed import Precomputed
from tcmoa_bench.images import show
from tcmoa_bench.types import BenchError, FuserError, Pair


def with_masks(pairs: Sequence[Pair], place: Path) -> tuple[list[Pair], list[str]]:
    """Pairs with their masks, and notes on those that have none.

    Args:
        pairs: The pairs.
        place: A picture, or a folder of pictures that are named as fused images of a method `mask` are.

    Raises:
        BenchError: There is no such file, or the folder holds no pair's mask.
    """
    if place.is_file():
        return [replace(pair, mask=place) for pair in pairs], []
    if not place.is_dir():
        raise BenchError(
            f"no such mask: {show(place)}; give a picture, or a folder of pictures named like the pairs"
        )
    folder = Precomputed("mask", place, pairs)
    masked, without = [], []
    for pair in pairs:
        try:
            masked.append(replace(pair, mask=folder.inputs(pair)[0]))
        except FuserError as error:
            masked.append(pair)
            without.append((pair.name, str(error)))
    if len(without) == len(pairs):
        raise BenchError(
            f"no pair has a mask in {show(place)}: {without[0][1].replace('fused image', 'mask')}"
        )
    notes = list(folder.remarks)
    if without:
        names = ", ".join(name for name, _ in without[:3])
        notes.append(f"{len(without)} of {len(pairs)} pairs have no mask and no scores: {names}")
    return masked, notes
