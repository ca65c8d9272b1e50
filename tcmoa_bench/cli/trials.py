"""What `trust --probe` and `stress` share: a trial is a run of the same runner."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tcmoa_bench.run.trials import Kind
    from tcmoa_bench.types import FuserOptions


def run_trial(
    ctx: click.Context,
    kind: Kind,
    suite: str,
    data: Path | None,
    out: Path | None,
    fusers: Sequence[str],
    damages: Sequence[str] | None,
    metrics: tuple[str, ...] | None,
    limit: int | None,
    jobs: int,
    options: FuserOptions,
    report: bool = False,
) -> tuple[Path, int]:
    """Do what is missing of a trial; its run folder and exit code."""
    from tcmoa_bench.images import safe_name
    from tcmoa_bench.run.progress import Progress
    from tcmoa_bench.run.request import Request
    from tcmoa_bench.run.runner import run
    from tcmoa_bench.run.suite import load_suite
    from tcmoa_bench.run.trials import trial_specs

    chosen = load_suite(suite)
    trial = dataclasses.replace(
        chosen, name=f"{chosen.name}-{kind}", title=f"{chosen.title}: {kind}", paper=""
    )
    request = Request(
        trial,
        out or Path("runs") / safe_name(trial.name),
        data,
        metrics=metrics,
        limit=limit,
        options=options,
        trials=trial_specs(kind, fusers, damages, options),
    )
    try:
        outcome = run(request, jobs, progress=Progress(sys.stderr), report=report)
    except KeyboardInterrupt:
        click.echo(
            f"\ninterrupted; finished cells are in {request.out}. The same command goes on from there.",
            err=True,
        )
        ctx.exit(130)
    click.echo(
        f"{outcome.done} cells computed, {outcome.cached} cached, {len(outcome.failures)} failed: {outcome.folder}",
        err=True,
    )
    return outcome.folder, outcome.exit_code
