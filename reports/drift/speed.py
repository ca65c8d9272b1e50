"""Speed between two benchmark files of pytest-benchmark, by their samples and not by a single number."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from scipy import stats

from tcmoa_bench.documents import parse
from tcmoa_bench.reports.tables.table import MISSING, Table, TableCell, to_markdown
from tcmoa_bench.types import BenchError

#: A change counts if its ratio is beyond this factor and the samples differ at this level (asv's choice).
FACTOR, LEVEL = 1.1, 0.002

#: Up to so many samples a side the test is the exact one.
EXACT = 30


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
        content = parse(path.read_bytes(), str(path), "JSON")
    except BenchError:
        return False
    return isinstance(content, dict) and "benchmarks" in content and "machine_info" in content


def load_speed(path: Path) -> SpeedFile:
    """Read pytest-benchmark's JSON (written with `--benchmark-json` or `--benchmark-autosave`, with its data).

    Raises:
        BenchError: There is no such file, it has no samples, a sample is no positive number, or two benchmarks have one
            name; the text names file, benchmark and sample.
    """
    if not is_speed_file(path):
        what = "is no benchmark file of pytest-benchmark" if path.exists() else "does not exist"
        raise BenchError(f"{path} {what}; speed is compared between two files written with --benchmark-json")
    content = parse(path.read_bytes(), str(path), "JSON")
    samples: dict[str, list[float]] = {}
    try:
        for item in content["benchmarks"]:
            name, values = str(item["fullname"]), list(map(float, item["stats"]["data"]))
            if not values:
                raise KeyError("data")
            if name in samples:
                raise BenchError(f"{path}: two benchmarks are called {name}; rename one")
            for number, value in enumerate(values, 1):
                if not 0 < value < math.inf:
                    raise BenchError(
                        f"{path}: sample {number} of {name} is {value}, no time above zero; measure again"
                    )
            samples[name] = values
        machine = content["machine_info"]
        cpu = machine.get("cpu", {}).get("brand_raw", machine.get("processor", "unknown"))
        return SpeedFile(str(cpu), str(content.get("commit_info", {}).get("id", "unknown"))[:12], samples)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BenchError(
            f"{path} has no samples ({error}); run pytest with --benchmark-json and --benchmark-save-data"
        ) from None


def reachable(before: int, after: int) -> float:
    """Least p-value that Mann-Whitney's two-sided test can give with so many samples: no overlap at all."""
    return min(1.0, 2 / math.comb(before + after, before))


@dataclass(frozen=True)
class SpeedChange:
    """One benchmark that both files have.

    Attributes:
        name: Its name.
        before, after: Medians in seconds.
        samples: Number of samples before and after.
        p: Two-sided p-value of Mann-Whitney's test; None where so few samples cannot reach `LEVEL`.
    """

    name: str
    before: float
    after: float
    samples: tuple[int, int]
    p: float | None

    @property
    def ratio(self) -> float:
        """After over before; above 1 is slower."""
        return self.after / self.before

    @property
    def verdict(self) -> str:
        """`slower`, `faster`, `cannot be told with 5 and 5 samples`, or nothing."""
        if self.p is None:
            return f"cannot be told with {self.samples[0]} and {self.samples[1]} samples"
        if self.p >= LEVEL or 1 / FACTOR < self.ratio < FACTOR:
            return ""
        return "slower" if self.ratio > 1 else "faster"


@dataclass(frozen=True)
class SpeedComparison:
    """Benchmarks that both files have, and the names of those that only one has."""

    base: SpeedFile
    now: SpeedFile
    changes: tuple[SpeedChange, ...]

    @property
    def missing(self) -> list[str]:
        """Benchmarks that vanished."""
        return [name for name in self.base.samples if name not in self.now.samples]

    @property
    def new(self) -> list[str]:
        """Benchmarks that the base does not have."""
        return [name for name in self.now.samples if name not in self.base.samples]

    @property
    def exit_code(self) -> int:
        """1: a benchmark is slower or vanished; else 2: one cannot be told; else 0."""
        if self.missing or any(change.verdict == "slower" for change in self.changes):
            return 1
        return 2 if any(change.p is None for change in self.changes) else 0

    def text(self) -> str:
        """Markdown table."""
        rows = tuple(
            (
                c.name,
                (
                    TableCell(f"{c.before * 1e3:.3g}"),
                    TableCell(f"{c.after * 1e3:.3g}"),
                    TableCell(f"{c.ratio:.2f}"),
                    TableCell(MISSING if c.p is None else f"{c.p:.2g}"),
                    TableCell(c.verdict),
                ),
            )
            for c in self.changes
        )
        notes = [f"Medians in ms; a change counts beyond a factor of {FACTOR} at p < {LEVEL} (Mann-Whitney)."]
        if any(change.p is None for change in self.changes):
            least = next(n for n in itertools.count(1) if reachable(n, n) < LEVEL)
            notes.append(
                f"So few samples cannot reach the level; at least {least} each are needed (--benchmark-min-rounds)."
            )
        notes += [f"Missing: {name} is in the base and not in the new file." for name in self.missing]
        notes += [f"New, not compared: {name}." for name in self.new]
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
    return SpeedComparison(base, now, tuple(_change(n, base.samples[n], now.samples[n]) for n in common))


def _change(name: str, before: list[float], after: list[float]) -> SpeedChange:
    counts = len(before), len(after)
    p = None
    if reachable(*counts) < LEVEL:
        # The approximation, which ties bring in by default, cannot reach the level where the exact test just can.
        method: Literal["exact", "auto"] = "exact" if max(counts) <= EXACT else "auto"
        p = float(stats.mannwhitneyu(before, after, method=method).pvalue)
    return SpeedChange(name, float(np.median(before)), float(np.median(after)), counts, p)
