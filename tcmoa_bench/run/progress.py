"""Progress of a run on standard error: a live bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections import Counter
from collections.abc import Iterable
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from tcmoa_bench.run.plan import Plan
from tcmoa_bench.store import CellResult

#: Seconds between two plain lines.
INTERVAL = 10.0


class Progress:
    """Says how far a run is. A closed stream never ends the run.

    Args:
        stream: Where lines go; None is silent.
    """

    def __init__(self, stream: TextIO | None = sys.stderr) -> None:
        self._stream = stream
        self._total = self._count = self._failed = 0
        self._started = self._said = 0.0
        self._bar: Bar | None = None

    def say(self, notes: Iterable[str]) -> None:
        """What the user should know before anything is done."""
        for note in notes:
            self._print(f"note: {note}")

    def start(self, plan: Plan) -> None:
        """Announce the plan."""
        self._total = len(plan.todo) + len(plan.unrunnable)
        self._started = self._said = time.monotonic()
        self.say(plan.notes)
        changed = f", {plan.changed} of them because inputs or method changed" if plan.changed else ""
        self._print(
            f"{len(plan.pairs)} pairs x {len(plan.fusers)} fusers x {len(plan.metrics)} metrics: "
            f"{plan.cells} cells, {plan.cached} cached, {self._total} to do{changed}"
        )
        if self._stream is not None and self._stream.isatty() and self._total:
            self._bar = self._make_bar()

    def advance(self, result: CellResult) -> None:
        """One more cell has ended."""
        self._count += 1
        self._failed += result.status == "failed"
        if result.status == "failed":
            self._print(
                f"failed: {result.fuser} on {result.dataset}/{result.pair} ({result.stage}): {result.message}"
            )
        now = time.monotonic()
        rate = self._count / max(now - self._started, 1e-9)
        if self._bar is not None:
            label = f"{result.stage} {result.fuser} {result.pair}"[:48]
            self._bar.update(self._task, advance=1, description=label, rate=rate)
        elif now - self._said >= INTERVAL or self._count == self._total:
            self._said = now
            left = (self._total - self._count) / rate
            self._print(
                f"{self._count}/{self._total} cells ({result.stage} {result.fuser} on {result.pair}), "
                f"{rate:.2f} cells/s, {_clock(left)} left, {self._failed} failed"
            )

    def stop(self) -> None:
        """The last cell has ended, or the run was interrupted."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _make_bar(self) -> Bar:
        bar = Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]:.2f} cells/s"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(file=self._stream),
        )
        self._task = bar.add_task("starting", total=self._total, rate=0.0)
        bar.start()
        return bar

    def _print(self, text: str) -> None:
        if self._stream is None:
            return
        with contextlib.suppress(OSError, ValueError):
            print(text, file=self._stream, flush=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def describe(plan: Plan) -> str:
    """The plan as text: what is there, what is to do, and about how long it will take."""
    fuse, score = sum(c.stored_hash is None for c in plan.todo), sum(bool(c.metrics) for c in plan.todo)
    tasks = sorted({str(pair.task) for pair in plan.pairs})
    counts = Counter(pair.dataset for pair in plan.pairs)
    lines = [
        f"suite {plan.request.suite.name} -> {plan.request.out}",
        f"pairs: {len(plan.pairs)} ({', '.join(f'{name} {n}' for name, n in counts.items())}; task {', '.join(tasks)})",
        f"fusers: {', '.join(ready.spec.label for ready in plan.fusers)}",
        f"metrics: {', '.join(metric.qualified for metric in plan.metrics)}",
        f"cells: {plan.cells}; {plan.cached} cached, {len(plan.todo)} to do ({fuse} to fuse, {score} to score), "
        f"{plan.changed} changed, {len(plan.unrunnable)} will fail",
    ]
    lines += [
        f"will fail: {cell.fuser} on {cell.dataset}/{cell.pair}: {cell.message}" for cell in plan.unrunnable
    ]
    lines += [f"note: {note}" for note in plan.notes]
    return "\n".join(lines)
