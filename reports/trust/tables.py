"""Trials as tables, ready for every format."""

from __future__ import annotations

from collections.abc import Sequence

from tcmoa_bench.reports.tables.table import MISSING, Table, TableCell
from tcmoa_bench.reports.trust.trials import SAME, Agreement, Cluster
from tcmoa_bench.reports.verdicts import Finding, signed


def agreement_table(title: str, found: Sequence[Sequence[Agreement]]) -> Table:
    """Metrics against one or several references; the first decides the order and the verdict.

    Args:
        title: Title.
        found: For each reference what `trials.against` gave.
    """
    names = [group[0].finding.against for group in found if group]
    by_name = [{_name(a.finding): a for a in group} for group in found if group]
    rows = tuple(
        (
            _name(first.finding),
            (
                *(cell for group in by_name for cell in _agreement_cells(group.get(_name(first.finding)))),
                TableCell(str(first.finding.pairs), float(first.finding.pairs)),
                TableCell(first.finding.verdict),
            ),
        )
        for first in (found[0] if found else ())
    )
    fusers = found[0][0].finding.fusers if found and found[0] else 0
    columns = tuple(head for name in names for head in (name, f"tau {name}"))
    notes = (
        f"Spearman's correlation (tau: Kendall's tau-b) of {fusers} fusers within each pair: mean over the pairs "
        "[95 % bootstrap interval]. Every metric is turned so that higher is better: below zero, it ranks against.",
    )
    return Table(
        title, "Metric", (*columns, "pairs", f"verdict by {names[0]}" if names else "verdict"), rows, notes
    )


def _agreement_cells(found: Agreement | None) -> tuple[TableCell, TableCell]:
    if found is None:
        return TableCell(MISSING), TableCell(MISSING)
    facts = {"interval": (found.finding.low, found.finding.high), "pairs": found.finding.pairs}
    return (
        TableCell(found.finding.number, found.finding.value, facts=facts),
        TableCell(signed(found.kendall), found.kendall),
    )


def response_table(title: str, found: Sequence[Finding]) -> Table:
    """Metrics against damages: `falls` is right, `rewards` is a warning."""
    damages = list(dict.fromkeys(f.against for f in found))
    by_metric: dict[str, dict[str, Finding]] = {}
    for finding in found:
        by_metric.setdefault(_name(finding), {})[finding.against] = finding
    rows = tuple(
        (metric, tuple(_response_cell(answers.get(damage)) for damage in damages))
        for metric, answers in by_metric.items()
    )
    pairs = max((f.pairs for f in found), default=0)
    notes = (
        f"Spearman's correlation of the score (turned so that higher is better) with the severity within each of {pairs} "
        "pairs, mean over the pairs. -1: falls at every step, as it should. ! rewards the damage, ~ insensitive (the 95 % "
        "interval is above zero, or holds it).",
    )
    return Table(title, "Metric", tuple(damages), rows, notes)


def _response_cell(found: Finding | None) -> TableCell:
    if found is None:
        return TableCell(MISSING)
    sign = "!" if found.is_adverse else "" if found.high < 0 else "~"
    facts = {"interval": (found.low, found.high), "pairs": found.pairs, "verdict": found.verdict}
    return TableCell(signed(found.value), found.value, note=sign, facts=facts)


def cluster_table(title: str, found: Sequence[Cluster]) -> Table:
    """Groups of metrics that say the same."""
    rows = tuple(
        (
            cluster.representative,
            (
                TableCell(", ".join(cluster.members[1:]) or "alone"),
                TableCell(f"{cluster.least:+.2f}" if len(cluster.members) > 1 else "", cluster.least),
            ),
        )
        for cluster in found
    )
    notes = (
        f"Metrics whose mean correlation within pairs is {SAME} or more (average linkage). The first of a row stands for "
        "the others: a table needs one of them.",
    )
    return Table(title, "Representative", ("says the same", "least correlation"), rows, notes)


def _name(finding: Finding) -> str:
    return f"{finding.metric}@{finding.convention}"
