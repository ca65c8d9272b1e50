"""Figures of ranks and distributions: over all metrics and one metric at a time, and which metrics agree."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from tcmoa_bench.reports import statistics
from tcmoa_bench.reports.figures import canvas, critical_difference, distribution
from tcmoa_bench.reports.statistics import Ranking
from tcmoa_bench.reports.summary import Summary
from tcmoa_bench.reports.tables.scores import number
from tcmoa_bench.reports.tables.table import MISSING


@dataclass(frozen=True)
class RankFigure:
    """A critical-difference diagram with what it says in words."""

    label: str
    svg: Markup
    words: str


def rank_figure(ranking: Ranking, label: str) -> RankFigure | None:
    """The diagram, or None where there are too few fusers or pairs for one."""
    if ranking.critical_difference is None or ranking.p is None:
        return None
    with canvas.style(canvas.INK):
        figure = critical_difference.draw(ranking, "", canvas.INK)
    verdict = "are not all alike" if ranking.p < 0.05 else "are not told apart"
    words = (
        f"Friedman's test over {ranking.basis('pair')}: p = {ranking.p:.2g}, the fusers {verdict} (5 %). Fusers under one "
        f"blue bar differ by less than the critical difference {ranking.critical_difference:.2f} (Nemenyi)."
    )
    ranks = ", ".join(
        f"{name} {rank:.2f}" for name, rank in sorted(ranking.ranks.items(), key=lambda item: item[1])
    )
    svg = canvas.to_svg(figure, f"Critical-difference diagram, {label}. Average ranks: {ranks}")
    return RankFigure(label, Markup(svg), words)


def agreement(agreed: pd.DataFrame, heads: Sequence[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Rows of the metric-agreement map: head, and (text, style) of each correlation."""
    if len(heads) < 2:
        return []
    frame = agreed.to_numpy()
    rows = []
    for head, line in zip(heads, frame, strict=True):
        cells = [
            (MISSING, "") if math.isnan(v) else (f"{v:.2f}", f"--{'pos' if v >= 0 else 'neg'}:{abs(v):.2f}")
            for v in line
        ]
        rows.append((head, cells))
    return rows


@dataclass(frozen=True)
class MetricPage:
    """One metric: distribution and ranking."""

    number: int
    head: str
    svg: Markup
    quantiles: Sequence[tuple[str, Sequence[str]]]
    ranks: RankFigure | None


def metric_pages(summary: Summary, heads: Sequence[str], order: Sequence[str]) -> list[MetricPage]:
    """A page for every metric, fusers in the page's order."""
    fusers = [name for name in order if name in summary.fusers]
    view = dataclasses.replace(summary, fusers=fusers)
    pages = []
    for i, ((name, up), head) in enumerate(zip(summary.directions().items(), heads, strict=True)):
        values = view.matrix(name)
        label = f"{head} {'↑ (higher is better)' if up else '↓ (lower is better)'}"
        with canvas.style(canvas.INK):
            figure = distribution.draw(values, fusers, label, canvas.INK)
        quantiles = [(fuser, _quantiles(column)) for fuser, column in zip(fusers, values.T, strict=True)]
        svg = Markup(canvas.to_svg(figure, f"Distribution of {head} over the pairs for each fuser"))
        ranks = rank_figure(statistics.rank_by_pairs(view, name), head)
        pages.append(MetricPage(i, head, svg, quantiles, ranks))
    return pages


def _quantiles(values: NDArray[np.float64]) -> list[str]:
    known = values[np.isfinite(values)]
    if not known.size:
        return [MISSING] * 5
    return [number(float(q)) for q in np.quantile(known, [0, 0.25, 0.5, 0.75, 1])]
