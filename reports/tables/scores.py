"""From a summary to a table: numbers, arrows, best and second, and the footnotes that make them readable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

import pandas as pd

from tcmoa_bench.reports.resolution import LEVEL, POWER, Resolution, resolution
from tcmoa_bench.reports.summary import MEANINGFUL, Entry, Summary
from tcmoa_bench.reports.tables.table import MISSING, Table, TableCell
from tcmoa_bench.reports.verdicts import warning

Mark: TypeAlias = Literal["", "best", "second"]


def make_table(summary: Summary, digits: int | None = None, caption: str | None = None) -> Table:
    """The main table: a row for each fuser, a column for each metric.

    Args:
        summary: What to show.
        digits: Decimals; default by size (four below 10, three below 100, two above).
        caption: Title in place of the summary's.

    Returns:
        The table; incomplete means carry a note with their n.
    """
    columns = [_column(summary, name, digits) for name in summary.qualified]
    rows = tuple((fuser, tuple(column[fuser] for column in columns)) for fuser in summary.fusers)
    return Table(caption or summary.title, "Fuser", heads(summary), rows, tuple(_notes(summary)))


def marks(ranks: Mapping[str, float | None]) -> dict[str, Mark]:
    """Who is best, and second if only one is best."""
    known = sorted({rank for rank in ranks.values() if rank is not None})
    best = [name for name, rank in ranks.items() if known and rank == known[0]]
    second = [name for name, rank in ranks.items() if len(known) > 1 and rank == known[1] and len(best) == 1]
    words: dict[str, Mark] = dict.fromkeys(ranks, "")
    return words | dict.fromkeys(second, "second") | dict.fromkeys(best, "best")


def labels(metrics: pd.DataFrame) -> list[str]:
    """Short names of a run's metrics: bare where it is the only one of its name, else qualified."""
    names = Counter(metrics["metric"])
    return [row.metric if names[row.metric] == 1 else row.qualified for row in metrics.itertuples()]


def heads(summary: Summary) -> tuple[str, ...]:
    """Column heads: short names with arrows."""
    ups = summary.metrics["higher_is_better"]
    return tuple(
        f"{name} {'↑' if up else '↓'}" for name, up in zip(labels(summary.metrics), ups, strict=True)
    )


def _column(summary: Summary, name: str, digits: int | None) -> dict[str, TableCell]:
    entries = {fuser: summary.entries[fuser, name] for fuser in summary.fusers}
    marked = marks({fuser: entry.rank for fuser, entry in entries.items()})
    if len(entries) < 2:
        marked = {}
    return {fuser: _cell(entry, digits, marked.get(fuser, "")) for fuser, entry in entries.items()}


def _cell(entry: Entry, digits: int | None, mark: Mark) -> TableCell:
    facts = {
        "n": entry.n, "of": entry.of, "identical": entry.perfect, "unsound": entry.unsound,
        "common_mean": entry.common_mean, "rank": entry.rank,
    }  # fmt: skip
    notes = [] if entry.is_complete or entry.of == 0 else [f"{entry.n}/{entry.of}"]
    notes += [f"{entry.perfect} identical"] if entry.perfect else []
    notes += [f"{entry.unsound} unsound"] if entry.unsound else []
    note = f" ({', '.join(notes)})" if notes else ""
    if entry.mean is None:
        return TableCell(MISSING, note=note, facts=facts)
    return TableCell(number(entry.mean, digits), entry.mean, mark, note, facts)


def number(value: float, digits: int | None = None) -> str:
    """A number for a table; negative zero is zero."""
    if digits is None:
        size = abs(value)
        digits = 4 if size < 10 else 3 if size < 100 else 2
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text


