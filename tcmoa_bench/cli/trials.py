"""What `trust --probe` and `stress` share: a trial is a run of the same runner."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from tcmoa_bench.run.request import Request


def run_trial(ctx: click.Context, request: Request, jobs: int, report: bool = False) -> tuple[Path, int]:
    """Do what is missing of a trial; its run folder and exit code."""
    from tcmoa_bench.run.progress import Progress
    from tcmoa_bench.run.runner import run

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
