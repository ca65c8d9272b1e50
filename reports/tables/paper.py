"""Published tables beside what was computed: every cell says where its number comes from and whether they agree."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from importlib import resources
from typing import Any, Literal

from tcmoa_bench.registry import unknown
from tcmoa_bench.reports.summary import Run, Summary, summarise
from tcmoa_bench.reports.tables.scores import number
from tcmoa_bench.reports.tables.table import MISSING, Table, TableCell

Status = Literal["equal", "rounded twice", "differs", "stand-in", "subset", "quoted", "new"]

#: How a status shows in a table.
SIGNS: Mapping[Status, str] = {
    "equal": " =",
    "rounded twice": " ≈",
    "differs": " ≠",
    "stand-in": " ~",
    "subset": " §",
    "quoted": " †",
    "new": "",
}


@dataclass(frozen=True)
class PaperCell:
    """A published figure and what was computed for it.

    Attributes:
        published: Digits as printed; empty where the paper has none.
        computed: Our value.
        source: `run` (computed here from images), `benchmark` (mean of the benchmark's published per-image values)
            or empty.
        status: `equal` within the printed digits; `rounded twice` (equal if rounded to four decimals first, as copied
            from a four-decimal table); `differs`; `stand-in` (another figure by a fuser of this package that stands
            for the row, which need not be the version that the paper ran); `subset` (computed on other pairs than the
            paper's, so not compared); `quoted` (nothing was computed); `new` (nothing was published).
        why: Why it was not computed, or why it is not compared, or which fuser stands in; empty otherwise.
        fuser: The fuser that stands for the row; empty where the row's own label was computed.
    """

    published: str
    computed: float | None
    source: Literal["", "run", "benchmark"]
    status: Status
    why: str = ""
    fuser: str = ""

    @property
    def difference(self) -> float | None:
        """Computed minus published; None where that would say nothing."""
        if self.computed is None or not self.published or self.status == "subset":
            return None
        return self.computed - float(self.published)


@dataclass(frozen=True)
class PaperTable:
    """One published table.

    Attributes:
        id: Its number in the paper.
        title: Caption.
        columns: The paper's metric names.
        metrics: Our qualified metric of each column, empty where there is none.
        rows: Label and cells, in the paper's order, then fusers the paper does not have.
        notes: Footnotes.
        fusers: The fuser that stands for a row where a run has none under its label.
        suite: The suite with the table's pairs; empty where there is none.
        unlike: `20 of 63` where the run is over other pairs than the paper; nothing computed is compared then.
    """

    id: str
    title: str
    columns: tuple[str, ...]
    metrics: tuple[str, ...]
    rows: tuple[tuple[str, tuple[PaperCell, ...]], ...]
    notes: tuple[str, ...]
    fusers: Mapping[str, str] = field(default_factory=dict)
    suite: str = ""
    unlike: str = ""

    def count(self, *statuses: Status) -> int:
        """Number of cells with one of these statuses."""
        return sum(cell.status in statuses for _, cells in self.rows for cell in cells)


@dataclass(frozen=True)
class _Spec:
    paper: str
    id: str
    title: str
    file: str
    why_quoted: str
    dataset: str = ""
    pairs: int = 0
    relative: float = 0.0
    note: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[str, ...] = ()
    benchmark: Mapping[str, Any] = field(default_factory=dict)
    fusers: Mapping[str, str] = field(default_factory=dict)
    suite: str = ""


#: What would turn a quoted row into a computed one: from a fuser's or method's name and a suite's; empty if unknown.
Remedy = Callable[[str, str], str]


def papers() -> list[str]:
    """Papers whose tables are known."""
    return list(dict.fromkeys(spec.paper for spec in _specs()))


def paper_tables(
    paper: str,
    runs: Sequence[Run] = (),
    remedy: Remedy = lambda name, suite: "",
    only: Sequence[str] = (),
) -> list[PaperTable]:
    """A paper's tables, filled from runs.

    Args:
        paper: `tcmoa`, `vifb`, `mefb` or `mfif`.
        runs: Finished runs; each table takes the first that has its dataset.
        remedy: What would compute a quoted row, for its footnote.
        only: Numbers of the tables that are wanted (`3`); all where there is none.

    Raises:
        BenchError: The paper, or a table of it, is not known.
    """
    specs = {spec.id.removeprefix("Table "): spec for spec in _specs() if spec.paper == paper}
    if not specs:
        raise unknown("paper", paper, papers())
    for name in only:
        if name not in specs:
            raise unknown(f"table of {paper}", name, specs)
    return [_fill(specs[name], runs, remedy) for name in (only or specs)]


def as_table(table: PaperTable) -> Table:
    """The table for rendering: `computed =`, `computed ≠ published`, `computed § published`, `published †`."""
    rows = tuple((label, tuple(_cell(cell) for cell in cells)) for label, cells in table.rows)
    return Table(table.title, "Method", table.columns, rows, table.notes)


def _cell(cell: PaperCell) -> TableCell:
    facts = {
        "published": float(cell.published) if cell.published else None,
        "difference": cell.difference,
        "source": cell.source or None,
        "status": cell.status,
        "fuser": cell.fuser or None,
    }
    if cell.computed is None:
        return TableCell(
            cell.published or MISSING, None, note=SIGNS[cell.status] if cell.published else "", facts=facts
        )
    digits = min(_decimals(cell.published) + 1, 5) if cell.published else None
    text = number(cell.computed, digits)
    if cell.status in ("differs", "stand-in", "subset"):
        text += f"{SIGNS[cell.status]} {cell.published}"
    elif cell.status != "new":
        text += SIGNS[cell.status]
    return TableCell(text, cell.computed, note="‡" if cell.source == "benchmark" else "", facts=facts)


def _fill(spec: _Spec, runs: Sequence[Run], remedy: Remedy) -> PaperTable:
    printed = _read(spec.file)
    columns = tuple(next(iter(printed.values())))
    labels = [label for label in printed if not spec.rows or label in spec.rows]
    summary, run = _summary(spec, runs)
    metrics = tuple(spec.columns.get(column, "") for column in columns)
    benchmark = _benchmark(spec)
    rows = []
    for label in labels:
        cells = []
        for column, metric in zip(columns, metrics, strict=True):
            source: Literal["", "run", "benchmark"] = "run"
            fuser = ""
            value, pairs = _computed(summary, label, metric)
            if value is None and label in spec.fusers:
                fuser = spec.fusers[label]
                value, pairs = _computed(summary, fuser, metric)
            if value is None:
                fuser = ""
                source, value, pairs = "benchmark", benchmark.get((label, column)), spec.pairs
            if value is None:
                why = _why_quoted(spec, summary, label, metric)
                cells.append(PaperCell(printed[label][column], None, "", "quoted", why))
            elif printed[label][column] and pairs != spec.pairs:
                why = f"not comparable ({pairs} of {spec.pairs})"
                cells.append(PaperCell(printed[label][column], value, source, "subset", why, fuser))
            else:
                cells.append(_standing(_compare(printed[label][column], value, source, spec.relative), fuser))
        rows.append((label, tuple(cells)))
    for fuser in summary.fusers if summary else ():
        if fuser not in printed and fuser not in spec.fusers.values():
            values = [_computed(summary, fuser, metric)[0] for metric in metrics]
            if any(value is not None for value in values):
                rows.append(
                    (fuser, tuple(PaperCell("", v, "run" if v is not None else "", "new") for v in values))
                )
    unlike = f"{summary.pairs} of {spec.pairs}" if summary is not None and summary.pairs != spec.pairs else ""
    table = PaperTable(
        spec.id, spec.title, columns, metrics, tuple(rows), (), spec.fusers, spec.suite, unlike
    )
    return replace(table, notes=tuple(_notes(spec, table, summary, run, remedy)))


def _notes(
    spec: _Spec, table: PaperTable, summary: Summary | None, run: Run | None, remedy: Remedy
) -> list[str]:
    agree, twice, differ = table.count("equal"), table.count("rounded twice"), table.count("differs")
    notes = []
    if agree + twice + differ:
        notes.append(
            f"= within the published digits ({agree} cells); ≠ differs, published figure behind it ({differ})."
        )
    if twice:
        notes.append(
            f"≈ equal if rounded to four decimals first, as figures copied from a four-decimal table are ({twice})."
        )
    if count := table.count("stand-in"):
        notes.append(
            f"~ by a fuser that stands in for the row and need not be the version that the paper ran, published figure "
            f"behind it ({count} cells)."
        )
    if any(cell.source == "benchmark" for _, cells in table.rows for cell in cells):
        notes.append(
            "‡ mean of the per-image values that the benchmark's authors published, not computed from images here."
        )
    if table.unlike:
        notes.append(f"Not comparable with the paper ({table.unlike} pairs).")
    if count := table.count("subset"):
        notes.append(f"§ ours is over other pairs, published figure behind it ({count} cells).")
    for why, count in _reasons(table).items():
        notes.append(f"† quoted from the paper, not computed ({count} cells): {why}.")
    for label, cells in table.rows:
        here = sum(cell.status == "quoted" for cell in cells)
        if here and spec.suite and (what := remedy(spec.fusers.get(label, label), spec.suite)):
            notes.append(f"† {label}, {here} cells, could be computed: {what}")
    stand_ins = [
        f"{label} = {fuser}" for label, fuser in spec.fusers.items() if _stands_in(summary, label, fuser)
    ]
    if stand_ins:
        notes.append(f"Rows computed with fusers of this package: {', '.join(stand_ins)}.")
    if summary is not None and run is not None:
        notes.append(
            f"Computed on {summary.pairs} of the paper's {spec.pairs} pairs (run {run.folder.name})."
        )
        notes.append("Metrics: " + "; ".join(f"{c} = {m}" for c, m in spec.columns.items()) + ".")
    if spec.note:
        notes.append(spec.note)
    return notes


def _compare(
    published: str, value: float, source: Literal["", "run", "benchmark"], relative: float
) -> PaperCell:
    if not published:
        return PaperCell("", value, source, "new")
    printed = Decimal(published)
    if relative:
        near = abs(value - float(published)) <= relative * abs(float(published))
        return PaperCell(published, value, source, "equal" if near else "differs")
    exact = Decimal(value)
    if printed in _rounded(exact, _decimals(published)):
        return PaperCell(published, value, source, "equal")
    twice = {r for four in _rounded(exact, 4) for r in _rounded(four, _decimals(published))}
    return PaperCell(published, value, source, "rounded twice" if printed in twice else "differs")


def _standing(cell: PaperCell, fuser: str) -> PaperCell:
    """The cell, where it has a stand-in's figure: that one differs says nothing of the paper."""
    if not fuser:
        return cell
    if cell.status != "differs":
        return replace(cell, fuser=fuser)
    why = f"computed by {fuser}, which stands in and need not be the version that the paper ran"
    return replace(cell, status="stand-in", why=why, fuser=fuser)


def _rounded(value: Decimal, decimals: int) -> set[Decimal]:
    """A value rounded to so many decimals, ties either way."""
    quantum = Decimal(1).scaleb(-decimals)
    return {value.quantize(quantum, ROUND_HALF_UP), value.quantize(quantum, ROUND_HALF_EVEN)}


def _decimals(printed: str) -> int:
    return len(printed.partition(".")[2])


def _summary(spec: _Spec, runs: Sequence[Run]) -> tuple[Summary | None, Run | None]:
    for run in runs:
        pairs = run.pairs[run.pairs["dataset"] == spec.dataset]
        if spec.dataset and len(pairs):
            return summarise(run, pairs), run
    return None, None


def _computed(summary: Summary | None, fuser: str, metric: str) -> tuple[float | None, int]:
    """A mean, and over how many pairs it is."""
    entry = summary.entries.get((fuser, metric)) if summary else None
    return (entry.mean, entry.n) if entry else (None, 0)


def _why_quoted(spec: _Spec, summary: Summary | None, label: str, metric: str) -> str:
    """What is missing of a figure: the whole suite, the fuser, the metric; else why nobody can compute it."""
    if summary is not None and {label, spec.fusers.get(label)} & set(summary.fusers):
        if metric and metric not in summary.qualified:
            return f"this run has no {metric}; add it with --metrics"
        return "all its cells failed in this run" if metric else spec.why_quoted
    if label not in spec.fusers or not metric:
        return spec.why_quoted
    if summary is None:
        return f"run suite {spec.suite}"
    return f"its fuser is not in this run ({spec.fusers[label]})"


def _reasons(table: PaperTable) -> Mapping[str, int]:
    """Why cells are quoted, with counts; the fusers that are not in the run together."""
    counts: dict[str, int] = {}
    for _, cells in table.rows:
        for cell in cells:
            if cell.status == "quoted":
                why = cell.why.partition(" (")[0] if cell.why.startswith("its fuser") else cell.why
                counts[why] = counts.get(why, 0) + 1
    return counts


def _stands_in(summary: Summary | None, label: str, fuser: str) -> bool:
    return summary is not None and label not in summary.fusers and fuser in summary.fusers


def _benchmark(spec: _Spec) -> dict[tuple[str, str], float]:
    """Means of published per-image values by (row, column) of the paper's table."""
    if not spec.benchmark:
        return {}
    means = _read(spec.benchmark["file"])
    renamed: Mapping[str, str] = spec.benchmark["rows"]
    values: dict[tuple[str, str], float] = {}
    for label in _read(spec.file):
        row = means.get(renamed.get(label, label))
        if row is not None:
            values |= {
                (label, column): float(row[name]) for column, name in spec.benchmark["columns"].items()
            }
    return values


def _specs() -> list[_Spec]:
    content = tomllib.loads((resources.files(__package__) / "published" / "papers.toml").read_text("utf-8"))
    return [_Spec(**{**item, "rows": tuple(item.get("rows", ()))}) for item in content["tables"]]


def _read(file: str) -> dict[str, dict[str, str]]:
    """A CSV of published figures: row label to column to digits as printed."""
    text = (resources.files(__package__) / "published" / file).read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    return {row.pop("method"): row for row in rows}
