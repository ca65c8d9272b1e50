"""Pictures with their labels drawn on them, to look at."""

from __future__ import annotations

import colorsys
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw

from tcmoa_bench.labels import IGNORED, Labels
from tcmoa_bench.types import BenchError, Image, Pair

#: The share of a class's colour where a map is laid over a picture.
_SHARE = 0.45


def drawn(pair: Pair) -> Image:
    """Both sources of a pair side by side, A left, with its labels on each.

    Returns:
        `uint8`, `H x 2W x 3` RGB.

    Raises:
        BenchError: The pair has no labels, or cannot be read.
    """
    a, b = pair.load()
    labels = pair.load_labels((a.shape[0], a.shape[1]))
    if labels is None:
        raise BenchError(f"pair {pair.name!r} of {pair.dataset!r} has no labels")
    if problems := labels.problems((a.shape[0], a.shape[1])):
        raise BenchError(f"labels of pair {pair.name!r} of {pair.dataset!r}: {problems[0]}")
    return np.hstack([with_labels(image, labels) for image in (a, b)])


def with_labels(image: Image, labels: Labels) -> Image:
    """One picture with boxes and class names, or with the class map laid over it.

    Args:
        image: `uint8`, `H x W` or `H x W x 3` RGB.
        labels: Its labels, without problems.

    Returns:
        `uint8`, `H x W x 3` RGB, a new array.
    """
    rgb = np.dstack([image] * 3) if image.ndim == 2 else image.copy()
    if labels.class_map is not None:
        palette = np.array([colour(number) for number in range(256)])
        named = (labels.class_map != 0) & (labels.class_map != IGNORED)
        mixed = (1 - _SHARE) * rgb + _SHARE * palette[labels.class_map]
        rgb[named] = np.rint(mixed[named]).astype(np.uint8)
    picture = Pillow.fromarray(rgb)
    pen = ImageDraw.Draw(picture)
    for box in labels.boxes:
        ink = colour(labels.classes.index(box.name))
        # The last pixel of a box is the one before its right and lower edge.
        edges = (round(box.left), round(box.top), round(box.right) - 1, round(box.bottom) - 1)
        pen.rectangle((*edges[:2], max(edges[0], edges[2]), max(edges[1], edges[3])), outline=ink, width=2)
        pen.text((edges[0] + 4, edges[1] + 3), box.name, fill=ink)
    return np.asarray(picture)


def map_picture(numbers: NDArray[np.uint8]) -> bytes:
    """A class map as a PNG to lay over a picture: each class in its colour, what is of no class transparent.

    Args:
        numbers: Class number of each pixel.
    """
    picture = Pillow.fromarray(numbers)
    picture.putpalette([part for number in range(256) for part in colour(number)])
    data = io.BytesIO()
    clear = bytes(0 if number in (0, IGNORED) else 255 for number in range(256))
    picture.save(data, "PNG", transparency=clear)
    return data.getvalue()


def map_colours(numbers: NDArray[np.uint8], classes: Sequence[str]) -> list[tuple[str, str]]:
    """The classes that a class map shows, each with its colour as web pages write it."""
    there = [number for number in np.unique(numbers).tolist() if number not in (0, IGNORED)]
    return [(classes[number], "#{:02x}{:02x}{:02x}".format(*colour(number))) for number in there]


def colour(number: int) -> tuple[int, int, int]:
    """A class's colour: hues that stay apart however many there are."""
    red, green, blue = colorsys.hsv_to_rgb((0.08 + 0.618034 * number) % 1.0, 0.85, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)
