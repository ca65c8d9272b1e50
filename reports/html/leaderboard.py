"""The main tables of a page: mean scores of every fuser, and who is best over all metrics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tcmoa_bench.reports.statistics import bootstrap_interval, rank_by_metrics
from tcmoa_bench.reports.summary import Entry, Run, Summary, groups, over_datasets, summarise
from tcmoa_bench.reports.tables.scores import counted, make_table, marks, number, warnings
from tcmoa_bench.reports.tables.table import MISSING


@dataclass(frozen=True)
class ScoreCell:
    """A cell of the main table.

    Attributes:
        text: The mean.
        order: What to sort by, full precision; empty where there is no value.
        mark: `best`, `second` or nothing.
        note: `(k/n)` where pairs are missing.
        hint: Count and interval, in words.
        interval: 95 % confidence interval of the mean.
        heat: 0 (worst of the column) to 1 (best); None without a value.
    """

    text: str
    order: str
    mark: str = ""
    note: str = ""
    hint: str = ""
    interval: str = ""
    heat: float | None = None


@dataclass(frozen=True)
class MainTable:
    """One group's table: label, column heads, what trials found against them, and rows of (fuser, mean rank, cells)."""

    label: str
    pairs: int
    unit: str
    heads: Sequence[str]
    warnings: Sequence[str]
    rows: Sequence[tuple[str, ScoreCell, Sequence[ScoreCell]]]
    notes: Sequence[str]


def fuser_order(run: Run, summary: Summary) -> list[str]:
    """Fusers from the best mean rank to the worst; those without a rank last, in the suite's order."""
    ranks = rank_by_metrics(summary).ranks
    return sorted(run.fusers["fuser"], key=lambda name: ranks.get(name, math.inf))


def main_tables(run: Run, order: Sequence[str]) -> list[MainTable]:
    """The main table of the whole run and, where it has several datasets, their macro mean and one for each."""
    tables = [_main_table(summarise(run, pairs), label, order) for label, pairs in groups(run)]
    macro = over_datasets(run)
    if macro is not None:
        tables.insert(1, _main_table(macro, f"Macro mean over {macro.pairs} datasets", order))
    return tables


def _main_table(summary: Summary, label: str, order: Sequence[str]) -> MainTable:
    table = make_table(summary)
    texts = dict(table.rows)
    ranks = rank_by_metrics(summary).ranks
    heats = {name: _heat(summary, name) for name in summary.qualified}
    rows = []
    for fuser in [name for name in order if name in texts]:
        cells = []
        for name, cell in zip(summary.qualified, texts[fuser], strict=True):
            entry = summary.entries[fuser, name]
            interval = _interval(entry)
            hint = f"{name}: mean over {entry.n} of {entry.of} {summary.unit}s{f', 95 % CI {interval}' if interval else ''}"
            cells.append(
                ScoreCell(
                    cell.text, repr(cell.value) if cell.value is not None else "", cell.mark, cell.note.strip(), hint,
                    interval, heats[name].get(fuser),
                )
            )  # fmt: skip
        rank = ranks.get(fuser, math.nan)
        first = ScoreCell(f"{rank:.2f}", repr(rank)) if math.isfinite(rank) else ScoreCell(MISSING, "")
        rows.append((fuser, first, cells))
    notes = [note for note in table.notes if not note.startswith("Signatures")]
    return MainTable(label, summary.pairs, summary.unit, table.columns, warnings(summary), rows, notes)


def _interval(entry: Entry) -> str:
    interval = bootstrap_interval(entry.values)
    return "" if interval is None else f"{number(interval[0])} to {number(interval[1])}"


def _heat(summary: Summary, name: str) -> dict[str, float]:
    """Place of each fuser's mean between the column's worst (0) and best (1), over the pairs that all have."""
    means = {f: mean for f in summary.fusers if (mean := summary.entries[f, name].common_mean) is not None}
    low, high = min(means.values(), default=0.0), max(means.values(), default=0.0)
    if high == low:
        return {}
    worst, best = (low, high) if summary.directions()[name] else (high, low)
    return {fuser: round((mean - worst) / (best - worst), 3) for fuser, mean in means.items()}


def headline(summary: Summary) -> str:
    """The result in a sentence."""
    ranking = rank_by_metrics(summary)
    if len(ranking.ranks) < 2 or not ranking.blocks:
        return ""
    order = sorted(ranking.ranks, key=lambda f: ranking.ranks[f])
    best = ranking.ranks[order[0]]
    first = [fuser for fuser in order if math.isclose(ranking.ranks[fuser], best)]
    over = f"over {counted(ranking.blocks, 'metric')} and {counted(summary.pairs, 'pair')}"
    if len(first) > 1:
        return f"{', '.join(first[:-1])} and {first[-1]} share the best mean rank, {best:.2f} {over}."
    second, next_best = order[1], ranking.ranks[order[1]]
    places = [{f: summary.entries[f, name].rank for f in summary.fusers} for name in summary.qualified]
    wins = sum(marks(ranks)[first[0]] == "best" for ranks in places)
    text = f"{first[0]} has the best mean rank, {best:.2f} {over}, and is first in {wins}; "
    text += f"next is {second} with {next_best:.2f}."
    if ranking.critical_difference is not None and next_best - best < ranking.critical_difference:
        text += (
            f" The metrics do not tell the two apart (critical difference {ranking.critical_difference:.2f})."
        )
    return text
