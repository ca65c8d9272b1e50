"""`tcmoa-bench which`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tcmoa_bench.cli.options import Command

if TYPE_CHECKING:
    from tcmoa_bench.metrics.which import Answer, Reading
    from tcmoa_bench.run.which import Assignment

_FILE = click.Path(path_type=Path)


@click.command(
    cls=Command,
    epilog="\b\nExamples:\n"
    "  tcmoa-bench which A.png B.png F.png --metric SSIM --value 0.9926\n"
    "  tcmoa-bench which A.png B.png F.png --metric EN --value 6.87 --format json\n"
    "  tcmoa-bench which runs/vifb --table paper.csv\n"
    "paper.csv: a row for each fuser of the run, its label first, then the metrics' columns with the digits as printed.\n"
    "A run tells apart the definitions that it holds: `run --metrics 'SSIM@*'` scores every SSIM.",
)
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--metric", help="The metric's name as printed, in any spelling.")
@click.option("--value", help="The value, with the digits as printed.")
@click.option("--reference", type=_FILE, help="Ground truth, for metrics that need one.")
@click.option("--table", type=_FILE, help="CSV of printed values, for a run.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def which(
    ctx: click.Context,
    files: tuple[Path, ...],
    metric: str | None,
    value: str | None,
    reference: Path | None,
    table: Path | None,
    form: str,
) -> None:
    """Which definition made a number: of one triple A B FUSED, or of a whole table beside a RUN.

    Exit code 1 if no definition gives the value (or, of a table, some column has none).
    """
    if table is not None:
        if len(files) != 1 or metric or value:
            raise click.UsageError("with --table give one run folder, and neither --metric nor --value", ctx)
        from tcmoa_bench.run.which import assign

        assignment = assign(files[0], table)
        click.echo(_json(assignment.facts()) if form == "json" else "\n".join(_table_lines(assignment)))
        ctx.exit(0 if all(column.best for column in assignment.columns) else 1)
    if len(files) != 3 or metric is None or value is None:
        raise click.UsageError("give A B FUSED with --metric and --value, or a run folder with --table", ctx)
    from tcmoa_bench.run.pictures import which as find

    found = find(*files, metric, value, reference=reference)
    click.echo(_json(found.facts()) if form == "json" else "\n".join(_lines(metric, found)))
    ctx.exit(0 if found.matches or found.variants else 1)


def _json(facts: object) -> str:
    return json.dumps(facts, ensure_ascii=False, indent=2, allow_nan=False)


def _lines(name: str, found: Answer) -> Iterator[str]:
    verdict = {
        "one": "one definition gives it",
        "several": "several definitions give it; these digits cannot tell them apart",
        "none": "no definition gives it as it stands",
    }[found.verdict]
    yield f"{name} = {found.printed.text}: {verdict}"
    yield from map(_line, found.matches)
    if found.variants and not found.matches:
        yield "after a change that papers make:"
        yield from map(_line, found.variants)
    if found.nearest:
        yield "nearest others:"
        yield from map(_line, found.nearest)
    for qualified, reason in found.undefined.items():
        yield f"  {qualified}: n/a ({reason})"


def _line(reading: Reading) -> str:
    change = f"  [{reading.change}]" if reading.change else ""
    return f"  {reading.metric.qualified:24}{reading.value:<14.8g}{change}  {reading.metric.signature()}"


def _table_lines(assignment: Assignment) -> Iterator[str]:
    for column in assignment.columns:
        if column.best:
            names = " or ".join(fit.label for fit in column.best)
            yield f"{column.name}: {names} explains {column.best[0].explained} of {column.cells} cells"
        else:
            yield f"{column.name}: no definition of the run explains a cell"
        for fit in column.others:
            yield f"    {fit.label}: {fit.explained} of {column.cells}, off by {fit.distance:.3g} in the mean"
    if assignment.convention:
        yield f"most columns are explained by {assignment.convention}"
