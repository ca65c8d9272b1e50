"""This run beside other numbers: the paper's published tables, and a baseline that it may have drifted from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tcmoa_bench.reports.drift.compare import Comparison, Moved
from tcmoa_bench.reports.drift.render import SHOWN, headline
from tcmoa_bench.reports.tables.paper import PaperCell, PaperTable
from tcmoa_bench.reports.tables.scores import number
from tcmoa_bench.reports.tables.table import MISSING

#: What a comparison with a published figure came to: style class and words.
_VERDICTS: Mapping[str, tuple[str, str]] = {
    "equal": ("same", "equal within the printed digits"),
    "rounded twice": ("same", "equal if rounded to four decimals first"),
    "differs": ("other", "differs"),
    "stand-in": ("standin", ""),
    "subset": ("subset", ""),
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
    unlike: str


def paper_view(table: PaperTable) -> PaperView:
    """The paper's table with ours, published and difference in every cell."""
    rows = [(label, [_paper_cell(cell) for cell in cells]) for label, cells in table.rows]
    return PaperView(table.title, table.columns, rows, table.notes, table.unlike)


def _paper_cell(cell: PaperCell) -> tuple[str, str, str, str, str]:
    style, words = _VERDICTS[cell.status]
    words = ": ".join(filter(None, [words, cell.why]))
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
        (title, [_moved_row(m) for m in rows[:SHOWN]], max(0, len(rows) - SHOWN))
        for title, rows in (("Means that moved", comparison.means), ("Values that moved", comparison.moved))
        if rows
    ]
    return DriftView(
        headline(comparison), comparison.drift, comparison.base, findings, comparison.new, tables
    )


def _moved_row(moved: Moved) -> tuple[str, ...]:
    verdict = "" if moved.worse is None else "worse" if moved.worse else "better"
    base, now = ("null" if value is None else f"{value:.9g}" for value in (moved.base, moved.now))
    change = "" if moved.change is None else f"{moved.change:+.3g}"
    return moved.cell[2], moved.cell[1], moved.metric, base, now, change, verdict, moved.cause
