"""Speed between two benchmark files of pytest-benchmark, by their samples and not by a single number."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from tcmoa_bench.reports.tables.table import Table, TableCell, to_markdown
from tcmoa_bench.types import BenchError

#: A change counts if its ratio is beyond this factor and the samples differ at this level (asv's choice).
FACTOR, LEVEL = 1.1, 0.002


@dataclass(frozen=True)
class SpeedFile:
    """Samples in seconds by benchmark, with the machine and commit they belong to."""

    machine: str
    commit: str
    samples: Mapping[str, list[float]]


def is_speed_file(path: Path) -> bool:
    """Whether a file is pytest-benchmark's JSON."""
    if not path.is_file() or path.suffix != ".json":
        return False
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError:
        return False
    return isinstance(content, dict) and "benchmarks" in content and "machine_info" in content


def load_speed(path: Path) -> SpeedFile:
    """Read pytest-benchmark's JSON (written with `--benchmark-json` or `--benchmark-autosave`, with its data)."""
    content: Any = json.loads(path.read_text("utf-8"))
    try:
        samples = {
            item["fullname"]: list(map(float, item["stats"]["data"])) for item in content["benchmarks"]
        }
        machine = content["machine_info"]
        cpu = machine.get("cpu", {}).get("brand_raw", machine.get("processor", "unknown"))
        return SpeedFile(str(cpu), str(content.get("commit_info", {}).get("id", "unknown"))[:12], samples)
    except (KeyError, TypeError, ValueError) as error:
        raise BenchError(
            f"{path} has no samples ({error}); run pytest with --benchmark-json and --benchmark-save-data"
        ) from None


@dataclass(frozen=True)
class SpeedChange:
    """One benchmark: medians in seconds, their ratio (above 1 is slower), and Mann-Whitney's p."""

    name: str
    before: float
    after: float
    p: float

    @property
    def ratio(self) -> float:
        """After over before."""
        return self.after / self.before

    @property
    def verdict(self) -> str:
        """`slower`, `faster` or nothing."""
        if self.p >= LEVEL or 1 / FACTOR < self.ratio < FACTOR:
            return ""
        return "slower" if self.ratio > 1 else "faster"


@dataclass(frozen=True)
class SpeedComparison:
    """All benchmarks that both files have."""

    base: SpeedFile
    now: SpeedFile
    changes: tuple[SpeedChange, ...]

    @property
    def slower(self) -> bool:
        """Whether any benchmark became slower."""
        return any(change.verdict == "slower" for change in self.changes)

    def text(self) -> str:
        """Markdown table."""
        rows = tuple(
            (
                c.name,
                (
                    TableCell(f"{c.before * 1e3:.2f}"),
                    TableCell(f"{c.after * 1e3:.2f}"),
                    TableCell(f"{c.ratio:.2f}"),
                    TableCell(f"{c.p:.2g}"),
                    TableCell(c.verdict),
                ),
            )
            for c in self.changes
        )
        notes = [f"Medians in ms; a change counts beyond a factor of {FACTOR} at p < {LEVEL} (Mann-Whitney)."]
        if self.base.machine != self.now.machine:
            notes.append(
                f"Different machines ({self.base.machine}; {self.now.machine}): the ratios say little."
            )
        title = f"{self.base.commit} to {self.now.commit}: {len(self.changes)} benchmarks compared"
        return to_markdown(
            Table(title, "benchmark", ("before", "after", "ratio", "p", ""), rows, tuple(notes))
        )


def compare_speed(base: SpeedFile, now: SpeedFile) -> SpeedComparison:
    """Compare the benchmarks that both files have; BenchError if there is none."""
    common = [name for name in base.samples if name in now.samples]
    if not common:
        raise BenchError("no benchmark in common; nothing was compared")
    changes = tuple(
        SpeedChange(
            name,
            float(np.median(base.samples[name])),
            float(np.median(now.samples[name])),
            float(stats.mannwhitneyu(base.samples[name], now.samples[name]).pvalue),
        )
        for name in common
    )
    return SpeedComparison(base, now, changes)
