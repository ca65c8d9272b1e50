"""The statistics of a run as tables, ready for every format."""

from __future__ import annotations

import math

import numpy as np

from tcmoa_bench.reports import statistics
from tcmoa_bench.reports.overall import rank_overall
from tcmoa_bench.reports.resolution import LEVEL, POWER, resolution
from tcmoa_bench.reports.summary import Summary
from tcmoa_bench.reports.tables.scores import families_note, heads, left_out, number, resolved
from tcmoa_bench.reports.tables.table import MISSING, Table, TableCell


def stat_tables(summary: Summary, against: str | None, conventions: tuple[str, str] | None) -> list[Table]:
    """Spread, ranks, groups, tests against a fuser (if one is named), agreement, cost of a convention (if two are)."""
    tables = [spread(summary), ranks(summary), groups(summary)]
    if against is not None:
        tables += [paired(summary, against, name) for name in summary.qualified]
    if len(summary.qualified) > 1:
        tables.append(agreement(summary))
    if conventions is not None:
        tables.append(cost(summary, *conventions))
    return tables


def _cell(value: float | None, form: str) -> TableCell:
    """A number as a cell; what does not exist (no pair that all have) is `n/a` here and null in JSON."""
    if value is None or math.isnan(value):
        return TableCell(MISSING)
    return TableCell(format(value, form), float(value))


def spread(summary: Summary) -> Table:
    """Mean with its bootstrap interval, median and n of every fuser and metric."""
    rows = []
    for fuser in summary.fusers:
        cells = []
        for name in summary.qualified:
            entry = summary.entries[fuser, name]
            if entry.mean is None:
                cells.append(TableCell(MISSING, facts={"n": 0, "missing": entry.of}))
                continue
            interval = statistics.bootstrap_interval(entry.values)
            median = float(np.median(entry.values[np.isfinite(entry.values)]))
            low_high = f" [{number(interval[0])}, {number(interval[1])}]" if interval else ""
            facts = {"interval": interval, "median": median, "n": entry.n, "missing": entry.of - entry.n}
            cells.append(
                TableCell(
                    f"{number(entry.mean)}{low_high}, {number(median)}, {entry.n}", entry.mean, facts=facts
                )
            )
        rows.append((fuser, tuple(cells)))
    note = (
        "Mean [95 % confidence interval], median, n. Percentile bootstrap over pairs, "
        f"{statistics.RESAMPLES} resamples, seed {statistics.SEED}."
    )
    return Table(f"{summary.title}: spread", "Fuser", heads(summary), tuple(rows), (note,))


def ranks(summary: Summary) -> Table:
    """Average rank of every fuser by each metric over pairs, with Friedman's p and the critical difference."""
    rankings = [statistics.rank_by_pairs(summary, name) for name in summary.qualified]
    together, points = rank_overall(summary), statistics.borda(summary)
    overall = together.ranking
    rows = [
        (
            fuser,
            (
                *(_cell(r.ranks.get(fuser), ".2f") for r in [*rankings, overall]),
                TableCell(f"{points[fuser]:g}", points[fuser]),
            ),
        )
        for fuser in summary.fusers
    ]
    counts = [TableCell(str(r.blocks), float(r.blocks)) for r in [*rankings, overall]]
    rows.append(("pairs", (*counts, TableCell(""))))
    for label, pick in (("Friedman p", "p"), ("critical difference", "critical_difference")):
        values = [getattr(r, pick) for r in [*rankings, overall]]
        rows.append((label, (*(_cell(value, ".3g") for value in values), TableCell(""))))
    notes = [
        "Average rank over the pairs that every ranked fuser has (1 is best, equal values share the average of their "
        "ranks). Two fusers whose ranks differ by less than the critical difference (Nemenyi, 5 %) are not told apart. "
        "`all` ranks in each pair the mean rank over the metrics, those that say the same counted once; Borda counts the "
        "fusers beaten, over metrics.",
        *families_note(together.families),
        *left_out(summary),
    ]
    if overall.left_out:
        notes.append(f"`all` stands on {overall.basis('pair')}.")
    return Table(
        f"{summary.title}: ranks", "Fuser", (*heads(summary), "all", "Borda"), tuple(rows), tuple(notes)
    )


