"""Which definitions made a printed table: one convention for each column, so that most cells are explained."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tcmoa_bench.images import show
from tcmoa_bench.metrics import Metric
from tcmoa_bench.metrics.describe import meanings
from tcmoa_bench.metrics.which import Printed, Reading, changed
from tcmoa_bench.registry import unknown
from tcmoa_bench.reports.summary import Run, load_run, summarise
from tcmoa_bench.types import BenchError


@dataclass(frozen=True)
class Fit:
    """How a definition explains a column.

    Attributes:
        qualified: The definition.
        change: What was done to its values; empty for nothing.
        explained: Cells whose mean rounds to the printed digits.
        distance: Mean absolute difference over the column's cells.
    """

    qualified: str
    change: str
    explained: int
    distance: float

    @property
    def label(self) -> str:
        """The definition with its change."""
        return f"{self.qualified} ({self.change})" if self.change else self.qualified


@dataclass(frozen=True)
class Column:
    """A column of the table, the definitions that explain most of its cells, and the next ones."""

    name: str
    cells: int
    best: tuple[Fit, ...]
    others: tuple[Fit, ...]


@dataclass(frozen=True)
class Assignment:
    """The columns' definitions, and the convention that explains most columns (empty if none does)."""

    columns: tuple[Column, ...]
    convention: str

    def facts(self) -> dict[str, object]:
        """The assignment as plain data for JSON."""
        return {
            "convention": self.convention,
            "columns": {
                column.name: {
                    "cells": column.cells,
                    "matches": [vars(fit) for fit in column.best],
                    "nearest": [vars(fit) for fit in column.others],
                }
                for column in self.columns
            },
        }


def assign(folder: Path, table: Path) -> Assignment:
    """Find the definition of each column of a printed table among those that a run holds.

    A column's best definitions explain most cells; a plain definition comes before one with a change, and of equals the
    one whose convention explains most columns.

    Args:
        folder: The run; its pairs and fused images are those of the table.
        table: CSV: the fusers' labels, then a column for each metric with the digits as printed.

    Raises:
        BenchError: No run, no such CSV, a fuser that the run lacks, a metric that no convention has.
    """
    run = load_run(folder)
    printed = _read(table)
    means = _means(run)
    for fuser in {fuser for column in printed.values() for fuser in column}:
        if fuser not in means:
            raise unknown("fuser", fuser, means)
    fits = {name: _fits(name, column, means) for name, column in printed.items()}
    votes = Counter(
        fit.qualified.partition("@")[2]
        for found in fits.values()
        for fit in _leaders(found)
        if not fit.change
    )
    columns = tuple(_column(name, len(printed[name]), found, votes) for name, found in fits.items())
    return Assignment(columns, votes.most_common(1)[0][0] if votes else "")


def _read(table: Path) -> dict[str, dict[str, Printed]]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    except OSError as error:
        raise BenchError(f"cannot read {show(table)}: {error.strerror}") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise BenchError(f"{show(table)} is no CSV in UTF-8: {error}") from None
    if len(rows) < 2 or len(rows[0]) < 2:
        raise BenchError(
            f"{show(table)} holds no table; its first line names the metrics' columns, each further line a fuser"
        )
    columns: dict[str, dict[str, Printed]] = {name.strip(): {} for name in rows[0][1:]}
    for number, (fuser, *cells) in enumerate(rows[1:], 2):
        for name, cell in zip(columns, cells, strict=False):
            if cell.strip():
                try:
                    columns[name][fuser.strip()] = Printed.of(cell)
                except BenchError as error:
                    raise BenchError(f"{show(table)}, row {number}, column {name}: {error}") from None
    return columns


def _means(run: Run) -> dict[str, dict[str, float]]:
    """Means over the pairs by fuser and qualified metric."""
    summary = summarise(run)
    means: dict[str, dict[str, float]] = {fuser: {} for fuser in summary.fusers}
    for (fuser, qualified), entry in summary.entries.items():
        if entry.mean is not None:
            means[fuser][qualified] = entry.mean
    return means


def _fits(name: str, column: Mapping[str, Printed], means: Mapping[str, Mapping[str, float]]) -> list[Fit]:
    held = {qualified for values in means.values() for qualified in values}
    known: Sequence[Metric] = [metric for metric in meanings(name) if metric.qualified in held]
    if not known:
        raise BenchError(
            f"the run holds no definition of {name}; score all of them with `run --metrics '{name}@*'`, nothing is "
            "fused again"
        )
    explained: Counter[tuple[str, str]] = Counter()
    distances: dict[tuple[str, str], float] = defaultdict(float)
    for fuser, printed in column.items():
        own = [
            Reading(metric, means[fuser][metric.qualified])
            for metric in known
            if metric.qualified in means[fuser]
        ]
        for reading in [*own, *(variant for plain in own for variant in changed(plain))]:
            key = (reading.metric.qualified, reading.change)
            explained[key] += printed.fits(reading.value)
            distances[key] += abs(reading.value - printed.value)
    found = [Fit(*key, explained[key], distances[key] / len(column)) for key in distances]
    return sorted(found, key=lambda fit: (-fit.explained, bool(fit.change), fit.distance))


def _leaders(found: Sequence[Fit]) -> list[Fit]:
    most = found[0].explained if found else 0
    leaders = [fit for fit in found if most and fit.explained == most]
    plain = [fit for fit in leaders if not fit.change]
    return plain or leaders


def _column(name: str, cells: int, found: Sequence[Fit], votes: Mapping[str, int]) -> Column:
    leaders = sorted(
        _leaders(found), key=lambda fit: (-votes.get(fit.qualified.partition("@")[2], 0), fit.distance)
    )
    others = [fit for fit in found if fit not in leaders and not fit.change]
    return Column(name, cells, tuple(leaders), tuple(others[:3]))
