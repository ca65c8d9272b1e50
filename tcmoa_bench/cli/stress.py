"""`tcmoa-bench stress`: what fusers make of damaged sources."""

from __future__ import annotations

from pathlib import Path

import click

from tcmoa_bench.cli.options import (
    Command,
    comma,
    data_option,
    device_option,
    options_from,
    table_format_option,
    weights_option,
)
from tcmoa_bench.cli.tables import emit

_PATH = click.Path(path_type=Path)


@click.command(
    cls=Command,
    epilog="\b\nExamples:\n"
    "  tcmoa-bench stress --suite vif --fusers average,lp,tcmoa-tiny\n"
    "  tcmoa-bench stress --suite vif --data DIR --damages noise,misregistered --limit 20 --jobs 2\n"
    "  tcmoa-bench figure runs/vif-stress --kind curves --metric Qabf@textbook -o stress.pdf\n"
    "Damages: noise, stripes, blur, dark, jpeg, misregistered, missing-a, missing-b; each at four levels.",
)
@click.option("--suite", required=True, help="Name of a shipped suite (see `ls suites`), or a TOML file.")
@data_option
@click.option("--out", type=_PATH, help="Run folder.  [default: runs/SUITE-stress]")
@click.option("--fusers", multiple=True, callback=comma, help="Fusers in place of the suite's.")
@click.option("--damages", multiple=True, callback=comma, help="Only these.  [default: all]")
@click.option("--metrics", multiple=True, callback=comma, help="Metrics in place of the suite's.")
@click.option("--limit", type=click.IntRange(1), help="At most N pairs of each dataset.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Worker processes.")
@device_option
@weights_option
@click.option("--report/--no-report", default=True, help="Write the HTML report.  [default: report]")
@table_format_option
@click.option("-o", "--output", type=_PATH, help="File in place of standard output.")
@click.pass_context
def stress(
    ctx: click.Context,
    suite: str,
    data: Path | None,
    out: Path | None,
    fusers: tuple[str, ...] | None,
    damages: tuple[str, ...] | None,
    metrics: tuple[str, ...] | None,
    limit: int | None,
    jobs: int,
    device: str,
    weights: Path | None,
    report: bool,
    form: str,
    output: Path | None,
) -> None:
    """Damage the SOURCES step by step, fuse, and score against the clean ones.

    A run like any other: it goes on where it was, and severity 0 is the clean run.
    Exit code: 0 all done, 1 some cells failed, 2 it could not start.
    """
    from tcmoa_bench.cli.trials import run_trial
    from tcmoa_bench.reports.summary import load_run, summarise
    from tcmoa_bench.reports.tables.table import render
    from tcmoa_bench.reports.trust.curves import stress_tables
    from tcmoa_bench.run.calls import trial

    request = trial(
        "stress", suite, fusers=fusers, data=data, out=out, damages=damages, metrics=metrics, limit=limit,
        options=options_from(device, weights),
    )  # fmt: skip
    folder, code = run_trial(ctx, request, jobs, report)
    run = load_run(folder)
    emit(render(stress_tables(run, summarise(run)), form), output)
    ctx.exit(code)