def _notes(summary: Summary) -> Iterable[str]:
    yield f"n = {counted(summary.pairs, summary.unit)}. Best bold, second underlined."
    entries = summary.entries.values()
    incomplete = [name for name in summary.qualified if 0 < summary.common[name] < summary.pairs]
    if any(not entry.is_complete for entry in entries):
        text = f"(k/n) marks a mean over k of n {summary.unit}s."
        if incomplete:
            counts = ", ".join(f"{name} {summary.common[name]}" for name in incomplete)
            text += (
                f" Best, second and ranks compare the means over the {summary.unit}s that every ranked fuser has: "
                f"{counts} of {summary.pairs}."
            )
        yield text
    if any(entry.perfect for entry in entries):
        yield (
            "identical: the fused image equals both sources and the value is infinite; it is in no mean, and counts as "
            "the best in ranks by pairs and in paired tests."
        )
    if any(entry.unsound for entry in entries):
        named = set(summary.metrics["metric"])
        ranges = ", ".join(f"{m} {low:g} to {high:g}" for m, (low, high) in MEANINGFUL.items() if m in named)
        yield (
            f"unsound: values outside what the definition allows ({ranges}); flat regions divide rounding noise by "
            "rounding noise there. Such a mean is shown and not ranked."
        )
    yield from left_out(summary)
    yield from _resolved(summary)
    warned = warnings(summary)
    if any(warned):
        parts = "; ".join(
            f"{name}: {text}" for name, text in zip(summary.qualified, warned, strict=True) if text
        )
        yield f"On trial (`tcmoa-bench show METRIC` has the evidence): {parts}."
    yield "Signatures: " + "; ".join(summary.metrics["signature"])


def warnings(summary: Summary) -> list[str]:
    """What trials on pairs of these tasks found against each metric; empty where nothing."""
    return [
        warning(str(row.metric), str(row.convention), summary.tasks) for row in summary.metrics.itertuples()
    ]


def left_out(summary: Summary) -> Iterable[str]:
    """Who is not ranked by what, with the count; one sentence, or none."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for name in summary.qualified:
        if summary.ranked(name):
            for fuser, why in summary.left_out[name].items():
                reasons.setdefault((fuser, why), []).append(name)
    if reasons:
        everywhere = len(summary.qualified)
        parts = [
            f"{fuser} ({why}{'' if len(names) == everywhere else ' by ' + ', '.join(names)})"
            for (fuser, why), names in reasons.items()
        ]
        yield f"Left out of ranks: {'; '.join(parts)}."


def families_note(families: Iterable[Sequence[str]]) -> Iterable[str]:
    """Which metrics say the same, in a sentence, or none."""
    several = [listed(family) for family in families if len(family) > 1]
    if several:
        yield f"Metrics that order the fusers alike count once: {'; '.join(several)}."


def _resolved(summary: Summary) -> Iterable[str]:
    """Who is not told apart from the best, and what so many pairs can tell apart."""
    if summary.unit != "pair":
        return
    found = {name: r for name in summary.qualified if (r := resolution(summary, name)) is not None}
    if not found:
        return
    if all(r.least_p >= LEVEL for r in found.values()):
        least = min(r.least_p for r in found.values())
        yield f"So few pairs tell no two fusers apart by any metric (least p after Holm's correction: {least:.2g})."
        return
    beside = {name: not_told_apart(r) for name, r in found.items()}
    parts = [f"{name} {', '.join(fusers)}" for name, fusers in beside.items() if fusers]
    if parts:
        yield f"Not told apart from the best (Wilcoxon, Holm, {LEVEL:.0%}): {'; '.join(parts)}."
    parts = [f"{name} {resolved(r)}" for name, r in found.items()]
    yield f"Least difference of two means that so many pairs resolve (power {POWER}): {', '.join(parts)}."


def not_told_apart(found: Resolution) -> list[str]:
    """Fusers that share a group with the best, in the order of their ranks."""
    (_, letters), *others = found.groups.items()
    return [fuser for fuser, own in others if set(own) & set(letters)]


def resolved(found: Resolution) -> str:
    """The least difference as text: two digits, or why there is none."""
    if found.least_p >= LEVEL:
        return f"none (least p {found.least_p:.2g})"
    return MISSING if found.difference is None else f"{found.difference:.2g}"


def counted(number: int, noun: str) -> str:
    """`1 pair`, `2 pairs`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
