"""Curves over severity: a panel for each damage, a line for each fuser."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from tcmoa_bench.damages import PROBE, STRESS
from tcmoa_bench.reports.figures.canvas import COLOURS, new_figure, text_size
from tcmoa_bench.reports.trust.curves import Curve

#: Panels in a row.
COLUMNS = 4


def draw(curves: Sequence[Curve], label: str, ink: str = "black", width: float = 7.0) -> Figure:
    """Means over severity with 95 % intervals; severities stand at equal steps.

    Args:
        curves: At least one; fusers and damages in the order of their first appearance.
        label: The metric with its direction.
        ink: Colour of text and lines.
        width: Inches.
    """
    damages = list(dict.fromkeys(c.damage for c in curves))
    fusers = list(dict.fromkeys(c.fuser for c in curves))
    columns = min(COLUMNS, len(damages))
    rows = -(-len(damages) // columns)
    figure = new_figure(width, 1.75 * rows + 0.35)
    for place, damage in enumerate(damages):
        axes = figure.add_subplot(rows, columns, place + 1)
        for curve in (c for c in curves if c.damage == damage):
            colour = COLOURS[fusers.index(curve.fuser) % len(COLOURS)]
            steps = range(len(curve.levels))
            axes.plot(
                steps, curve.means, color=colour, marker="o", markersize=2.5, linewidth=1.2, label=curve.fuser
            )
            if all(interval is not None for interval in curve.intervals):
                low, high = zip(*(i for i in curve.intervals if i is not None), strict=True)
                axes.fill_between(steps, low, high, color=colour, alpha=0.15, linewidth=0)
        levels = next(c.levels for c in curves if c.damage == damage)
        axes.set_xticks(range(len(levels)), [f"{level:g}" for level in levels], fontsize=text_size(2))
        axes.tick_params(axis="y", labelsize=7)
        axes.set_title(damage, fontsize=text_size(1), color=ink)
        unit = {**PROBE, **STRESS}[damage].unit if len(fusers) == 1 else ""
        axes.set_xlabel(unit.partition(",")[0].partition(" (")[0], fontsize=text_size(3))
        axes.grid(color="#888888", alpha=0.25, linewidth=0.6)
    figure.supylabel(label, fontsize=text_size(1))
    if len(fusers) > 1:
        handles, names = figure.axes[0].get_legend_handles_labels()
        figure.legend(
            handles,
            names,
            loc="outside lower center",
            ncols=min(6, len(names)),
            fontsize=text_size(1),
            frameon=False,
        )
    return figure
