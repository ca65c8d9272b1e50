"""From a summary to a table: numbers, arrows, best and second, and the footnotes that make them readable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

import pandas as pd

from tcmoa_bench.reports.summary import Entry, Summary
from tcmoa_bench.reports.tables.table import MISSING, Table, TableCell

#: Mark of a rank.
MARKS: Mapping[int | None, Literal["", "best", "second"]] = {1: "best", 2: "second"}


def make_table(summary: Summary, digits: int | None = None, caption: str | None = None) -> Table:
    """The main table: a row for each fuser, a column for each metric.

    Args:
        summary: What to show.
        digits: Decimals; default by size (four below 10, three below 100, two above).
        caption: Title in place of the summary's.

    Returns:
        The table; incomplete means carry a note with their n.
    """
    rows = tuple(
        (
            fuser,
            tuple(
                _cell(summary.entries[fuser, name], digits, len(summary.fusers)) for name in summary.qualified
            ),
        )
        for fuser in summary.fusers
    )
    return Table(caption or summary.title, "Fuser", heads(summary), rows, tuple(_notes(summary)))


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


def _cell(entry: Entry, digits: int | None, fusers: int) -> TableCell:
    facts = {"n": entry.n, "of": entry.of, "common_mean": entry.common_mean, "rank": entry.rank}
    if entry.mean is None:
        return TableCell(MISSING, note="" if entry.of == 0 else f" (0/{entry.of})", facts=facts)
    mark = MARKS.get(entry.rank, "") if fusers > 1 and entry.common_mean is not None else ""
    note = "" if entry.is_complete else f" ({entry.n}/{entry.of})"
    return TableCell(number(entry.mean, digits), entry.mean, mark, note, facts)


def number(value: float, digits: int | None = None) -> str:
    """A number for a table; negative zero is zero."""
    if digits is None:
        size = abs(value)
        digits = 4 if size < 10 else 3 if size < 100 else 2
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text


def _notes(summary: Summary) -> Iterable[str]:
    yield f"n = {summary.pairs} pairs. Best bold, second underlined."
    incomplete = [name for name in summary.qualified if summary.common[name] < summary.pairs]
    if incomplete:
        counts = ", ".join(f"{name} {summary.common[name]}" for name in incomplete)
        yield (
            "(k/n) marks a mean over k of n pairs. Best, second and ranks compare the means over the pairs that "
            f"every fuser has: {counts} of {summary.pairs}."
        )
    yield "Signatures: " + "; ".join(summary.metrics["signature"])
