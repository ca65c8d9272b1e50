"""`tcmoa-bench run`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tcmoa_bench.cli.options import (
    TASKS,
    Command,
    Existing,
    area_options,
    comma,
    data_option,
    device_option,
    drift_options,
    labelled,
    labelled_path,
    luma_ranges,
    timeout_option,
    weights_option,
)

if TYPE_CHECKING:
    from tcmoa_bench.run.request import Request
    from tcmoa_bench.run.runner import Outcome


_PATH = click.Path(path_type=Path)
_FOLDER = Existing(file_okay=False)


def _count(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Cells to score again; -1 for all, None where nothing is to be verified."""
    if value is None:
        return None
    if value == "all":
        return -1
    if not value.isdigit():
        raise click.BadParameter(f"{value!r} is neither a number of cells nor `all`", ctx, param)
    return int(value)


def _sum(outcome: Outcome, stored: int) -> str:
    """What this start did; where the folder holds more, how much of the tables is of earlier starts."""
    own = outcome.done + outcome.cached + len(outcome.failures)
    text = f"{outcome.done} cells computed, {outcome.cached} cached, {len(outcome.failures)} failed"
    if stored > own:
        text += f" in this start; the tables also show {stored - own} cells of earlier starts"
    return text


def _verify(request: Request, count: int) -> int:
    from tcmoa_bench.run.verify import verify

    found = verify(request, None if count < 0 else count)
    for problem in found.problems:
        click.echo(f"differs: {problem}", err=True)
    click.echo(
        f"{found.images} fused images compared with their hashes, {found.cells} cells scored again "
        f"({found.scores} values): {len(found.problems) or 'no'} differences"
    )
    return 1 if found.problems else 0


