"""The main tables of a page: mean scores of every fuser, and who is best over all metrics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tcmoa_bench.reports.overall import Overall, duel, rank_overall
from tcmoa_bench.reports.resolution import LEVEL
from tcmoa_bench.reports.statistics import bootstrap_interval
from tcmoa_bench.reports.summary import Entry, Run, Summary, groups, over_datasets, summarise
from tcmoa_bench.reports.tables.scores import counted, families_note, labels, listed, make_table, number, warnings
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


def fuser_order(run: Run, overall: Overall) -> list[str]:
    """Fusers from the best mean rank to the worst; those without a rank last, in the suite's order."""
    ranks = overall.ranking.ranks
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
    ranks = rank_overall(summary).ranking.ranks
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


def headline(summary: Summary, overall: Overall) -> str:
    """The result in sentences: who is first over the pairs, how surely, on how many metrics, and what is not resolved."""
    ranking, order = overall.ranking, overall.order
    if len(order) < 2 or not ranking.blocks:
        return ""
    best = ranking.ranks[order[0]]
    first = [fuser for fuser in order if math.isclose(ranking.ranks[fuser], best)]
    over = f"{best:.2f} over {counted(ranking.blocks, summary.unit)}"
    same = " ".join(families_note(_short(summary, family) for family in overall.families))
    if len(first) > 1:
        return f"{listed(first)} share the best mean rank, {over}. {same}".rstrip()
    second = order[1]
    text = f"{first[0]} has the best mean rank, {over}; next is {second} with {ranking.ranks[second]:.2f}."
    if ranking.critical_difference is not None:
        apart = ranking.ranks[second] - best >= ranking.critical_difference
        text += f" Over all metrics together the two are {'' if apart else 'not '}told apart."
    return " ".join(filter(None, [text, _by_metric(summary, overall, first[0], second), same]))


def _by_metric(summary: Summary, overall: Overall, first: str, second: str) -> str:
    """On how many metrics the first beats the second."""
    found = duel(summary, overall.families, first, second)
    if found.least_p >= LEVEL:
        return (
            f"{counted(found.pairs, summary.unit)} cannot tell two fusers apart by a single metric (least p after Holm's "
            f"correction: {found.least_p:.2g})."
        )
    of = len(overall.families)
    text = f"{first} beats {second} on {len(found.better)} of {counted(of, 'metric')}"
    if found.worse:
        text += f" and loses on {len(found.worse)} ({', '.join(_short(summary, found.worse))})"
    text += f", by Wilcoxon's test over {counted(found.pairs, summary.unit)} (Holm, {LEVEL:.0%})"
    if found.alike:
        verb = "does" if len(found.alike) == 1 else "do"
        text += f"; {listed(_short(summary, found.alike))} {verb} not tell them apart"
    return f"{text}."


def _short(summary: Summary, names: Sequence[str]) -> list[str]:
    """Qualified metrics by the names that stand in the heads."""
    heads = dict(zip(summary.qualified, labels(summary.metrics), strict=True))
    return [heads[name] for name in names]
