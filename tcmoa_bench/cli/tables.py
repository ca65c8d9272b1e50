"""`tcmoa-bench tables` and `tcmoa-bench stats`."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tcmoa_bench.cli.options import Command, comma, labelled, table_format_option

if TYPE_CHECKING:
    from tcmoa_bench.reports.tables.dress import Signatures


def terminal_width() -> int | None:
    """Columns of the terminal that standard output is; None where it is a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def emit(text: str, output: Path | None) -> None:
    """Print, or write a UTF-8 file whatever the locale."""
    from tcmoa_bench.images import write_bytes

    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        write_bytes(output, text.encode("utf-8", "backslashreplace"))


@click.command(
    cls=Command,
    epilog="\b\nExamples:\n"
    "  tcmoa-bench tables runs/mff\n"
    "  tcmoa-bench tables runs/mff --paper tcmoa --table 3 --format tex -o table3.tex\n"
    "  tcmoa-bench tables runs/seed1 runs/seed2 runs/seed3 --seeds\n"
    "  tcmoa-bench tables runs/vif --by time --digits 3 --transpose\n"
    "  tcmoa-bench tables runs/vif --by dataset --side-by-side --format tex --wide\n"
    "  tcmoa-bench tables runs/vif --join map50.csv\n"
    "  tcmoa-bench tables runs/vif --format tex --label tab:vif --wide --names lp=LP --signatures short",
)
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--paper", type=click.Choice(["tcmoa", "vifb", "mefb", "mfif"]), help="The paper's table, ours beside it."
)
@click.option("--table", "numbers", multiple=True, callback=comma, metavar="N",
              help="With --paper: only these of its tables.")  # fmt: skip
@table_format_option
@click.option(
    "--by",
    multiple=True,
    callback=comma,
    help="One table for each dataset, task, size, or attribute of the pairs (time, colour).",
)
@click.option("--side-by-side", is_flag=True, help="With --by: groups of columns of one table.")
@click.option("--metrics", multiple=True, callback=comma, help="Only these metrics.")
@click.option("--fusers", multiple=True, callback=comma, help="Only these fusers.")
@click.option(
    "--seeds", is_flag=True, help="Several runs of the same fusers: mean over runs and standard deviation."
)
@click.option(
    "--join",
    "joined",
    multiple=True,
    type=click.Path(path_type=Path),
    help="CSV of numbers from elsewhere, fuser,metric,direction,value[,dataset,pair]: further columns.",
)
@click.option("--transpose", is_flag=True, help="Metrics as rows.")
@click.option("--digits", type=click.IntRange(0, 12), help="Decimals.  [default: by size]")
@click.option("--caption", help="Title in place of the suite's.")
@click.option("--names", multiple=True, metavar="NAME=TEXT", callback=labelled,
              help="Another name for a fuser or metric.")  # fmt: skip
@click.option("--signatures", type=click.Choice(["footnote", "short", "none"]), default="footnote",
              show_default=True, help="The metrics' definitions below the table.")  # fmt: skip