@click.command(
    cls=Command,
    epilog="\b\nExamples:\n"
    "  tcmoa-bench run --suite vif\n"
    "  tcmoa-bench run --a visible/ --b infrared/ --fused Ours=results/ --fusers lp,gff\n"
    "  tcmoa-bench run --data my --sample 20 --metrics EN,SD --convention textbook\n"
    "  tcmoa-bench run --suite mff --data DIR --fusers IFCNN,GFF,lp --jobs 2\n"
    "  tcmoa-bench run --suite my.toml --fused MINE=results/ --metrics SD@tang2022,vifb\n"
    "  tcmoa-bench run --stacks brackets/ --task mef --fusers mertens,spd_mef\n"
    "  tcmoa-bench run --suite vif --data DIR --command 'MINE=python fuse.py {a} {b} {out}'\n"
    "Started again with the same --out, a run goes on where it was.",
)
@click.option("--suite", help="Name of a shipped suite (see `ls suites`), or a TOML file.")
@data_option
@click.option("--a", type=_FOLDER, help="Your own pairs: folder of source A (visible, under-exposed, near).")
@click.option("--b", type=_FOLDER, help="Your own pairs: folder of source B, matched by stem.")
@click.option(
    "--csv", type=_PATH, help="Your own pairs: CSV with the columns a,b[,name,reference,fused,further]."
)
@click.option("--stacks", type=_FOLDER, help="More than two sources: a folder for each scene, with --task.")
@click.option(
    "--further",
    type=_FOLDER,
    multiple=True,
    help="More than two sources: a folder of those after --b; repeat it.",
)
@click.option(
    "--task", type=TASKS, help="What your own pairs are.  [default: by the folders' names, else vif]"
)
@click.option(
    "--pairs",
    multiple=True,
    callback=comma,
    help="Only these pairs: names, dataset/name, or a .txt or .csv file that lists them.",
)
@click.option("--exclude", multiple=True, callback=comma, help="All pairs but these, likewise.")
@click.option("--sample", type=click.IntRange(1), help="N pairs of each dataset, drawn by --seed.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of --sample.")
@click.option("--out", type=click.Path(path_type=Path), help="Run folder.  [default: runs/SUITE]")
@click.option(
    "--fusers",
    multiple=True,
    callback=comma,
    help="Fusers in place of the suite's: names, name:option=value, module:callable.",
)
@click.option(
    "--metrics",
    multiple=True,
    callback=comma,
    help="Metrics in place of the suite's: SD@tang2022, or a convention or profile.",
)
@click.option("--convention", help="Convention of bare metric names, such as textbook.")
@area_options
@click.option(
    "--fused",
    multiple=True,
    metavar="LABEL=DIR",
    callback=labelled_path,
    help="Score a folder of fused images.",
)
@click.option(
    "--fused-map",
    multiple=True,
    metavar="LABEL=FILE",
    callback=labelled_path,
    help="Score fused images named by a CSV: name,fused (or a pairs list with a column fused).",
)
@click.option(
    "--command",
    multiple=True,
    metavar="LABEL=CMD",
    callback=labelled,
    help="Fuse with a program: {a} {b} {out}.",
)
@click.option(
    "--recolor",
    multiple=True,
    metavar="LABEL[=RANGE]",
    callback=luma_ranges,
    help="Give a label's gray images their sources' colours back; RANGE of their luma: full (default) or studio.",
)
@click.option("--limit", type=click.IntRange(1), help="At most N pairs of each dataset.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Worker processes.")
@click.option("--scheduler", metavar="ADDRESS", help="Send the cells to a dask scheduler instead.")
@device_option
@weights_option
@timeout_option
@click.option(
    "--option", multiple=True, metavar="KEY=VALUE", callback=labelled, help="Option for every fuser."
)
@click.option(
    "--overwrite",
    type=click.Choice(["only-missing", "always", "never"]),
    default="only-missing",
    show_default=True,
    help="Compute missing, failed and changed cells; all; or only cells never tried.",
)
@click.option("--report/--no-report", default=True, help="Write the HTML report.  [default: report]")
@click.option(
    "--verify",
    metavar="[N|all]",
    is_flag=False,
    flag_value="20",
    callback=_count,
    help="Compute nothing: compare every fused image with the hash that was stored, and score N cells again.  "
    "[default N: 20, drawn with seed 0]",
)
@click.option("--dry-run", is_flag=True, help="Print the plan and stop.")
@click.option(
    "--check",
    type=click.Path(path_type=Path),
    metavar="BASELINE",
    help="Compare with a baseline file afterwards; with --fusers, only those.",
)
@drift_options
@click.pass_context
def run(
    ctx: click.Context,
    suite: str | None,
    data: Path | None,
    a: Path | None,
    b: Path | None,
    csv: Path | None,
    stacks: Path | None,
    further: tuple[Path, ...],
    task: str | None,
    pairs: tuple[str, ...] | None,
    exclude: tuple[str, ...] | None,
    sample: int | None,
    seed: int,
    out: Path | None,
    fusers: tuple[str, ...] | None,
    metrics: tuple[str, ...] | None,
    convention: str | None,
    border: int | None,
    mask: Path | None,
    fused: tuple[tuple[str, str], ...],
    fused_map: tuple[tuple[str, str], ...],
    command: tuple[tuple[str, str], ...],
    recolor: tuple[tuple[str, str], ...],
    limit: int | None,
    jobs: int,
    scheduler: str | None,
    device: str,
    weights: Path | None,
    timeout: float,
    option: tuple[tuple[str, str], ...],
    overwrite: str,
    report: bool,
    verify: int | None,
    dry_run: bool,
    check: Path | None,
    rtol: float,
    atol: float,
    tolerances: Path | None,
    allow: tuple[tuple[str, str], ...],
) -> None:
    """Run a suite, or your own pairs: fuse every pair with every fuser, score, and write tables and an HTML report.

    Nothing already computed is computed again. A pair that cannot be used becomes a failure row; the run goes on.
    Exit code: 0 all done, 1 some cells failed or something drifted, 2 the run could not start.
    """
    from tcmoa_bench.run.calls import plan
    from tcmoa_bench.run.calls import request as make_request
    from tcmoa_bench.run.progress import Progress, describe
    from tcmoa_bench.run.runner import run as run_suite

    request = make_request(
        suite, data=data, a=a, b=b, csv=csv, task=task, pairs=pairs or (), exclude=exclude or (), sample=sample, seed=seed,
        out=out, fusers=fusers, metrics=metrics, convention=convention, fused=dict(fused), fused_maps=dict(fused_map),
        commands=dict(command), recolor=dict(recolor), limit=limit, device=device, weights=weights, timeout=timeout,
        options=dict(option), border=border, mask=mask, stacks=stacks, further=further,
        overwrite=overwrite,  # type: ignore[arg-type]
    )  # fmt: skip
    if verify is not None:
        ctx.exit(_verify(request, verify))
    if dry_run:
        click.echo(describe(plan(request)))
        return
    from tcmoa_bench.cli.drift import allowed_from, check_against, limits_from
    from tcmoa_bench.cli.tables import terminal_width
    from tcmoa_bench.reports.drift.snapshot import load_snapshot, only_fusers
    from tcmoa_bench.reports.outputs import run_tables
    from tcmoa_bench.reports.summary import load_run
    from tcmoa_bench.reports.tables.dress import fitted_text
    from tcmoa_bench.reports.tables.table import to_text

    # A damaged or missing baseline must be known before the work, not after it.
    expected = load_snapshot(check) if check is not None else None
    limits, allowed = limits_from(rtol, atol, tolerances), allowed_from(allow)
    try:
        outcome = run_suite(request, jobs, scheduler, Progress(sys.stderr), report)
    except KeyboardInterrupt:
        click.echo(
            f"\ninterrupted; finished cells are in {request.out}. The same command goes on from there.",
            err=True,
        )
        ctx.exit(130)
    width = terminal_width()
    finished = outcome.finished or load_run(outcome.folder)
    for table in run_tables(finished):
        click.echo(to_text(table) if width is None else fitted_text(table, width))
    for remark in outcome.remarks:
        click.echo(f"remark: {remark}")
    click.echo(_sum(outcome, len(finished.cells)))
    click.echo(f"report: {outcome.report}" if outcome.report else f"run folder: {outcome.folder}")
    code = outcome.exit_code
    if outcome.failures:
        click.echo(
            "failures are listed above and first in the report; the same command tries only them again",
            err=True,
        )
    if expected is not None:
        expected = expected if fusers is None else only_fusers(expected, outcome.fusers)
        code = max(code, check_against(expected, outcome.folder, limits, allowed))
    ctx.exit(code)
