"""The page's sections behind the main table: ranks, agreement, one metric at a time, extremes, paper and drift."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from tcmoa_bench.reports import statistics
from tcmoa_bench.reports.drift.compare import Comparison, Moved
from tcmoa_bench.reports.drift.render import SHOWN
from tcmoa_bench.reports.drift.render import headline as drift_headline
from tcmoa_bench.reports.figures import canvas, critical_difference, distribution
from tcmoa_bench.reports.statistics import Ranking
from tcmoa_bench.reports.summary import Summary
from tcmoa_bench.reports.tables.paper import PaperCell, PaperTable
from tcmoa_bench.reports.tables.scores import number
from tcmoa_bench.reports.tables.table import MISSING

#: Pairs in each list of extremes.
EXTREMES = 10


@dataclass(frozen=True)
class RankFigure:
    """A critical-difference diagram with what it says in words."""

    label: str
    svg: Markup
    words: str


def rank_figure(ranking: Ranking, label: str, blocks: str) -> RankFigure | None:
    """The diagram, or None where there are too few fusers or blocks for one."""
    if ranking.critical_difference is None or ranking.p is None:
        return None
    with canvas.style(canvas.INK):
        figure = critical_difference.draw(ranking, "", canvas.INK)
    told = "are not all alike" if ranking.p < 0.05 else "are not told apart"
    words = (
        f"Friedman's test over {ranking.blocks} {blocks}: p = {ranking.p:.2g}, the fusers {told} (5 %). Fusers under one "
        f"blue bar differ by less than the critical difference {ranking.critical_difference:.2f} (Nemenyi)."
    )
    ranks = ", ".join(
        f"{name} {rank:.2f}" for name, rank in sorted(ranking.ranks.items(), key=lambda item: item[1])
    )
    svg = canvas.to_svg(figure, f"Critical-difference diagram, {label}. Average ranks: {ranks}")
    return RankFigure(label, Markup(svg), words)


def agreement(summary: Summary, heads: Sequence[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Rows of the metric-agreement map: head, and (text, style) of each correlation."""
    if len(heads) < 2:
        return []
    frame = statistics.agreement(summary).to_numpy()
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
        ranks = rank_figure(statistics.rank_by_pairs(view, name), head, "pairs")
        pages.append(MetricPage(i, head, svg, quantiles, ranks))
    return pages


def _quantiles(values: NDArray[np.float64]) -> list[str]:
    known = values[np.isfinite(values)]
    if not known.size:
        return [MISSING] * 5
    return [number(float(q)) for q in np.quantile(known, [0, 0.25, 0.5, 0.75, 1])]


def standing(values: NDArray[np.float64], ups: Sequence[bool]) -> NDArray[np.float64]:
    """How well each pair came out over all metrics.

    Args:
        values: metrics x pairs x fusers, NaN where there is none.
        ups: Whether higher is better, by metric.

    Returns:
        pairs x fusers: mean over the metrics of (value - mean) / sd, each over all cells, turned so that higher is
        better; NaN where no metric has a value.
    """
    total, count = np.zeros(values.shape[1:]), np.zeros(values.shape[1:])
    for plane, up in zip(values, ups, strict=True):
        known = np.isfinite(plane)
        spread = plane[known].std() if known.any() else 0.0
        if spread > 0:
            scaled = (plane - plane[known].mean()) / spread * (1 if up else -1)
            total[known] += scaled[known]
            count[known] += 1
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def extremes(
    scores: NDArray[np.float64], fusers: Sequence[str], pairs: pd.DataFrame
) -> list[tuple[str, list[str], list[str]]]:
    """For each fuser the names of its worst and best pairs over all metrics."""
    names = [f"{d}/{p}" for d, p in zip(pairs["dataset"], pairs["pair"], strict=True)]
    rows = []
    for f, fuser in enumerate(fusers):
        column = scores[:, f]
        order = [int(i) for i in np.argsort(column, kind="stable") if np.isfinite(column[i])]
        rows.append((fuser, [names[i] for i in order[:EXTREMES]], [names[i] for i in order[::-1][:EXTREMES]]))
    return rows


#: What a comparison with a published figure came to: style class and words.
_VERDICTS: Mapping[str, tuple[str, str]] = {
    "equal": ("same", "equal within the printed digits"),
    "rounded twice": ("same", "equal if rounded to four decimals first"),
    "differs": ("other", "differs"),
    "quoted": ("quoted", "quoted from the paper, not computed here"),
    "new": ("new", "not in the paper"),
}


@dataclass(frozen=True)
class PaperView:
    """A published table beside ours: rows of (label, cells), a cell being (ours, published, difference, class, words)."""

    title: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[tuple[str, str, str, str, str]]]]
    notes: Sequence[str]


def paper_view(table: PaperTable) -> PaperView:
    """The paper's table with ours, published and difference in every cell."""
    rows = [(label, [_paper_cell(cell) for cell in cells]) for label, cells in table.rows]
    return PaperView(table.title, table.columns, rows, table.notes)


def _paper_cell(cell: PaperCell) -> tuple[str, str, str, str, str]:
    style, words = _VERDICTS[cell.status]
    if cell.source == "benchmark":
        words += "; mean of the values that the benchmark's authors published"
    decimals = len(cell.published.partition(".")[2]) + 1 if cell.published else None
    ours = MISSING if cell.computed is None else number(cell.computed, decimals)
    difference = "" if cell.difference is None else f"{cell.difference:+.2g}"
    return ours, cell.published or MISSING, difference, style, words


@dataclass(frozen=True)
class DriftView:
    """A drift check for the page; rows are (fuser, pair, metric, base, now, change, verdict, cause)."""

    headline: str
    drift: bool
    base: str
    findings: Sequence[tuple[str, str, str]]
    new: Sequence[str]
    tables: Sequence[tuple[str, Sequence[tuple[str, ...]], int]]


def drift_view(comparison: Comparison) -> DriftView:
    """The comparison's outcome, causes, and the values that moved most."""
    findings = [(f.cause, f.text, comparison.allowed.get(f.cause, "")) for f in comparison.findings]
    tables = [
        (title, [_moved(m) for m in rows[:SHOWN]], max(0, len(rows) - SHOWN))
        for title, rows in (("Means that moved", comparison.means), ("Values that moved", comparison.moved))
        if rows
    ]
    return DriftView(
        drift_headline(comparison), comparison.drift, comparison.base, findings, comparison.new, tables
    )


def _moved(moved: Moved) -> tuple[str, ...]:
    verdict = "" if moved.worse is None else "worse" if moved.worse else "better"
    base, now = ("null" if value is None else f"{value:.9g}" for value in (moved.base, moved.now))
    change = "" if moved.change is None else f"{moved.change:+.3g}"
    return moved.cell[2], moved.cell[1], moved.metric, base, now, change, verdict, moved.cause
