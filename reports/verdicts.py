"""What trials found about metrics: numbers with their evidence, kept in `verdicts.csv` and shown beside every score."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from typing import Literal

#: `truth`: rank agreement with a comparison with the ground truth; `people`: with ratings; `damage`: rank correlation of
#: the metric's goodness with the severity.
Kind = Literal["truth", "people", "damage"]


@dataclass(frozen=True)
class Finding:
    """What one trial found about one metric.

    Attributes:
        metric, convention: The metric.
        task: Task of the pairs.
        kind: What it was tried against.
        against: The comparison with the truth (`GMSD`), the ratings' name, or the damage.
        value: Mean over pairs of Spearman's correlation within the pair, the metric oriented so that higher is better.
        low, high: Its 95 % bootstrap interval over pairs.
        pairs, fusers: On how many it stands; for damage `fusers` counts the steps.
        source: Dataset or file.
    """

    metric: str
    convention: str
    task: str
    kind: Kind
    against: str
    value: float
    low: float
    high: float
    pairs: int
    fusers: int
    source: str

    @property
    def verdict(self) -> str:
        """In words: what the interval says."""
        if self.kind == "damage":
            if self.high < 0:
                return f"falls with {self.against}"
            return f"rewards {self.against}" if self.low > 0 else f"insensitive to {self.against}"
        of = "the truth" if self.kind == "truth" else "people"
        if self.low > 0:
            return f"ranks with {of}"
        return f"ranks against {of}" if self.high < 0 else f"tells nothing of {of}"

    @property
    def is_adverse(self) -> bool:
        """Whether a reader of a table should be warned."""
        return self.low > 0 if self.kind == "damage" else self.high < 0

    @property
    def number(self) -> str:
        """`-0.19 [-0.21, -0.17]`."""
        return f"{signed(self.value)} [{signed(self.low)}, {signed(self.high)}]"


def signed(value: float) -> str:
    """A correlation with its sign, two digits; what rounds to zero has no minus."""
    return f"{round(value, 2) + 0.0:+.2f}"


@cache
def findings() -> tuple[Finding, ...]:
    """All that comes with the package."""
    return tuple(read((resources.files("tcmoa_bench.reports") / "verdicts.csv").read_text("utf-8")))


def read(text: str) -> list[Finding]:
    """Findings from CSV as `write` makes it."""
    return [
        Finding(
            row["metric"], row["convention"], row["task"], row["kind"], row["against"],  # type: ignore[arg-type]
            float(row["value"]), float(row["low"]), float(row["high"]), int(row["pairs"]), int(row["fusers"]),
            row["source"],
        )
        for row in csv.DictReader(io.StringIO(text))
    ]  # fmt: skip


def write(rows: Iterable[Finding]) -> str:
    """CSV with one finding a line, numbers to six digits."""
    names = [field.name for field in fields(Finding)]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        values = [getattr(row, name) for name in names]
        writer.writerow([f"{value:.6f}" if isinstance(value, float) else value for value in values])
    return buffer.getvalue()


def of(metric: str, convention: str, tasks: Sequence[str] | None = None) -> list[Finding]:
    """Findings about a metric: of its own convention where there are any, else of the others of its name.

    Args:
        metric: Canonical name.
        convention: The convention.
        tasks: Only these; default all.
    """
    named = [f for f in findings() if f.metric == metric and (tasks is None or f.task in tasks)]
    found = []
    for key in dict.fromkeys((f.task, f.kind, f.against) for f in named):
        group = [f for f in named if (f.task, f.kind, f.against) == key]
        found += [f for f in group if f.convention == convention] or group
    return found


def warning(metric: str, convention: str, tasks: Sequence[str]) -> str:
    """The adverse findings of a metric in one line, or nothing."""
    adverse = [f for f in of(metric, convention, tasks) if f.is_adverse]
    # One reference for each task and kind, the first in the file: the others say the same in other numbers.
    first = {(f.task, f.kind): f for f in reversed(adverse) if f.kind != "damage"}
    truth = [f"{f.verdict} on {f.task.upper()}, {f.number}" for f in first.values()]
    damages = list(dict.fromkeys(f.against for f in adverse if f.kind == "damage"))
    return "; ".join([*dict.fromkeys(truth), *([f"rewards {', '.join(damages)}"] if damages else [])])


def lines(found: Sequence[Finding]) -> list[str]:
    """Findings about one metric in words, with their evidence: a line for each comparison, one for a task's damages."""
    texts = []
    damages: dict[tuple[str, ...], dict[str, list[str]]] = {}
    for f in found:
        if f.kind != "damage":
            by = f" by {f.against}" if f.kind == "truth" else ""
            counts = f"{f.pairs} pairs, {f.fusers} fusers, {f.metric}@{f.convention}, {f.source}"
            texts.append(f"{f.task}: {f.verdict}, {f.number}{by} ({counts})")
            continue
        evidence = (f.task, f"{f.pairs} pairs, {f.fusers} steps, {f.metric}@{f.convention}, {f.source}")
        verdict = f.verdict.removesuffix(f.against).strip()
        damages.setdefault(evidence, {}).setdefault(verdict, []).append(f"{f.against} {signed(f.value)}")
    for (task, counts), verdicts in damages.items():
        words = "; ".join(f"{verdict} {', '.join(names)}" for verdict, names in verdicts.items())
        texts.append(f"{task}: {words} ({counts})")
    return texts
