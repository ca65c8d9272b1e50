"""The min-max stretch of Z. Liu's family (`normalize1`), as a table of levels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.core import Undefined
from tcmoa_bench.metrics.primitives import stretch
from tcmoa_bench.metrics.scene import Plane

Array = NDArray[np.float64]


def stretch_table(plane: Plane, scale: str = "0..255") -> Array:
    """What each of the 256 levels becomes when the plane is stretched; NaN for levels that it lacks.

    Args:
        plane: Any levels.
        scale: `0..255`, or `0..1` for code that divides by 255 first: rounding ties fall differently.
    """
    present = np.flatnonzero(plane.counts)
    table = np.full(256, np.nan)
    table[present] = stretch(present / 255.0 if scale == "0..1" else present.astype(np.float64))
    return table


def stretched(plane: Plane, scale: str = "0..255") -> Array:
    """The plane stretched to 0..255 and rounded; all NaN if it is constant, unless it is black."""
    return np.take(stretch_table(plane, scale), plane.levels)


def stretched_joint_counts(x: Plane, y: Plane) -> Array:
    """Joint histogram of two planes after both are stretched.

    Raises:
        Undefined: One is constant and not black: the reference then fails.
    """
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
