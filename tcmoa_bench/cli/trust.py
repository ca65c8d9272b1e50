"""`tcmoa-bench trust`: what a metric's number means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from tcmoa_bench.reports.tables.table import Table
    from tcmoa_bench.reports.trust.inputs import Meaning
    from tcmoa_bench.reports.verdicts import Finding

_PATH = click.Path(path_type=Path)


@click.command(
    cls=Command,
    epilog="\b\nExamples:\n"
    "  tcmoa-bench trust runs/mff                                   truth (if the pairs have one), agreement\n"
    "  tcmoa-bench trust runs/mff --ratings people.csv\n"
    "  tcmoa-bench trust --values published.csv.gz --truth GMSD=GT_gmsd --lower GT_gmsd --convention mfif\n"
    "  tcmoa-bench trust --probe --suite vif --data DIR --fuser lp --jobs 2\n"
    "Ratings: a CSV file with the columns pair,fuser,score or pair,better,worse.",
)
@click.argument("run", type=_PATH, required=False)
@click.option("--ratings", type=_PATH, help="Ratings of people.")
@click.option(
    "--values",
    type=_PATH,
    help="Published per-image values (CSV: method,image,metric,value) in place of a run.",
)
@click.option(
    "--truth",
    multiple=True,
    callback=comma,
    help="With --values: its comparisons with the truth, NAME or LABEL=NAME.",
)
@click.option(
    "--lower", multiple=True, callback=comma, help="With --values: names for which lower is better."
)
@click.option(
    "--convention", default="textbook", show_default=True, help="With --values: what its names mean."
)
@click.option("--task", default="mff", show_default=True, help="With --values: the task of its pairs.")
@click.option(
    "--probe", is_flag=True, help="Damage fused images step by step, and see what each metric says."
)
@click.option("--suite", help="With --probe: name of a suite, or a TOML file.")
@data_option
@click.option("--out", type=_PATH, help="With --probe: run folder.  [default: runs/SUITE-probe]")
@click.option(
    "--fuser", default="lp", show_default=True, help="With --probe: the fuser whose images are damaged."
)
@click.option("--damages", multiple=True, callback=comma, help="With --probe: only these.")
@click.option("--limit", type=click.IntRange(1), help="With --probe: at most N pairs of each dataset.")
@click.option(
    "--jobs", type=click.IntRange(1), default=1, show_default=True, help="With --probe: worker processes."
)
@device_option
@weights_option
@click.option("--metrics", multiple=True, callback=comma, help="Only these metrics.")
@click.option("--fusers", multiple=True, callback=comma, help="Only these fusers.")
@table_format_option
@click.option("-o", "--output", type=_PATH, help="File in place of standard output.")
@click.option(
    "--evidence", type=_PATH, help="Write every finding with its interval and counts to a CSV file as well."
)
@click.pass_context
def trust(
    ctx: click.Context,
    run: Path | None,
    ratings: Path | None,
    values: Path | None,
    truth: tuple[str, ...] | None,
    lower: tuple[str, ...] | None,
    convention: str,
    task: str,
    probe: bool,
    suite: str | None,
    data: Path | None,
    out: Path | None,
    fuser: str,
    damages: tuple[str, ...] | None,
    limit: int | None,
    jobs: int,
    device: str,
    weights: Path | None,
    metrics: tuple[str, ...] | None,
    fusers: tuple[str, ...] | None,
    form: str,
    output: Path | None,
    evidence: Path | None,
) -> None:
    """Put metrics on trial: against ground truth, people, damage and each other.

    Exit code: 0 all done, 1 some cells of a probe failed, 2 there is nothing to try them against.
    """
    from tcmoa_bench.images import write_bytes
    from tcmoa_bench.reports.summary import load_run, select
    from tcmoa_bench.reports.tables.table import render
    from tcmoa_bench.reports.trust.report import trust as trust_run
    from tcmoa_bench.reports.verdicts import write

    if (run is not None) + (values is not None) + probe != 1:
        raise click.UsageError("give one of: a run folder, --values FILE, --probe --suite SUITE", ctx)
    code = 0
    if values is not None:
        if not truth:
            raise click.UsageError("--values needs --truth: which of its columns compare with the truth", ctx)
        tables, found = _of_values(values, truth, lower or (), convention, task, metrics)
    else:
        if probe:
            from tcmoa_bench.cli.trials import run_trial
            from tcmoa_bench.run.calls import trial

            if suite is None:
                raise click.UsageError("--probe needs --suite", ctx)
            request = trial(
                "probe", suite, fusers=(fuser,), data=data, out=out, damages=damages, metrics=metrics, limit=limit,
                options=options_from(device, weights),
            )  # fmt: skip
            run, code = run_trial(ctx, request, jobs)
        assert run is not None
        tables, found = trust_run(select(load_run(run), fusers, metrics), ratings)
    emit(render(tables, form), output)
    if evidence is not None:
        write_bytes(evidence, write(found).encode("utf-8"))
    ctx.exit(code)


def _of_values(
    file: Path,
    truth: tuple[str, ...],
    lower: tuple[str, ...],
    convention: str,
    task: str,
    only: tuple[str, ...] | None,
) -> tuple[list[Table], list[Finding]]:
    from tcmoa_bench.reports.trust.inputs import published_values
    from tcmoa_bench.reports.trust.tables import agreement_table, cluster_table
    from tcmoa_bench.reports.trust.trials import Reference, against, clusters
    from tcmoa_bench.types import BenchError

    summary = published_values(file, lambda name: _meaning(name, lower, convention), convention)
    up = summary.directions()
    columns = {label: column or label for label, _, column in (text.partition("=") for text in truth)}
    for name in (*columns.values(), *lower, *(only or ())):
        if name not in up:
            raise BenchError(f"{file} has no metric {name!r}; there are: {', '.join(up)}")
    references = [
        Reference("truth", label, summary.matrix(name) * (1.0 if up[name] else -1.0))
        for label, name in columns.items()
    ]
    tried = summary.only([name for name in only or up if name not in columns.values()])
    source = file.name
    groups = [against(tried, reference, task, source) for reference in references]
    title = f"{source}: metrics against the truth"
    tables = [
        agreement_table(title, groups),
        cluster_table(f"{source}: which metrics say the same", clusters(tried)),
    ]
    return tables, [a.finding for group in groups for a in group]


def _meaning(name: str, lower: tuple[str, ...], convention: str) -> Meaning:
    """A published name as the convention's: `Q_MI` and `Q_SCD` are its QMI and SCD; other names stay as they are."""
    from tcmoa_bench.metrics.lookup import find_convention
    from tcmoa_bench.reports.trust.inputs import Meaning

    known = find_convention(convention)
    for spelling in (name, name.replace("_", ""), name.removeprefix("Q_")):
        if spelling in known:
            return Meaning(known[spelling].name, known[spelling].higher_is_better and name not in lower)
    return Meaning(name, name not in lower)
