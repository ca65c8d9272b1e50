"""The min-max stretch of Z. Liu's family (`normalize1`), as a table of levels."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.errors import Undefined
from tcmoa_bench.metrics.primitives import stretch
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]

#: Whether each image is first stretched to 0..255 and rounded.
Stretch = Literal["0-255", "none"]


def stretch_table(plane: Plane, divisor: float = 1.0) -> Array:
    """What each of the 256 levels becomes when the plane is stretched; NaN for levels that it lacks.

    Args:
        plane: Any plane of whole levels; on 0..1 rounding ties fall differently than on 0..255.
        divisor: What the code divides the values by first.
    """
    present = np.flatnonzero(plane.counts)
    table = np.full(256, np.nan)
    table[present] = stretch(present / plane.full / divisor)
    return table


def stretched(plane: Plane, stretch: Stretch, divisor: float = 1.0) -> Array:
    """The plane stretched to 0..255 and rounded; all NaN if it is constant, unless it is black.

    Args:
        plane: Any plane.
        stretch: `none` leaves the values as they are.
        divisor: As in `stretch_table`.
    """
    if stretch == "none":
        return plane.values / divisor
    return np.take(stretch_table(plane, divisor), plane.levels)


def stretched_joint_counts(x: Plane, y: Plane, stretch: Stretch = "0-255") -> Array:
    """Joint histogram of two planes after both are stretched (or as they are).

    Raises:
        Undefined: One is constant and not black: the reference then fails.
    """
    if stretch == "none":
        return x.joint_counts(y)
    refuse_constant(x, y)
    moved = np.zeros((256, 256))
    rows, columns = (np.flatnonzero(plane.counts) for plane in (x, y))
    to_rows, to_columns = (stretch_table(plane) for plane in (x, y))
    target = np.ix_(to_rows[rows].astype(np.intp), to_columns[columns].astype(np.intp))
    moved[target] = x.joint_counts(y)[np.ix_(rows, columns)]
    return moved


def refuse_constant(*planes: Plane) -> None:
    """Raise `Undefined` if a plane is constant and not black: its stretched levels are no bins."""
    for plane in planes:
        if np.count_nonzero(plane.counts) == 1 and plane.levels[0, 0]:
            level = plane.levels[0, 0]
            raise Undefined(f"an image is constant ({level}): stretched it is 0/0, where the reference fails")
