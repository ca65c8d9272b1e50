"""`tcmoa-bench cite` and `tcmoa-bench export`."""

from __future__ import annotations

from pathlib import Path

import click

from tcmoa_bench.cli.options import Command
from tcmoa_bench.cli.tables import emit

_PATH = click.Path(path_type=Path)


@click.command(
    cls=Command,
    epilog="\b\nExamples:\n"
    "  tcmoa-bench cite runs/vif\n"
    "  tcmoa-bench cite runs/vif --latex\n"
    "  tcmoa-bench cite runs/vif --part bibtex -o references.bib",
)
@click.argument("run", type=_PATH)
@click.option(
    "--part",
    type=click.Choice(["all", "methods", "caption", "bibtex"]),
    default="all",
    show_default=True,
    help="One part alone.",
)
@click.option("--latex", is_flag=True, help="Methods and caption with \\cite{...}, escaped for LaTeX.")
@click.option("-o", "--output", type=_PATH, help="File in place of standard output.")
def cite(run: Path, part: str, latex: bool, output: Path | None) -> None:
    """What a paper has to say of RUN: a paragraph of methods, a short form for a caption, and BibTeX.

    A work that the package has no full entry of becomes a @misc with what the suite knows; complete it by hand.
    """
    from tcmoa_bench.reports.summary import load_run
    from tcmoa_bench.run.citation import cite as citation

    found = citation(load_run(run), latex)
    parts = {"methods": found.methods, "caption": found.caption, "bibtex": found.bibtex}
    emit("\n\n".join(parts.values()) if part == "all" else parts[part], output)


@click.command(
    cls=Command,
    epilog="\b\nExamples:\n"
    "  tcmoa-bench export runs/vif -o supplement.zip\n"
    "  tcmoa-bench export runs/vif -o supplement/ --report",
)
@click.argument("run", type=_PATH)
@click.option("-o", "--output", type=_PATH, required=True, help="Folder to make, or a .zip file.")
@click.option("--report", is_flag=True, help="The HTML page and its pictures as well.")
def export(run: Path, output: Path, report: bool) -> None:
    """What a reviewer or a reader needs of RUN: methods, values per pair, pair list with hashes, tables, command."""
    from tcmoa_bench.images import show
    from tcmoa_bench.reports.summary import load_run
    from tcmoa_bench.run.supplement import export as write

    write(load_run(run), output, report, click.echo)
    click.echo(f"wrote {show(output)}")
