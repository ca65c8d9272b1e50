"""A metric over runs: one line for each fuser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from tcmoa_bench.reports.figures.canvas import COLOURS, new_figure, text_size

#: Hues come round after eight fusers, then with another dash.
DASHES = ("-", "--", ":", "-.")


def draw(
    runs: Sequence[str],
    means: Mapping[str, Sequence[float | None]],
    label: str,
    ink: str = "black",
    width: float = 6.4,
) -> Figure:
    """Lines over runs in their order; a run without a fuser leaves a gap in its line.

    Args:
        runs: Names, oldest first.
        means: Mean by fuser, one for each run, None where there is none.
        label: Axis label.
        ink: Colour of text and lines.
        width: Inches.
    """
    figure = new_figure(width, max(2.6, 0.5 + 0.17 * len(means)))  # the legend has a line for each
    axes = figure.add_subplot()
    for number, (fuser, values) in enumerate(means.items()):
        line = np.array([np.nan if value is None else value for value in values], float)
        dash = DASHES[number // len(COLOURS) % len(DASHES)]
        colour = COLOURS[number % len(COLOURS)].replace("#000000", ink)
        axes.plot(
            range(len(runs)), line, dash, marker="o", markersize=4, linewidth=1.3, color=colour, label=fuser
        )
    axes.set_xticks(
        range(len(runs)), runs, rotation=30 if len(runs) > 4 else 0, ha="right" if len(runs) > 4 else "center"
    )
    axes.set_ylabel(label)
    axes.grid(axis="y", color="#888888", alpha=0.25, linewidth=0.6)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=text_size(2), labelcolor=ink)
    return figure
