"""Critical-difference diagrams: average ranks on a line, bars over fusers that the test does not tell apart."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tcmoa_bench.reports.figures.canvas import COLOURS, new_figure, text_size
from tcmoa_bench.reports.statistics import Ranking


def groups(ranking: Ranking) -> list[tuple[float, float]]:
    """Longest spans of ranks within the critical difference, each as (lowest, highest rank); spans within others left out.

    Source: Demsar, Statistical comparisons of classifiers over multiple data sets, JMLR 7, 2006, figure 1.
    """
    if ranking.critical_difference is None:
        return []
    ranks = sorted(ranking.ranks.values())
    spans: list[tuple[float, float]] = []
    for low in ranks:
        high = max(rank for rank in ranks if rank - low < ranking.critical_difference)
        if high > low and (not spans or high > spans[-1][1]):
            spans.append((low, high))
    return spans


def draw(ranking: Ranking, title: str, ink: str = "black", width: float = 6.4) -> Figure:
    """The diagram: rank 1 (best) on the left, names on both sides, the critical difference above."""
    names = sorted(ranking.ranks, key=lambda name: ranking.ranks[name])
    half = (len(names) + 1) // 2
    spans = groups(ranking)
    top = 0.62 + 0.13 * len(spans)
    figure = new_figure(width, 0.75 + 0.22 * half + 0.13 * len(spans))
    axes = figure.add_subplot()
    low, high = 1, max(2, len(names))
    reach = high - low
    axes.set(xlim=(low - 0.62 * reach, high + 0.62 * reach), ylim=(-top - 0.22 * half - 0.1, 0.75))
    axes.axis("off")
    axes.set_title(title, fontsize=text_size())
    axes.plot([low, high], [0, 0], color=ink, linewidth=1)
    for tick in range(low, high + 1):
        axes.plot([tick, tick], [0, 0.08], color=ink, linewidth=1)
        axes.text(tick, 0.13, str(tick), ha="center", va="bottom")
    if ranking.critical_difference is not None:
        end = low + min(ranking.critical_difference, reach)
        axes.plot([low, end], [0.55, 0.55], color=COLOURS[1], linewidth=2, solid_capstyle="butt")
        axes.annotate(
            f"CD {ranking.critical_difference:.2f}",
            (end, 0.55),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=text_size(1),
        )
    for number, (first, last) in enumerate(spans):
        y = -0.16 - 0.13 * number
        axes.plot([first - 0.02 * reach, last + 0.02 * reach], [y, y], color=COLOURS[0], linewidth=3)
    _names(axes, names[:half], ranking, -top, low - 0.08 * reach, "right", ink)
    _names(axes, names[half:][::-1], ranking, -top, high + 0.08 * reach, "left", ink)
    return figure


def _names(
    axes: Axes, names: Sequence[str], ranking: Ranking, top: float, edge: float, side: str, ink: str
) -> None:
    for number, name in enumerate(names):
        y, rank = top - 0.22 * number, ranking.ranks[name]
        axes.plot([rank, rank, edge], [0, y, y], color=ink, linewidth=0.7)
        text = f"{name} {rank:.2f}" if side == "right" else f"{rank:.2f} {name}"
        axes.annotate(
            text,
            (edge, y),
            (-3 if side == "right" else 3, 0),
            textcoords="offset points",
            ha=side,
            va="center",
        )