def groups(summary: Summary) -> Table:
    """Which fusers are not told apart by each metric, and the least difference that so many pairs resolve."""
    found = [resolution(summary, name) for name in summary.qualified]
    rows = [
        (fuser, tuple(TableCell(r.groups.get(fuser, MISSING) if r else MISSING) for r in found))
        for fuser in summary.fusers
    ]
    pairs = tuple(TableCell(str(r.pairs), float(r.pairs)) if r else TableCell(MISSING) for r in found)
    least = tuple(TableCell(resolved(r), r.difference) if r else TableCell(MISSING) for r in found)
    rows += [("pairs", pairs), (f"resolves (power {POWER})", least)]
    notes = (
        f"Fusers that share a letter are not told apart (Wilcoxon's signed-rank test of every two, Holm, {LEVEL:.0%}); a "
        "is the group of the best. The last row is the least true difference of two means that is found with "
        f"probability {POWER}, or the least p that so few pairs can give.",
        *left_out(summary),
    )
    return Table(f"{summary.title}: groups", "Fuser", heads(summary), tuple(rows), notes)


def paired(summary: Summary, against: str, qualified: str) -> Table:
    """Every fuser against a chosen one by one metric."""
    tests = statistics.against(summary, against, qualified)
    rows = tuple(
        (
            test.fuser,
            (
                TableCell(str(test.n), float(test.n)),
                _cell(test.difference, "+.4g"),
                _cell(test.p, ".3g"),
                _starred(test.adjusted),
                TableCell(f"{test.wins}/{test.ties}/{test.losses}"),
            ),
        )
        for test in tests
    )
    notes = [
        f"Wilcoxon's signed-rank test, Holm's correction over fusers; * p < {LEVEL}. Win/tie/loss counts {against}'s pairs."
    ]
    tested = [test for test in tests if test.p is not None]
    absent = [test.fuser for test in tests if test.p is None]
    if absent:
        notes.append(
            f"{MISSING}: no pair in common with {against}, so nothing was tested and Holm's correction does not count it: "
            f"{', '.join(absent)}."
        )
    if tested:
        least = min(1.0, statistics.least_p(max(test.n for test in tested)) * len(tested))
        if least >= LEVEL:
            notes.append(
                f"So few pairs can give no star: the least p that they can reach after Holm's correction is {least:.3g}."
            )
    columns = ("n", f"difference to {against}", "p", "p (Holm)", "win/tie/loss")
    return Table(f"{qualified}: fusers against {against}", "Fuser", columns, rows, tuple(notes))


def _starred(p: float | None) -> TableCell:
    return _cell(p, ".3g") if p is None else TableCell(f"{p:.3g}" + (" *" if p < LEVEL else ""), p)


def agreement(summary: Summary) -> Table:
    """Spearman matrix of the metrics."""
    frame = statistics.agreement(summary)
    rows = tuple(
        (
            str(name),
            tuple(_cell(value, "+.2f") for value in frame.loc[name]),
        )
        for name in frame.index
    )
    note = (
        "Spearman's rank correlation of the fusers within each pair, mean over the pairs; each metric oriented so that "
        "higher is better."
    )
    return Table(
        f"{summary.title}: which metrics say the same",
        "Metric",
        tuple(map(str, frame.columns)),
        rows,
        (note,),
    )


def cost(summary: Summary, first: str, second: str) -> Table:
    """What the choice between two conventions does to ranks."""
    taus, changes = statistics.convention_cost(summary, first, second)
    rows = tuple(
        (
            name,
            (
                _cell(tau, "+.2f"),
                TableCell(
                    "; ".join(f"{c.fuser} {c.first:g}→{c.second:g}" for c in changes if c.metric == name)
                    or "none"
                ),
            ),
        )
        for name, tau in taus.items()
    )
    note = f"Kendall's tau of the fusers' means in {first} and {second}; ranks that change, {first}→{second}."
    return Table(
        f"What the choice of {first} or {second} costs", "Metric", ("tau", "rank changes"), rows, (note,)
    )
