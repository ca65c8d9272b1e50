"""The main tables of a page: mean scores of every fuser, and who is best over all metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tcmoa_bench.reports.overall import Overall, duel, rank_overall
from tcmoa_bench.reports.resolution import LEVEL, Place
from tcmoa_bench.reports.statistics import bootstrap_interval
from tcmoa_bench.reports.summary import Entry, Run, Summary, groups, over_datasets, summarise
from tcmoa_bench.reports.tables.external import EXTERNAL
from tcmoa_bench.reports.tables.scores import (
    counted,
    families_note,
    labels,
    listed,
    make_table,
    number,
    warnings,
)
from tcmoa_bench.reports.tables.table import MISSING

#: An attribute with more values than this is no grouping.
MOST_GROUPS = 6


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
class Head:
    """A metric's column: its name, whose it is, its direction, and what a reader should know of it."""

    name: str
    convention: str
    up: bool
    words: str
    warned: bool


@dataclass(frozen=True)
class MainTable:
    """One group's table.

    Attributes:
        label: The group; empty for all pairs.
        caption: What the table is called where it stands alone.
        pairs: Number of pairs, or of what `unit` says.
        unit: `pair` or `dataset`.
        heads: The metrics.
        counts: Cells tried and planned by fuser, where the run is not finished.
        rows: Fuser, mean rank, cells.
        notes: Footnotes.
        places: Place and group by fuser, where the table is ordered by groups of equals.
        links: Page of each fuser, where it has one.
    """

    label: str
    caption: str
    pairs: int
    unit: str
    heads: Sequence[Head]
    counts: Mapping[str, str]
    rows: Sequence[tuple[str, ScoreCell, Sequence[ScoreCell]]]
    notes: Sequence[str]
    places: Mapping[str, Place] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)


def fuser_order(run: Run, overall: Overall) -> list[str]:
    """Fusers from the best mean rank to the worst; those without a rank last, in the suite's order."""
    ranks = overall.ranking.ranks
    return sorted(run.fusers["fuser"], key=lambda name: ranks.get(name, math.inf))


def main_tables(run: Run, summary: Summary, overall: Overall, order: Sequence[str]) -> list[MainTable]:
    """The main table of the whole run, the macro mean of several datasets, and one for each dataset, day and night, ...

    Args:
        run: The run, with the pairs to compare on.
        summary: Its means over all pairs.
        overall: Its ranks over all metrics.
        order: Fusers in the page's order.
    """
    tables = [main_table(run, summary, overall, "", order)]
    macro = over_datasets(run)
    if macro is not None:
        tables.append(
            main_table(run, macro, rank_overall(macro), f"Macro mean over {macro.pairs} datasets", order)
        )
    for by in _partitions(run):
        for label, pairs in groups(run, (by,)):
            if label:
                part = summarise(run, pairs)
                tables.append(main_table(run, part, rank_overall(part), label, order))
    return tables


def _partitions(run: Run) -> list[str]:
    """What splits the pairs into a few groups: datasets, and attributes that all of them have."""
    names = ["dataset"] if run.pairs["dataset"].nunique() > 1 else []
    attributes = list(run.pairs["attributes"])
    for name in dict.fromkeys(name for own in attributes for name in own):
        values = {own.get(name) for own in attributes}
        if None not in values and 1 < len(values) <= MOST_GROUPS:
            names.append(name)
    return names


def main_table(run: Run, summary: Summary, overall: Overall, label: str, order: Sequence[str]) -> MainTable:
    """One table of a run, or of some of its pairs, fusers in a given order."""
    table = make_table(summary)
    texts = dict(table.rows)
    ranks = overall.ranking.ranks
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
    caption = f"{run.caption()}{', ' if label else ''}{label}"
    return MainTable(
        label, caption, summary.pairs, summary.unit, metric_heads(run, summary), _counts(run), rows, notes
    )


def metric_heads(run: Run, summary: Summary) -> list[Head]:
    """The columns of a summary's metrics; what each means stands in the run's facts since version 0.2."""
    meanings = run.meta.get("meanings", {})
    found = []
    for row, name, warned in zip(
        summary.metrics.itertuples(), labels(summary.metrics), warnings(summary), strict=True
    ):
        direction = "Higher is better." if row.higher_is_better else "Lower is better."
        parts = [meanings.get(row.qualified, ""), direction, f"On trial: {warned}." if warned else ""]
        words = " ".join(filter(None, [f"{row.qualified}:", *parts]))
        found.append(
            Head(
                name.partition("@")[0].removesuffix(f" [{EXTERNAL}]"),  # stands below, as its convention
                str(row.qualified).partition("@")[2],
                bool(row.higher_is_better),
                words,
                bool(warned),
            )
        )
    return found


def _counts(run: Run) -> dict[str, str]:
    if not run.missing:
        return {}
    tried = run.cells["fuser"].value_counts()
    return {fuser: f"{tried.get(fuser, 0)} of {planned}" for fuser, planned in run.planned().items()}


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
