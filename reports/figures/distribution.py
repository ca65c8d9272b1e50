"""Distributions of a metric over the pairs: a box for each fuser."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tcmoa_bench.reports.figures.canvas import COLOURS, new_figure

#: Up to so many pairs every value is a dot.
DOTS = 150


#: With fewer values quartiles are made up: the values alone are shown.
BOXES = 10


def draw(
    values: NDArray[np.float64], fusers: Sequence[str], label: str, ink: str = "black", width: float = 6.4
) -> Figure:
    """Up to `DOTS` values as dots; from `BOXES` values on a box over the middle half, whiskers over the middle 90 %, line at
    the median; diamond at the mean.

    Args:
        values: pairs x fusers; NaN is left out.
        fusers: Names of the columns, first on top.
        label: Axis label: the metric and its direction.
        ink: Colour of text and lines.
        width: Inches.
    """
    figure = new_figure(width, 0.8 + 0.3 * len(fusers))
    axes = figure.add_subplot()
    for row, column in enumerate(values.T):
        known = column[np.isfinite(column)]
        if not known.size:
            axes.text(0.5, row, "no values", transform=axes.get_yaxis_transform(), ha="center", va="center")
            continue
        if known.size >= BOXES:
            _box(axes, row, known, ink)
        if known.size <= DOTS:
            # A fixed pattern keeps equal values apart and the figure the same.
            offsets = (np.arange(known.size) * 0.618 % 1 - 0.5) * 0.36
            axes.scatter(known, row + offsets, s=5, color=COLOURS[0], alpha=0.7, linewidths=0, zorder=3)
        axes.scatter(
            [known.mean()],
            [row],
            marker="D",
            s=18,
            color=COLOURS[1],
            edgecolors="white",
            linewidths=0.5,
            zorder=5,
        )
    axes.set_yticks(range(len(fusers)), fusers)
    axes.set_ylim(len(fusers) - 0.4, -0.6)
    axes.set_xlabel(label)
    axes.grid(axis="x", color="#888888", alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure


def _box(axes: Axes, row: int, known: NDArray[np.float64], ink: str) -> None:
    low, first, median, third, high = np.quantile(known, [0.05, 0.25, 0.5, 0.75, 0.95])
    axes.plot([low, high], [row, row], color=ink, linewidth=0.8, zorder=1)
    axes.barh(
        row,
        third - first,
        left=first,
        height=0.56,
        color=COLOURS[5],
        edgecolor=ink,
        linewidth=0.6,
        zorder=2,
    )
    axes.plot([median, median], [row - 0.28, row + 0.28], color=ink, linewidth=1.6, zorder=4)
