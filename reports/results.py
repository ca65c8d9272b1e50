"""A finished run as an object for scripts and notebooks: frames, tables, ranks, and what moved against another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from tcmoa_bench.reports import summary
from tcmoa_bench.reports.drift import render
from tcmoa_bench.reports.drift.compare import Comparison, Tolerance, Tolerances, compare
from tcmoa_bench.reports.drift.snapshot import load_snapshot, of_run
from tcmoa_bench.reports.outputs import run_tables
from tcmoa_bench.reports.tables.statistics import stat_tables
from tcmoa_bench.reports.tables.table import Table, to_html


@dataclass(frozen=True)
class Drift(Comparison):
    """What moved between two runs; prints, and shows in a notebook, as `tcmoa-bench compare` writes it."""

    def __str__(self) -> str:
        return render.to_md(self)

    def _repr_markdown_(self) -> str:
        return render.to_md(self)


@dataclass(frozen=True, repr=False)
class Results(summary.Run):
    """A finished run, read whole; shown as its table in a notebook.

    `scores` has one value a row (NaN where there is none, with its reason); `pairs`, `fusers`, `metrics` and `cells` are
    the other frames of `Run`. Whatever takes a `Run` takes this.
    """

    def __repr__(self) -> str:
        failed = len(self.failures())
        return (
            f"<run {self.folder.name}: {len(self.pairs)} pairs, {len(self.fusers)} fusers, "
            f"{len(self.metrics)} metrics, {failed} failed cells>"
        )

    def _repr_html_(self) -> str:
        return "\n".join(map(to_html, self.tables()))

    def remarks(self) -> list[str]:
        """Sentences on fused images and sources that look wrong, with what that usually comes from."""
        return summary.remarks(self)

    def select(self, fusers: Sequence[str] | None = None, metrics: Sequence[str] | None = None) -> Results:
        """The run with only some fusers and metrics (qualified or bare names), in the order given."""
        return summary.select(self, fusers, metrics)

    def tables(
        self, by: Sequence[str] = (), digits: int | None = None, caption: str | None = None
    ) -> list[Table]:
        """The tables of `tcmoa-bench tables`.

        Args:
            by: One more table for each `dataset`, `task`, `size`, or attribute of the pairs.
            digits: Decimals; default by size.
            caption: Title in place of the suite's.

        Raises:
            BenchError: The pairs have no such attribute.
        """
        return run_tables(self, tuple(by), digits, caption)

    def table(self, digits: int | None = None, caption: str | None = None) -> Table:
        """The table of all pairs: means, best and second marked; prints as text, shows as HTML in a notebook."""
        return self.tables(digits=digits, caption=caption)[0]

    def means(self) -> pd.DataFrame:
        """Means over the pairs that have a value: a row for each fuser, a column for each qualified metric."""
        return self._frame("mean")

    def ranks(self) -> pd.DataFrame:
        """Ranks by means over the pairs that all ranked fusers have; 1 is best, NaN is not ranked. Shape as `means`."""
        return self._frame("rank")

    def statistics(
        self, against: str | None = None, conventions: tuple[str, str] | None = None
    ) -> list[Table]:
        """The tables of `tcmoa-bench stats`: intervals, ranks, groups, tests against a fuser, agreement."""
        return stat_tables(summary.summarise(self), against, conventions)

    def compare(
        self,
        base: summary.Run | str | Path,
        *,
        rtol: float = 1e-9,
        atol: float = 1e-12,
        allow: Mapping[str, str] | None = None,
    ) -> Drift:
        """What moved since `base`, by how much, and what may have moved it (`tcmoa-bench compare`).

        Args:
            base: A run, a run folder or a baseline file.
            rtol: A value may move by `atol + rtol * |base|`.
            atol: See `rtol`.
            allow: Accepted causes (`environment`, ...) with the reason.

        Raises:
            BenchError: The two cannot be compared.
        """
        before = of_run(base) if isinstance(base, summary.Run) else load_snapshot(Path(base))
        found = compare(before, of_run(self), Tolerances(Tolerance(rtol, atol)), dict(allow or {}))
        return Drift(**{field.name: getattr(found, field.name) for field in fields(Comparison)})

    def _frame(self, fact: str) -> pd.DataFrame:
        found = summary.summarise(self)
        rows = {
            fuser: [getattr(found.entries[fuser, name], fact) for name in found.qualified]
            for fuser in found.fusers
        }
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=found.qualified, dtype=float)
        return frame.rename_axis("fuser")


def load_run(folder: Path | str) -> Results:
    """Read the run in a folder (or a copied store file); BenchError if there is none."""
    found = summary.load_run(folder)
    return Results(**{field.name: getattr(found, field.name) for field in fields(summary.Run)})
