"""Labelled objects and how well each stands out from its surroundings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.labels import IGNORED, SCENERY, Labels
from tcmoa_bench.metrics.errors import Undefined
from tcmoa_bench.metrics.formulas.entropy import entropy
from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.primitives import histogram, sobel
from tcmoa_bench.metrics.scene import Plane, Sources

Mask = NDArray[np.bool_]

#: Which objects: those of every class, or of one.
Of = Literal["all", "person", "car"]

#: Patches of a class map with fewer pixels are strays of the annotator's pen, no objects.
LEAST_PIXELS = 16

#: Variance of rounding to whole levels: surroundings that look flat are not known to be flatter.
ROUNDING = 1 / 12


@dataclass(frozen=True)
class Region:
    """One object: masks over a window of the picture.

    Attributes:
        name: Class.
        window: Rows and columns.
        inside: Pixels of the object (all those of a box).
        around: Pixels of its surroundings: within half its height and width, and of no labelled object.
    """

    name: str
    window: tuple[slice, slice]
    inside: Mask
    around: Mask


@dataclass(frozen=True)
class Seen:
    """How the objects look in one plane, one value for each, float64.

    Attributes:
        contrast: |mean inside - mean around|, in levels.
        clutter_ratio: The contrast over the standard deviation around (with the variance of rounding added).
        edges: Mean Sobel gradient inside, in levels, no divisor.
        entropy: Entropy of the levels inside, in bits.
    """

    contrast: NDArray[np.float64]
    clutter_ratio: NDArray[np.float64]
    edges: NDArray[np.float64]
    entropy: NDArray[np.float64]


def find(labels: Labels, size: tuple[int, int]) -> tuple[Region, ...]:
    """The objects of a picture that have surroundings.

    Of a class map an object is a patch of touching pixels (8 neighbours) of one class that is not scenery.

    Args:
        labels: The labels; boxes are rounded to whole pixels and cut at the picture's border.
        size: Height and width.
    """
    outlines: list[tuple[str, slice, slice, Mask]] = []
    taken = np.zeros(size, bool)
    for box in labels.boxes:
        rows, columns = _span(box.top, box.bottom, size[0]), _span(box.left, box.right, size[1])
        inside = np.ones((rows.stop - rows.start, columns.stop - columns.start), bool)
        outlines.append((box.name, rows, columns, inside))
    if labels.class_map is not None:
        outlines += _patches(labels, labels.class_map)
        taken |= labels.class_map == IGNORED
    outlines = [outline for outline in outlines if outline[3].size]
    for _, rows, columns, inside in outlines:
        taken[rows, columns] |= inside
    found = (_region(*outline, taken) for outline in outlines)
    return tuple(region for region in found if region.around.any())


def _span(first: float, last: float, end: int) -> slice:
    start = min(max(round(first), 0), end)
    return slice(start, max(start, min(round(last), end)))


def _patches(labels: Labels, numbers: NDArray[np.uint8]) -> list[tuple[str, slice, slice, Mask]]:
    patches = []
    for number, name in enumerate(labels.classes):
        if name in SCENERY or not (numbers == number).any():
            continue
        count, marks, facts, _ = cv2.connectedComponentsWithStats((numbers == number).astype(np.uint8))
        for mark in range(1, count):
            left, top, width, height, area = (int(fact) for fact in facts[mark])
            if area >= LEAST_PIXELS:
                rows, columns = slice(top, top + height), slice(left, left + width)
                patches.append((name, rows, columns, marks[rows, columns] == mark))
    return patches


def _region(name: str, rows: slice, columns: slice, inside: Mask, taken: Mask) -> Region:
    high, wide = (max(1, (side + 1) // 2) for side in inside.shape)
    window = (
        slice(max(rows.start - high, 0), min(rows.stop + high, taken.shape[0])),
        slice(max(columns.start - wide, 0), min(columns.stop + wide, taken.shape[1])),
    )
    around = ~taken[window]
    whole = np.zeros_like(around)
    top, left = rows.start - window[0].start, columns.start - window[1].start
    whole[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
    return Region(name, window, whole, around)


@once
def regions(sources: Sources, of: Of) -> tuple[Region, ...]:
    """The pair's objects of a class.

    Raises:
        Undefined: The pair has no labels, or no such object.
    """
    found = tuple(region for region in _all(sources) if of in ("all", region.name))
    if not found:
        raise Undefined("no labelled object" if of == "all" else f"no labelled object of the class {of}")
    return found


@once
def _all(sources: Sources) -> tuple[Region, ...]:
    return find(sources.labels, sources.a.shape)


@once
def look(sources: Sources, plane: Plane, of: Of) -> Seen:
    """How the pair's objects look in a plane."""
    image, slopes = plane.double, _slopes(plane)
    rows = []
    for region in regions(sources, of):
        levels = image[region.window]
        inside, around = levels[region.inside], levels[region.around]
        contrast = abs(float(inside.mean()) - float(around.mean()))
        rows.append(
            (
                contrast,
                contrast / math.sqrt(float(around.var()) + ROUNDING),
                float(slopes[region.window][region.inside].mean()),
                entropy(histogram(plane.levels[region.window][region.inside])),
            )
        )
    return Seen(*np.array(rows, np.float64).T)


@once
def _slopes(plane: Plane) -> NDArray[np.float64]:
    return np.hypot(*sobel(plane.double, "replicate"))


def contrast_gain(a: Seen, b: Seen, fused: Seen) -> float:
    """Sum over the objects of |mean inside - mean around| in F, over that of the better source of each object."""
    return _share(fused.contrast, np.maximum(a.contrast, b.contrast))


def clutter_ratio_gain(a: Seen, b: Seen, fused: Seen) -> float:
    """Sum over the objects of contrast / deviation around in F, over that of the better source of each object."""
    return _share(fused.clutter_ratio, np.maximum(a.clutter_ratio, b.clutter_ratio))


def edges_kept(a: Seen, b: Seen, fused: Seen) -> float:
    """Sum over the objects of the gradient inside in F, no more than the stronger source's, over the latter's sum."""
    best = np.maximum(a.edges, b.edges)
    return _share(np.minimum(fused.edges, best), best)


def entropy_inside(a: Seen, b: Seen, fused: Seen) -> float:
    """Mean over the objects of the entropy of F's levels inside, in bits."""
    return float(fused.entropy.mean())


def less_visible(a: Seen, b: Seen, fused: Seen) -> float:
    """Share of the objects whose contrast / deviation around is less in F than in the better source."""
    best = np.maximum(a.clutter_ratio, b.clutter_ratio)
    # Relative, so that a copy of the better source never counts for its last bit.
    return float((fused.clutter_ratio < best * (1 - 1e-9)).mean())


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> float:
    total = float(whole.sum())
    if total == 0:
        raise Undefined("no labelled object stands out in a source")
    return float(part.sum()) / total