@click.option("--label", help="LaTeX: label of the table; of several, with -2, -3, ... behind.")
@click.option("--wide", is_flag=True, help="LaTeX: across both columns (table*).")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File in place of standard output.")
@click.pass_context
def tables(
    ctx: click.Context,
    runs: tuple[Path, ...],
    paper: str | None,
    numbers: tuple[str, ...] | None,
    form: str,
    by: tuple[str, ...] | None,
    side_by_side: bool,
    metrics: tuple[str, ...] | None,
    fusers: tuple[str, ...] | None,
    seeds: bool,
    joined: tuple[Path, ...],
    transpose: bool,
    digits: int | None,
    caption: str | None,
    names: tuple[tuple[str, str], ...],
    signatures: Signatures,
    label: str | None,
    wide: bool,
    output: Path | None,
) -> None:
    """Tables of finished RUNS: best bold, second underlined, arrows, footnotes with every signature.

    With --paper: the paper's rows and columns; each cell computed here, or quoted and marked as quoted.
    """
    from tcmoa_bench.reports.outputs import grouped_table, run_tables
    from tcmoa_bench.reports.summary import load_run, select
    from tcmoa_bench.reports.tables.dress import fitted_text, renamed, signed
    from tcmoa_bench.reports.tables.external import join
    from tcmoa_bench.reports.tables.multirun import over_seeds, together
    from tcmoa_bench.reports.tables.paper import as_table, paper_tables
    from tcmoa_bench.reports.tables.table import render

    loaded = [load_run(folder) for folder in runs]
    if joined and (paper is not None or seeds):
        raise click.UsageError("--join goes with plain tables, not with --paper or --seeds", ctx)
    if side_by_side and (not by or paper is not None or seeds or joined):
        raise click.UsageError("--side-by-side goes with --by, and not with --paper, --seeds or --join", ctx)
    if numbers and paper is None:
        raise click.UsageError(
            "--table goes with --paper: of a run's own tables, choose by --by, --metrics, --fusers", ctx
        )
    if paper is not None:
        from tcmoa_bench.run.recipes import how_to_compute

        results = [as_table(table) for table in paper_tables(paper, loaded, how_to_compute, numbers or ())]
    elif not loaded:
        raise click.UsageError("give at least one run folder, or --paper", ctx)
    elif seeds:
        results = [over_seeds([select(run, fusers, metrics) for run in loaded], digits, caption)]
    else:
        run = together(loaded)
        external = []
        for file in joined:
            run, columns = join(run, file)
            external += columns
        run = select(run, fusers, metrics)
        if side_by_side:
            results = [grouped_table(run, by or (), digits, caption)]
        else:
            results = run_tables(run, by or (), digits, caption, external)
    if transpose:
        results = [table.transposed() for table in results]
    if label is not None and not re.fullmatch(r"[\w:.-]+", label, re.ASCII):
        raise click.UsageError(f"--label {label!r}: letters, digits, `:`, `.`, `-` and `_` make a label", ctx)
    results = [signed(renamed(table, dict(names)), signatures) for table in results]
    first = label or ""
    labels = [first, *(f"{label}-{n}" if label else "" for n in range(2, len(results) + 1))]
    results = [replace(table, label=own, wide=wide) for table, own in zip(results, labels, strict=False)]
    width = terminal_width() if form == "text" and output is None else None
    if width is None:
        emit(render(results, form), output)
    else:
        emit("\n".join(fitted_text(table, width) for table in results), output)


@click.command(
    cls=Command,
    epilog="\b\nExamples:\n"
    "  tcmoa-bench stats runs/mff\n"
    "  tcmoa-bench stats runs/mff --against IFCNN --metric Qcb@mefb\n"
    "  tcmoa-bench stats runs/vif --conventions tang2022,textbook",
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--against", help="Fuser that the others are tested against (Wilcoxon, Holm).")
@click.option("--metric", multiple=True, callback=comma, help="Only these metrics.")
@click.option("--fusers", multiple=True, callback=comma, help="Only these fusers.")
@click.option(
    "--conventions",
    multiple=True,
    callback=comma,
    help="Two conventions: what the choice between them costs in ranks.",
)
@table_format_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File in place of standard output.")
@click.pass_context
def stats(
    ctx: click.Context,
    run: Path,
    against: str | None,
    metric: tuple[str, ...] | None,
    fusers: tuple[str, ...] | None,
    conventions: tuple[str, ...] | None,
    form: str,
    output: Path | None,
) -> None:
    """Intervals, medians, ranks, groups that are not told apart, paired tests, agreement of metrics."""
    from tcmoa_bench.reports.summary import load_run, select, summarise
    from tcmoa_bench.reports.tables.statistics import stat_tables
    from tcmoa_bench.reports.tables.table import render

    if conventions is not None and len(conventions) != 2:
        raise click.UsageError("--conventions takes two, such as tang2022,textbook", ctx)
    summary = summarise(select(load_run(run), fusers, metric))
    results = stat_tables(summary, against, (conventions[0], conventions[1]) if conventions else None)
    emit(render(results, form), output)
