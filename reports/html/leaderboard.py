"""The main tables of a page: mean scores of every fuser, and who is best over all metrics."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

from tcmoa_bench.reports.statistics import Ranking, bootstrap_interval, rank_by_metrics
from tcmoa_bench.reports.summary import Entry, Run, Summary, groups, summarise
from tcmoa_bench.reports.tables.scores import make_table, number
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
    """One group's table: label, column heads, and rows of (fuser, mean rank, cells)."""

    label: str
    pairs: int
    heads: Sequence[str]
    rows: Sequence[tuple[str, ScoreCell, Sequence[ScoreCell]]]
    notes: Sequence[str]


def overall_ranking(summary: Summary) -> Ranking:
    """Ranking over all metrics of the fusers that have a value of every metric; the others have no rank."""
    complete = [
        fuser
        for fuser in summary.fusers
        if all(summary.entries[fuser, name].common_mean is not None for name in summary.qualified)
    ]
    return rank_by_metrics(dataclasses.replace(summary, fusers=complete))


def fuser_order(run: Run, summary: Summary) -> list[str]:
    """Fusers from the best mean rank to the worst; those without a rank last, in the suite's order."""
    ranks = overall_ranking(summary).ranks
    return sorted(run.fusers["fuser"], key=lambda name: ranks.get(name, math.inf))


def main_tables(run: Run, order: Sequence[str]) -> list[MainTable]:
    """The main table of the whole run and of each dataset."""
    return [_main_table(summarise(run, pairs), label, order) for label, pairs in groups(run)]


def _main_table(summary: Summary, label: str, order: Sequence[str]) -> MainTable:
    table = make_table(summary)
    texts = dict(table.rows)
    ranks = overall_ranking(summary).ranks
    heats = {name: _heat(summary, name) for name in summary.qualified}
    rows = []
    for fuser in [name for name in order if name in texts]:
        cells = []
        for name, cell in zip(summary.qualified, texts[fuser], strict=True):
            entry = summary.entries[fuser, name]
            interval = _interval(entry)
            hint = f"{name}: mean over {entry.n} of {entry.of} pairs{f', 95 % CI {interval}' if interval else ''}"
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
    return MainTable(label, summary.pairs, table.columns, rows, notes)


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
    ranking = overall_ranking(summary)
    if len(ranking.ranks) < 2:
        return ""
    first, second, *_ = sorted(ranking.ranks, key=lambda f: ranking.ranks[f])
    best, next_best = ranking.ranks[first], ranking.ranks[second]
    over = f"over {counted(len(summary.qualified), 'metric')} and {counted(summary.pairs, 'pair')}"
    if best == next_best:
        return f"{first} and {second} share the best mean rank, {best:.2f} {over}."
    wins = sum(summary.entries[first, name].rank == 1 for name in summary.qualified)
    text = f"{first} has the best mean rank, {best:.2f} {over}, and is first in {wins}; "
    text += f"next is {second} with {next_best:.2f}."
    if ranking.critical_difference is not None and next_best - best < ranking.critical_difference:
        text += (
            f" The metrics do not tell the two apart (critical difference {ranking.critical_difference:.2f})."
        )
    return text


def counted(number: int, noun: str) -> str:
    """`1 pair`, `2 pairs`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
